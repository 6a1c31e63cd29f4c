"""Traces of a message's way through the hub, for OpenTelemetry; off unless they are asked for."""
