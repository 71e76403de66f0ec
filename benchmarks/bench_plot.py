"""How long a redraw of the run screen's two pictures takes, conversion into Strips included.

    python -m benchmarks.bench_plot

Loss and error: each two measured and two predicted curves of 101 points, six faded live curves of 11 points,
two marks, one level. The bound is 20 ms for both at 120x40, which leaves each 58x36.
"""

from __future__ import annotations

import math
import statistics
import time

from textual.strip import Strip

from mli_tui.plotting.figure import Look, draw
from mli_tui.plotting.palette import faded, fading
from mli_tui.plotting.series import Level, Mark, Plot, Series

GRID = tuple(i / 100 for i in range(101))
COARSE = tuple(i / 10 for i in range(11))
ROUNDS = 40


def fall(alpha: float, centre: float, top: float) -> float:
    """Return a plateau at `top` that falls to 0 around `centre`."""
    return top / (1 + math.exp((alpha - centre) / 0.05))


def picture(title: str, top: float, level: str) -> Plot:
    """Return one picture of the run screen as it is while training."""
    live = [
        Series(COARSE, tuple(top - (top - fall(a, 0.6, top)) * (k + 1) / 7 for a in COARSE), colour, thin=True)
        for k, colour in enumerate(fading("linear", 6))
    ]
    predicted, measured = [], []
    for scheme, centre in (("linear", 0.62), ("homogeneous", 0.45)):
        y = tuple(fall(a, centre, top) for a in GRID)
        measured.append(Series(GRID, y, scheme, scheme))
        predicted.append(Series(GRID, tuple(0.97 * v for v in y), faded(scheme, 0.7), "predicted", thin=True))
    return Plot(
        title=title,
        series=(*live, *predicted, *measured),
        marks=(Mark(0.46, "0.46", "linear"), Mark(0.41, "0.41", "homogeneous")),
        levels=(Level(top, level),),
        y_limits=(0.0, 1.1 * top),
        x_label="alpha",
    )


def redraw(plots: list[Plot], width: int, height: int, look: Look) -> float:
    """Return the milliseconds that drawing all of `plots` takes."""
    start = time.perf_counter()
    for plot in plots:
        strips = [Strip(row, width) for row in draw(plot, width, height, look)]
        assert len(strips) == height
    return 1e3 * (time.perf_counter() - start)


def main() -> None:
    """Print a table, one row a size."""
    plots = [picture("loss", math.log(10), "ln 10"), picture("error", 0.9, "1 - 1/10")]
    first = redraw(plots, 58, 16, Look())
    print(f"first redraw, with the import of plotext: {first:.0f} ms")
    print("each of two panels   median    p95   (ms for both)")
    for width, height in ((36, 8), (58, 16), (58, 36), (98, 25), (118, 36)):
        times = sorted(redraw(plots, width, height, Look()) for _ in range(ROUNDS))
        p95 = times[math.ceil(0.95 * ROUNDS) - 1]
        print(f"{width:>12}x{height:<6} {statistics.median(times):>8.1f} {p95:>6.1f}")


if __name__ == "__main__":
    main()
