"""What stands between the internet and everything else."""
