"""The rules of applications, in plain Python: nothing here knows of HTTP, Kafka or PostgreSQL."""
