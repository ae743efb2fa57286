"""The inbox: where people of the practice read conversations and take them over."""
