"""The whole platform on one machine that has nothing but Python."""
