"""Pictures made of cells: what to draw, where it goes, and the one module that knows plotext."""
