"""The list of runs as columns and cells, and its order: pure functions, which a table only shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from backends.runs.listing import RunRow
from mli_tui.format import age, main_ends, measured, short_stage, status_mark
from mli_tui.grouping import Group
from mli_tui.key_columns import CURVE, Column, cell, sorted_by
from mli_tui.plotting.cells import cut_before
from mli_tui.sweep_rows import SWEEP, is_sweep


@dataclass(frozen=True)
class Order:
    """What the list is sorted by. Ages ascend: the newest come first."""

    key: str = "age"
    descending: bool = False

    def following(self, shown: Sequence[Column] = ()) -> Order:
        """Return the order by the next of the columns that are shown."""
        keys = list(dict.fromkeys(column.key for column in (*_PLAIN, *shown) if column.key != CURVE))
        return Order(keys[(keys.index(self.key) + 1) % len(keys)] if self.key in keys else keys[0])

    def turned(self) -> Order:
        """Return the order the other way round."""
        return Order(self.key, not self.descending)


_STATUS = 15
"""Cells of the column of statuses, in which a sweep and a heading tell how it is with their runs, too."""
_EPOCHS = Column("epochs", "epochs", 7)
_PLAIN = (
    Column("run", "run", 23), Column("seed", "seed", 4), Column("status", "status", _STATUS), _EPOCHS,
    Column("plateau", "lin./homog.", 11), Column("age", "age", 6),
)  # fmt: skip
_ID = Column("id", "id", 45)
_TAGS = Column("tags", "tags, note", 12)
_PLAIN_WIDTH, _PADDING = 79, 2
_INDENT = "  "
"""How far each level of headings moves what is below it."""


def columns(width: int, level: int = 0, more: Sequence[Column] = (), noted: bool = False) -> tuple[Column, ...]:
    """Return the columns that a terminal of `width` has room for: of `more`, and of ids; tags and notes get the rest.

    Where there is room the first one is wider by what runs below so many levels of headings are moved in. Where some
    run is `noted`, room for the beginning of it is kept.
    """
    left = width - _PLAIN_WIDTH
    indent = max(0, min(left, level * len(_INDENT)))
    run, *others = _PLAIN
    shown = [Column(run.key, run.label, run.width + indent), *others]
    left -= indent
    kept = _TAGS.width + _PADDING if noted else 0
    for column in (*more, *([] if _ID in more else [_ID])):
        if left - kept >= column.width + _PADDING:
            shown.append(column)
            left -= column.width + _PADDING
    if left >= _TAGS.width + _PADDING:
        shown.append(Column(_TAGS.key, _TAGS.label, left - _PADDING))
    return tuple(shown)


def heading(column: Column, order: Order, ascii_only: bool = False) -> str:
    """Return a column's label, with the direction of the order where it is the one sorted by."""
    if column.key != order.key:
        return column.label
    arrow = ("^", "v")[order.descending] if ascii_only else ("↑", "↓")[order.descending]
    return f"{column.label[: column.width - 1]}{arrow}"


def cells(
    row: RunRow, shown: Sequence[Column], now: float, marked: bool, ascii_only: bool = False, level: int = 0
) -> tuple[str, ...]:
    """Return a run's cells, one for each of the columns `shown`, moved in by the `level` of headings above it."""
    texts = {
        "run": _fitted(
            _INDENT * level + signs(row, marked, ascii_only) + (row.labels.name or row.preset), shown[0].width
        ),
        "seed": "" if is_sweep(row) else "-" if row.seed is None else str(row.seed),
        "status": _status(row, ascii_only),
        "epochs": _epochs(row),
        "plateau": main_ends(row.error_plateau_end, 3),
        "age": age(now - row.created),
        "id": row.run_id,
        "tags": about(row),
    }
    return tuple(texts[one.key] if one.key in texts else cell(row, one.key, ascii_only) for one in shown)


def _fitted(text: str, width: int) -> str:
    """Return the name of a run or a heading; where it has no room it still says that it is of a sweep."""
    if cell_len(text) <= width or not text.endswith(SWEEP):
        return text
    return cut_before(text.removesuffix(SWEEP), SWEEP, width)


def _status(row: RunRow, ascii_only: bool) -> str:
    """Return how it is with a run, or with a sweep and how many of its runs are done.

    A sweep has the mark of a failed run where one failed. Numbers that have no room beside the word stand without it:
    `✗ 1500/10000`.
    """
    if not is_sweep(row):
        return f"{status_mark(row.status, ascii_only)} {short_stage(row)}"
    mark = status_mark("failed" if any(run.status == "failed" for run in row.runs) else row.status, ascii_only)
    count = f"{row.epochs}/{row.max_epochs}"
    told = f"{mark} {row.status} {count}"
    return told if len(told) <= _STATUS else f"{mark} {count}"


def _epochs(row: RunRow) -> str:
    """Return how many epochs there are, and of how many where that is to be said and has room."""
    if is_sweep(row) or (row.seed is None and not row.epochs):
        return "" if is_sweep(row) else "-"
    most = "" if row.status == "done" or row.max_epochs is None else f"/{row.max_epochs}"
    return f"{row.epochs}{most}" if len(f"{row.epochs}{most}") <= _EPOCHS.width else str(row.epochs)


def group_cells(
    group: Group, shown: Sequence[Column], now: float, marked: Collection[str], ascii_only: bool = False
) -> tuple[str, ...]:
    """Return a heading's cells: whether it is open, what it is, and what belongs to its runs."""
    sign = (">" if group.folded else "v") if ascii_only else ("▸" if group.folded else "▾")
    mark = ("● ", "* ")[ascii_only] if all(one in marked for one in group.members) else ""
    texts = {
        "run": _fitted(f"{_INDENT * group.level}{sign} {mark}{group.title}", shown[0].width),
        "status": _tally(group, ascii_only),
        "epochs": group.statistic,
        "plateau": main_ends(group.ends, 3),
        "age": age(now - group.newest),
    }
    return tuple(texts.get(column.key, "") for column in shown)


def _tally(group: Group, ascii_only: bool) -> str:
    """Return how many runs there are, and with the marks of the list how many are at work and how many failed."""
    counts = {"running": group.at_work, "failed": group.failed}
    some = [f"{status_mark(status, ascii_only)}{count}" for status, count in counts.items() if count]
    told = " ".join((group.count, *some))
    return told if len(told) <= _STATUS else " ".join((f"{len(group.runs):,}", *some))


def signs(row: RunRow, marked: bool, ascii_only: bool = False) -> str:
    """Return what stands before a run's name: one character for marked, one for pinned, a space after them."""
    mark = ("●", "*")[ascii_only] if marked else ""
    pin = ("▲", "^")[ascii_only] if row.labels.pinned else ""
    return f"{mark}{pin} " if mark or pin else ""


def list_title(shown: int, known: int, marked: int, complete: bool, keys: Sequence[str] = ()) -> str:
    """Return the title of the list: how many runs of those that are known it shows, and how."""
    count = f"{shown:,} of {known:,}" if shown < known else f"{shown:,}" if shown else ""
    marks = f"{marked} marked" if marked else ""
    parts = ("Runs", count, f"by {', '.join(keys)}" if keys else "", marks, "" if complete else "reading ...")
    return "  ".join(filter(None, parts))


def nothing_there(known: int, complete: bool) -> str:
    """Return what an empty list says."""
    if known:
        return "no run is what the filter asks for: escape clears it"
    return "no runs yet: choose a preset above and press enter" if complete else ""


def about(row: RunRow) -> str:
    """Return tags, note, and what is to be said of a run, in one line."""
    tags = " ".join(f"#{tag}" for tag in row.labels.tags)
    return "  ".join(filter(None, (tags, row.labels.note, row.message, row.labels_damage)))


def described(run: RunRow | None, group: Group | None, fold_key: str) -> str:
    """Return more about what the cursor of the list is on: how a run is called, what is written on it, a group."""
    if group is not None:
        return f"{group.path}: {counted(group)}; {fold_key} folds and unfolds; {middle(group)}"
    if run is None:
        return ""
    name = f"{run.labels.name}  " if run.labels.name else ""
    return f"{name}{run.run_id}  {about(run)}"


def counted(group: Group) -> str:
    """Return how many runs a heading has and how it is with them, in words."""
    found = group.statuses
    said = found if len(found) == 1 else (f"{count:,} {status}" for status, count in found.items())
    return f"{group.count} ({', '.join(said)})"


def ends(group: Group) -> tuple[str, list[tuple[str, str]]]:
    """Return what is known of where the error plateaus of a heading's runs end, and that by scheme: the medians, and of
    how many runs each is."""
    if not group.ends:
        return "no error plateau end is known", []
    of = {scheme: f" of {count:,}" if group.statistic else "" for scheme, count in group.measured.items()}
    what = "medians of the error plateau ends" if group.statistic else "error plateau end of one run"
    return what, [(scheme, f"{measured(end)}{of[scheme]}") for scheme, end in group.ends.items()]


def middle(group: Group) -> str:
    """Return the same in a line."""
    what, known = ends(group)
    return ": ".join(filter(None, (what, ", ".join(map(" ".join, known)))))


def toggled(marked: Mapping[str, None], ids: Sequence[str]) -> dict[str, None]:
    """Return the marks with these runs marked, too; where all of them are, without them."""
    if all(one in marked for one in ids):
        return {one: None for one in marked if one not in ids}
    return {**marked, **dict.fromkeys(ids)}


def ordered(rows: Iterable[RunRow], order: Order) -> list[RunRow]:
    """Return the runs in order, pinned ones before all others; what is not known comes last either way."""
    found = sorted(rows, key=lambda row: row.created, reverse=True)
    known = [row for row in found if _value(row, order.key) is not None]
    unknown = [row for row in found if _value(row, order.key) is None]
    known.sort(key=lambda row: _value(row, order.key) or (0.0, ""), reverse=order.descending)
    return sorted((*known, *unknown), key=lambda row: not row.labels.pinned)


def _value(row: RunRow, key: str) -> tuple[float, str] | None:
    """Return what a run is sorted by, numbers and texts in the same form; None for what is not known."""
    match key:
        case "age":
            return -row.created, ""
        case "seed":
            return None if row.seed is None or is_sweep(row) else (row.seed, "")
        case "epochs":
            return row.epochs, ""
        case "plateau":
            end = row.error_plateau_end.get("linear")
            return None if end is None else (end, "")
        case "status":
            return 0.0, row.status
        case "id":
            return 0.0, row.run_id
        case "tags":
            return (0.0, about(row).lower()) if about(row) else None
        case "run":
            return 0.0, (row.labels.name or row.preset).lower()
        case _:
            return sorted_by(row, key)
