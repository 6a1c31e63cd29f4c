"""Insurers pull issued bills over HTTP and JSON."""
