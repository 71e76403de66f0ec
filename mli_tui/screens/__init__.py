"""The screens: they route keys and snapshots; folding, formatting and geometry live in pure modules."""
