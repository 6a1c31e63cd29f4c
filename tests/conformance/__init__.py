"""What every adapter has to hold, found out from the registry: a new adapter is tested without touching this folder."""
