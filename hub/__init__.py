"""Billhub 即开: a payment becomes a fiscal electronic bill by itself."""
