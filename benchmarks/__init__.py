"""Benchmarks anyone can run: each prints the machine, its figures, and ratios where the machine is noisy."""
