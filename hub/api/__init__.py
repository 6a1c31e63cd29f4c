"""HTTP for insurers, payers and probes."""
