"""Pure functions: no Rasa, no database, milliseconds each."""
