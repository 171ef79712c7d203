"""A witness of the journal: it cosigns checkpoints that continue all it saw before, and nothing else.

rounds   one look at the log, and what comes of it
memory   what the witness saw last, and its key: on the disk before anything is signed
"""
