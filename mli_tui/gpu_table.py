"""Many GPUs as a table, a line each, and the figures of one as text, "" for what is not reported. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from backends.runs.gpus import Gpu
from mli_tui import gauges
from mli_tui.gauges import ALARM, CALM, GIB, NEAR, WARN, Level, Page, amount_of, share_of

_NUMBER = 4
_LEAST_BAR, _MOST_BAR = 5, 40
_DRAWN = "$text-accent"


class Column(NamedTuple):
    """One column: its head, and of each GPU a text and its style."""

    head: str
    cells: Sequence[tuple[str, str]]
    right: bool = True

    @property
    def width(self) -> int:
        """Cells that it takes, without the blanks before it."""
        return max(len(self.head), *(len(text) for text, _ in self.cells))

    def aligned(self, text: str) -> str:
        """Return a text of it as wide as all, with the blanks before it."""
        return f"  {text:>{self.width}}" if self.right else f"  {text:<{self.width}}"


def rows(found: Sequence[Gpu], names: Sequence[str], page: Page) -> list[Content]:
    """Return a head and a line a GPU. What has no room is left out, and nothing is cut."""
    shown = fitting(found, names, page)
    head = " " * _NUMBER + "".join(one.aligned(one.head) for one in shown)
    return [
        Content.styled(head.rstrip(), "$foreground-muted"),
        *(_row(number, gpu, shown) for number, gpu in enumerate(found)),
    ]


def _row(number: int, gpu: Gpu, shown: Sequence[Column]) -> Content:
    name = (f"  {number:<{_NUMBER - 2}}", "$foreground-muted")
    if gpu.trouble:
        return Content.assemble(name, (f"  {gpu.trouble}{ALARM.mark}", ALARM.style))
    cells = ((one.aligned(one.cells[number][0]), one.cells[number][1]) for one in shown)
    return Content.assemble(name, *cells).rstrip()


def fitting(found: Sequence[Gpu], names: Sequence[str], page: Page) -> list[Column]:
    """Return the columns that there is room for, with bars and the last seconds where much of it is left."""
    room = page.width - _NUMBER
    shown = _columns(found, names, page.ascii_only, brief=False)
    if _taken(shown) > room:
        shown = _columns(found, names, page.ascii_only, brief=True)
    while _taken(shown) > room and len(shown) > 1:
        shown = shown[:-1]
    left = room - _taken(shown) - 4
    cells = min(_MOST_BAR, left // 2)
    if cells < _LEAST_BAR:
        return shown
    return [shown[0], _pasts(found, left - cells, page), shown[1], _bars(found, cells, page), *shown[2:]]


def _taken(shown: Sequence[Column]) -> int:
    return sum(one.width + 2 for one in shown)


def _columns(found: Sequence[Gpu], names: Sequence[str], ascii_only: bool, *, brief: bool) -> list[Column]:
    loads = [("" if gpu.load is None else f"{gpu.load:.0%}", CALM) for gpu in found]
    memory = [(_brief(gpu) if brief else used(gpu), gauges.level(share_of(gpu.used, gpu.total))) for gpu in found]
    heat = [(temperature(gpu, ascii_only), CALM) for gpu in found]
    watts = [(power(gpu, brief=brief), strain(gpu)) for gpu in found]
    named = [Column("name", [(name, "") for name in names], right=False)] if names else []
    return [
        _figures("load", loads),
        _figures("GiB" if brief else "memory", memory),
        _figures("temp.", heat),
        _figures("power", watts),
        *named,
    ]


def _figures(head: str, cells: Sequence[tuple[str, Level]]) -> Column:
    """Return a column of figures below each other, with their marks below each other, too."""
    text, mark = (max(map(len, found)) for found in ([t or "-" for t, _ in cells], [one.mark for _, one in cells]))
    return Column(head, [(f"{t or '-':>{text}}{one.mark:<{mark}}", one.style if one.mark else "") for t, one in cells])


def _pasts(found: Sequence[Gpu], cells: int, page: Page) -> Column:
    drawn = (gauges.steps(page.past.of(f"{number} load", cells), page.ascii_only) for number in range(len(found)))
    return Column(f"last {cells} s"[:cells], [(text, _DRAWN) for text in drawn], right=False)


def _bars(found: Sequence[Gpu], cells: int, page: Page) -> Column:
    shares = [share_of(gpu.used, gpu.total) for gpu in found]
    drawn = [(f"{gauges.bar(one, cells, page.ascii_only):<{cells}}", gauges.level(one).style) for one in shares]
    return Column("", drawn, right=False)


def used(gpu: Gpu) -> str:
    """Return the memory in use, of all."""
    return "" if gpu.used is None or gpu.total is None else amount_of(gpu.used, gpu.total)


def _brief(gpu: Gpu) -> str:
    return "" if gpu.used is None or gpu.total is None else f"{gpu.used / GIB:.1f}/{gpu.total / GIB:.0f}"


def power(gpu: Gpu, *, brief: bool = False) -> str:
    """Return the power, of what is allowed where that is known."""
    if gpu.power is None:
        return ""
    return f"{gpu.power:.0f} W" if brief or gpu.limit is None else f"{gpu.power:.0f} of {gpu.limit:.0f} W"


def strain(gpu: Gpu) -> Level:
    """Return how the power is shown: near its limit with a mark."""
    share = share_of(gpu.power, gpu.limit)
    return WARN if share is not None and share >= NEAR else CALM


def temperature(gpu: Gpu, ascii_only: bool) -> str:
    """Return the temperature."""
    return "" if gpu.temperature is None else f"{gpu.temperature} {'' if ascii_only else '°'}C"
