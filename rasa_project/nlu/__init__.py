"""What reads a message: Rasa graph components around plain Python."""
