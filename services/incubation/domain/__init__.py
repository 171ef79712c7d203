"""The rules of incubation, in plain Python: what may become of what, and why not."""
