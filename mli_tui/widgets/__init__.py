"""Widgets of the app; they show what they are given and decide nothing."""
