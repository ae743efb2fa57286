"""The way to a human: opening hours now; queue and notifications later."""
