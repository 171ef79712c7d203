"""What notifications does, a use case each."""
