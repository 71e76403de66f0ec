"""A curve in a few numbers, for a list: the error of the train split at evenly spaced alphas of the linear path."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import msgspec

from backends.runs.events import CurvePoint, Number, Points, Whole
from backends.runs.view import Key

CURVE: Key = ("linear", "train")
ALPHAS = tuple(index / 11 for index in range(12))
_HALF_STEP = 0.5 / 11 + 1e-9
_IN_LINE = b'"scheme":"linear","split":"train"'
_HEAD = 128
"""Bytes of a line in which its type, seq, time, scheme and split stand."""


class _Point(msgspec.Struct, frozen=True, gc=False):
    alpha: float
    error: Number


class _Points(msgspec.Struct, frozen=True, gc=False):
    seq: Whole
    time: float
    points: tuple[_Point, ...]


_decoder = msgspec.json.Decoder(_Points)


def points(line: bytes) -> Points | None:
    """Return the points of the curve that are in a line of a journal, with their errors alone; None for other lines.

    That takes a third of the time of reading all of them, which a list of thousands of runs feels.
    """
    if _IN_LINE not in line[:_HEAD]:
        return None
    try:
        found = _decoder.decode(line)
    except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors, too
        return None
    scheme, split = CURVE
    return Points(seq=found.seq, time=found.time, scheme=scheme, split=split, points=tuple(map(_brief, found.points)))


def _brief(point: _Point) -> CurvePoint:
    return CurvePoint(
        alpha=point.alpha,
        loss=None,
        error=point.error,
        class_error=(),
        histogram=(),
        top_class=-1,
        top_class_share=0.0,
        signal_gap=None,
        bias_gap=None,
    )


def errors(curve: Sequence[CurvePoint]) -> tuple[Number, ...]:
    """Return the error at each of `ALPHAS`, of the measured point that is nearest; () where there are no points.

    None where no point is nearer than half a step, or nothing finite was measured: nothing is interpolated. The points
    come in the order of their alphas.
    """
    alphas = [point.alpha for point in curve]
    return tuple(_nearest(curve, alphas, alpha) for alpha in ALPHAS) if curve else ()


def _nearest(curve: Sequence[CurvePoint], alphas: Sequence[float], alpha: float) -> Number:
    place = bisect_left(alphas, alpha)
    if place == len(alphas) or (place and alpha - alphas[place - 1] < alphas[place] - alpha):
        place -= 1
    return curve[place].error if abs(alphas[place] - alpha) <= _HALF_STEP else None
