"""Decisions, pure: (case, bills, policy) → effects. No clock, no database, no document bodies."""
