"""Answers and their sources: from YAML files into the database, and out of it again."""
