"""Who owns a conversation, and what a patient is told when something fails."""
