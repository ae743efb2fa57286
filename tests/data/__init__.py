"""The data files, taken together."""
