"""Whole conversations with the real assistant."""
