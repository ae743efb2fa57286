"""What Rasa calls. One thin file per action; no SQL, no HTTP, no medical rule."""
