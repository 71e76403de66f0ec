"""Runs and events for tests, small ones."""

from pathlib import Path

from backends.runs import durable, events
from backends.runs.events import CurvePoint, Ends, Event, Rise
from backends.runs.journal import Writer
from backends.runs.paths import RunPaths
from presets import Experiment, load
from presets.loader import to_toml

CLASSES = ("zero", "one", "two")
RUN_ID = "quick-20260921-120000-0001"


def run(root: Path, run_id: str = RUN_ID, experiment: Experiment | None = None) -> RunPaths:
    """Make a run with a specification, that nobody ever worked on."""
    paths = RunPaths(root / run_id)
    paths.folder.mkdir(mode=0o700, parents=True)
    paths.checkpoints.mkdir()
    durable.write(paths.experiment, to_toml(experiment or load("quick")).encode())
    return paths


def tell(paths: RunPaths, *some: Event) -> RunPaths:
    """Append events to the run's journal."""
    writer = Writer(paths.events)
    for event in some:
        writer.append(event)
    writer.close()
    return paths


def note(text: str = "hello") -> events.Note:
    return events.Note(text=text)


def started(attempt: int = 1) -> events.Started:
    return events.Started(attempt=attempt, device="CPU", threads=2, host="host", pid=1)


def dataset(names: tuple[str, ...] = CLASSES) -> events.Dataset:
    return events.Dataset(class_names=names, train=30, test=9, largest_class_share={"train": 1 / 3, "test": 1 / 3})


def epoch(number: int, **changes: object) -> events.Epoch:
    values: dict[str, object] = {
        "loss": 1.0 / (number + 1),
        "error": 0.5,
        "test_loss": 1.5,
        "test_error": 0.6,
        "class_error": (0.1, 0.9, 0.4),
        "biases": (0.25, -1.5, 0.1 * number),
        "lr": 0.02,
        "seconds": 0.5,
    }
    return events.Epoch(epoch=number, **(values | changes))  # type: ignore[arg-type]


def point(alpha: float, **changes: object) -> CurvePoint:
    values: dict[str, object] = {
        "loss": 2.0 - alpha,
        "error": 0.9 - alpha / 2,
        "class_error": (0.1, 0.9, 0.4),
        "histogram": (0.5, 0.25, 0.25),
        "top_class": 0,
        "top_class_share": 0.5,
        "signal_gap": alpha / 3,
        "bias_gap": alpha / 7,
    }
    return CurvePoint(alpha=alpha, **(values | changes))  # type: ignore[arg-type]


def points(*alphas: float, scheme: str = "linear", split: str = "train") -> events.Points:
    return events.Points(scheme=scheme, split=split, points=tuple(point(a) for a in alphas))  # type: ignore[arg-type]


def live(number: int, scheme: str = "linear") -> events.LiveCurve:
    return events.LiveCurve(
        epoch=number,
        scheme=scheme,
        inputs=30,
        alphas=(0.0, 1.0),
        loss=(1.0, 0.5),
        error=(0.7, 0.2),  # type: ignore[arg-type]
    )


def plateaus(scheme: str = "linear", split: str = "train", **changes: object) -> events.PlateausFound:
    rise = Rise(rise=0.0, alpha_from=0.0, alpha_to=0.0)
    ends = Ends(
        error_plateau_end=0.53,
        loss_plateau_end=0.4,
        error_half_fall=0.6,
        loss_half_fall=0.5,
        max_rise_loss=rise,
        max_rise_error=rise,
    )
    values: dict[str, object] = {"scheme": scheme, "split": split, "measured": ends, "predicted": ends}
    return events.PlateausFound(**(values | changes))  # type: ignore[arg-type]


def whole() -> list[Event]:
    """Return what a worker tells of a run from its start to its end."""
    keys = [(scheme, split) for scheme in ("linear", "homogeneous") for split in ("train", "test")]
    return [
        started(),
        dataset(),
        events.PhaseBegan(phase="training"),
        *(epoch(n) for n in range(4)),
        live(2),
        events.PhaseBegan(phase="interpolating"),
        *(points(0.0, 0.5, 1.0, scheme=scheme, split=split) for scheme, split in keys),
        *(plateaus(scheme, split) for scheme, split in keys),
        *(events.EndsChecked(scheme=scheme, split=split, start=True, end=True) for scheme, split in keys),  # type: ignore[arg-type]
        events.BiasSummary(spearman_learning_order=0.5),
        events.Finished(status="done"),
    ]
