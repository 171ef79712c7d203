"""Writes down what services promise each other and outsiders, and refuses a change that would break a reader."""
