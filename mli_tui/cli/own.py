"""interpolate: curves between two checkpoints of the user's own, on a network that the user's own file makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from backends.runs import durable, labels, launch
from backends.runs.errors import BadRequest
from mli_tui.cli import devices, following, starting
from mli_tui.cli.options import Backend, Json, Plain, RunsDir, Set, root_of
from mli_tui.cli.starting import BackendOption, Detach
from presets import Data, Experiment, Interpolation, Model, Own, override

ZERO = "zero"
CHECKPOINTS = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")


def interpolate(
    context: typer.Context,
    model: Annotated[
        str, typer.Option(metavar="FILE.py:FACTORY", help="What makes the network: called without arguments.")
    ],
    start: Annotated[str, typer.Option(metavar="FILE", help="Checkpoint at alpha 0, or `zero`: all weights 0.")],
    end: Annotated[str, typer.Option(metavar="FILE", help="Checkpoint at alpha 1.")],
    data: Annotated[str, typer.Option(metavar="NAME", help="Data set to measure on, such as mnist5k.")],
    scheme: Annotated[
        list[str] | None, typer.Option(metavar="SCHEME", help="Path scheme; may be repeated. Default: both main ones.")
    ] = None,
    points: Annotated[int, typer.Option(help="Alphas from 0 to 1.")] = 101,
    name: Annotated[str, typer.Option(help="What the run is called in lists.")] = "own",
    settings: Set = None,
    backend: BackendOption = Backend.auto,
    detach: Detach = False,
    as_json: Json = False,
    plain: Plain = False,
    runs_dir: RunsDir = None,
) -> None:
    """Measure the curves between two checkpoints of your own, and watch.

    A checkpoint is a .safetensors file, or a state dict that torch.save wrote (.pt, .pth, .ckpt, .bin). FILE.py is
    your own code: the run's worker executes it. Watching and exit codes are as with `run`.
    """
    devices.require(backend.value)
    chosen = [f"interpolation.points={points}", *([f"interpolation.schemes={json.dumps(scheme)}"] if scheme else [])]
    experiment = override(experiment_between(model, start, end, data, name), [*chosen, *(settings or [])])
    root = root_of(context, runs_dir)
    _require_free(root, name)
    paths = launch.create(root, experiment)
    starting.start_worker(paths, backend, own_code=True)
    with starting.whole_or_nothing(paths):
        following.require_accepted(paths)
        starting.watch(paths, starting.Way.of(context, plain, as_json, detach))


def _require_free(root: Path, name: str) -> None:
    """Raise `BadRequest` where a run was given that name in the list: on the command line it stands for that one."""
    try:
        labels.require_free(root, name)
    except BadRequest as error:
        raise BadRequest(f"--{error}") from None


def experiment_between(model: str, start: str, end: str, data: str, name: str) -> Experiment:
    """Return the specification, with checksums of the code and of both checkpoints; raises `BadRequest`."""
    code, colon, factory = model.rpartition(":")
    if not colon or not code.endswith(".py") or not factory.isidentifier():
        raise BadRequest(f"--model = {model!r}: expected FILE.py:FACTORY, such as nets.py:make_net")
    file, model_sum = _file("--model", code, (".py",))
    first, start_sum = (ZERO, "") if start == ZERO else _checkpoint("--start", start)
    last, end_sum = _checkpoint("--end", end)
    plain = Experiment(
        preset="own",
        title=f"{file.name}:{factory}, {Path(start).name} to {Path(end).name}"[:300],
        data=Data(name=data),
        model=Model(network="own"),
        interpolation=Interpolation(start=first, end=last),
        own=Own(model=f"{file}:{factory}", model_sha256=model_sum, start_sha256=start_sum, end_sha256=end_sum),
    )
    return override(plain, [f"preset={name}"])


def _checkpoint(option: str, path: str) -> tuple[str, str]:
    file, checksum = _file(option, path, CHECKPOINTS)
    return f"file:{file}", checksum


def _file(option: str, name: str, endings: tuple[str, ...]) -> tuple[Path, str]:
    """Return the real path of a file that the user names, and its SHA-256; raises `BadRequest`."""
    try:
        path = Path(name).expanduser().resolve(strict=True)
        if path.suffix not in endings:
            raise BadRequest(f"{option} = {name!r}: expected a file that ends in {', '.join(endings)}")
        return path, durable.checksum(path)
    except OSError as error:
        raise BadRequest(f"{option} = {name!r}: {error.strerror}") from None
    except RuntimeError:  # no such user's home, or links in a circle
        raise BadRequest(f"{option} = {name!r}: no such file") from None
