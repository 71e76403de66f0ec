"""Errors that reach the user as one line, each with the exit code that the command line answers with."""

from __future__ import annotations


class RunError(Exception):
    """Something is wrong with a run or a request; the message is one line for the user."""

    exit_code = 1


class BadRequest(RunError):
    """The user asked for what can't be: names what was asked and what is possible."""

    exit_code = 2


class NotFound(BadRequest):
    """Nothing has the name that was asked for."""


class AlreadyRunning(RunError):
    """The run's lock is held by a live worker."""

    exit_code = 75


class Damaged(RunError):
    """A file of a run is not what its manifest or format says."""


class BadData(RunError):
    """A data set is not what its format or the specification says."""

    exit_code = 2
