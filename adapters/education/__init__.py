"""Schools and universities."""
