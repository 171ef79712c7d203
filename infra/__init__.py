"""What runs DataCity: the local stack, the containers, the `datacity` command."""
