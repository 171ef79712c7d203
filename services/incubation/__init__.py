"""Incubation: what happens to a selected startup, from its project to an experimentation in the city."""
