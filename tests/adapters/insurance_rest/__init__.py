"""Tests of the insurers' pull."""
