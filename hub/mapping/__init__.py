"""The YAML mapping language: model, lint, compile, run, explain, coverage."""
