"""What protects patients: masking, forgetting in time."""
