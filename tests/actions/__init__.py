"""The actions, called as Rasa calls them, without a Rasa server."""
