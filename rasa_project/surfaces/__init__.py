"""What stands between the internet and everything else: limits, headers, time-outs."""
