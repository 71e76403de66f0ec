"""The way to the terminal: only cells that changed are sent, and never more than the line can carry."""
