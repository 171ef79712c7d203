"""What applications does: each function loads, decides, saves, and says what happened."""
