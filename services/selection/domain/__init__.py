"""The rules of selection, in plain Python: who may judge what, how files are ranked, and who is matched to whom."""
