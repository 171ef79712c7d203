"""Transparency logs that outsiders can check: trees, tiles, signed notes, proofs. It reads and writes nothing.

    proof_file · witness     what is handed over: a proof to keep, a checkpoint to be cosigned
    policy · cosignature     who else must have seen a checkpoint, and how they say so
    checkpoint               what the log signs
    note · keys              how anything is signed, and by whom
    growing · tiles · bundles   how the log grows, and the files that it is published as
    merkle                   the tree, and its proofs
    encoding · fault         the few spellings that are allowed, and what is wrong with the others

It follows RFC 6962 and https://c2sp.org: signed-note, tlog-checkpoint, tlog-cosignature and tlog-witness v1.0.0,
tlog-tiles v0.1.0, and tlog-proof as of July 2026.
"""
