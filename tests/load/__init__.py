"""`make bench`: how fast the assistant is, beside Rasa as it comes."""
