"""All tests; each folder is a layer."""
