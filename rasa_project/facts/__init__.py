"""What a patient tells about themselves: how long, leg pain, pregnancy, age, work. No Rasa."""
