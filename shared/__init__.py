"""What two services must agree on byte for byte, and plumbing with no business word in it."""
