"""The durable truth. One entry, `apply`; nothing outside this room knows SQL."""
