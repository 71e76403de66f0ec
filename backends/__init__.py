"""How an experiment is run: torch lives here and nowhere else."""
