"""Several processes that serve the same practice: who does what (docs/workers.md)."""
