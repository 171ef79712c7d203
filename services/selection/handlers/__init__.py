"""The use cases of selection: load, decide, save, say what happened."""
