"""What selection shows, and to whom: every list is scoped to the person who asks."""
