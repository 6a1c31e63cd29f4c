"""Tests of the canonical bill."""
