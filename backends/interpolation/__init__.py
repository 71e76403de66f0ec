"""Curves between two sets of weights: how tensors move, what is measured, where plateaus end."""
