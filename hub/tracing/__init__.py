"""Traces of a message's way through a cluster, for OpenTelemetry; off unless a hub.yaml asks for them."""
