"""The red-flag reader against the clinical catalogue, and what must always hold of it."""
