"""Benchmarks: side by side with what they are compared to, in one run; each prints a ratio."""
