"""Paths between two states of a network, and what is measured on them."""
