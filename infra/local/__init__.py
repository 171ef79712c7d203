"""The whole platform on one machine that has nothing but Python: PostgreSQL, Kafka, an issuer, a mail catcher, four services."""
