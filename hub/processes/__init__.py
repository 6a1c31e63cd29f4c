"""Puts the rooms together into processes: the parent with the core, doors, issuers, the relay."""
