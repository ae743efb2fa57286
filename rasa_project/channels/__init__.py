"""The ways in: one file per channel."""
