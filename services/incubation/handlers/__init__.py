"""The use cases: load, decide, save, say what happened."""
