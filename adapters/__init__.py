"""Adapters, a folder each: `<family>/<vendor>/` with adapter.py, wire.py, manifest.yaml and README.md."""
