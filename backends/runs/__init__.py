"""The contract between worker and viewer: a run is a directory, and the directory is their only interface."""
