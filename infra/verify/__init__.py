"""Verifying the journal from outside: from its files, its URL or its database, with a name for whatever is wrong.

checking             the whole of it, in the order in which one thing vouches for the next
proofs               one event's proof, offline
outcome · page       what was found, as data and for a reader
databases · event_logs   what notifications stores, and what each service wrote of itself
openings             what sealed entries say, for whoever may know
earlier              what was verified before, and older copies
judging · aligning   which entries differ from those that were signed
trust                whose signature counts
sources · reading    where the files come from
faults               what can be wrong
"""
