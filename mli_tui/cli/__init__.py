"""The commands of `mli-tui`. The arguments and exit codes are a contract that scripts depend on."""
