"""The four services; each stands alone and hears the others only through Kafka."""
