"""Ruggesteun: a Dutch-language assistant for questions about low back pain."""

__version__ = "0.1.0"
