"""Generated messages and requests, many of them: make fuzz."""
