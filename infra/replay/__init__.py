"""Rebuilds what a service knows from what Kafka has, into an empty database, and compares it with the living one."""
