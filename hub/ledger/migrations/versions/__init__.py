"""Alembic's scripts: the ledger's schema, step by step."""
