"""What answers drivers and the public."""
