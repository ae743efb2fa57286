"""The inbox, on a light server: Rasa's own web server without a model."""
