"""Hospital information systems."""
