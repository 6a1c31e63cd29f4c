"""Every call to the outside."""
