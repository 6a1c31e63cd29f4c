"""The embedded engine: door processes, the one process that owns the database, issuer processes."""
