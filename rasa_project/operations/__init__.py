"""What whoever runs the assistant needs: backups, checks, health and figures."""
