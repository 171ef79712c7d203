"""The rules of notifications, in plain Python."""
