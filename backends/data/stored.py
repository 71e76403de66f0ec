"""What a reader of files gives: both splits as they are stored, or one line on files that are not what they should be.

Shapes: N inputs of a split; an input is (C, H, W) pixels or features of any shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from backends.runs.errors import BadData
from backends.runs.text import safe_line


@dataclass(frozen=True, eq=False)
class Stored:
    """Both splits on the CPU: inputs are uint8 pixels or float features, labels int64 classes from 0."""

    train_N: Tensor
    train_labels_N: Tensor
    test_N: Tensor
    test_labels_N: Tensor
    class_names: tuple[str, ...]


@contextmanager
def readable(what: str, *errors: type[Exception], advice: str = "") -> Iterator[None]:
    """Turn an OSError, and these `errors` of a reader, into one `BadData` line about `what`."""
    expected: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except expected as error:
        text = (error.strerror if isinstance(error, OSError) else None) or str(error) or "is damaged"
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        raise BadData(f"{what}: {safe_line(where + text)}{f'; {advice}' if advice else ''}") from error
