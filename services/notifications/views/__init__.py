"""What notifications can be asked to show."""
