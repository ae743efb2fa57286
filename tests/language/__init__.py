"""Figures on sentences that were never trained on."""
