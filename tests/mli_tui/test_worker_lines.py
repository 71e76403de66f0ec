"""Workers as lines: what they have, how fast they train and since when that is not known, and who is in the queue."""

from dataclasses import replace

import msgspec
import pytest

from backends.runs import listing
from backends.runs.gpus import Held
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import worker_lines
from mli_tui.device import RunNow, Worker
from presets import load
from tests.mli_tui import make_run
from tests.mli_tui.machines import GIB, GPU, READING, WORKER, gpus, live_view, row, texts

NOW = READING.time
AT_WORK = Worker(WORKER, 1.953, 412 << 20)


def worker(view, found=None, **changes):
    return texts(worker_lines.worker(replace(READING, worker=AT_WORK, view=view, **changes), found))


def test_lines_of_the_worker(tmp_path):
    assert worker(live_view(tmp_path)) == [
        "Worker  of quick-20260921-120000-0002",
        "  run         ▶ training",
        "  device      CPU (synthetic)",
        "  CPU         1.95 cores at work (process 4242)",
        "  memory      412 MiB",
        "  speed       9,500 samples/s over 2 s, measures included",
        "  position    has its device",
    ]


def test_a_run_on_the_cpu_of_a_machine_with_a_gpu_is_not_asked_for_its_gpu_memory(tmp_path):
    shown = worker(live_view(tmp_path), gpus(replace(GPU, held=())))
    assert shown[2] == "  device      CPU (synthetic)"
    assert "GPU" not in "".join(shown)


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ((Held(WORKER, 3 * GIB), Held(9, GIB)), "3 GiB of GPU 0"),
        ((Held(WORKER, None),), "not reported of GPU 0"),
        ((Held(9, GIB),), "not reported"),
        (None, "not reported"),
    ],
)
def test_what_the_worker_has_of_a_gpu(tmp_path, held, text):
    shown = worker(live_view(tmp_path, device="NVIDIA H100"), gpus(replace(GPU, held=held)))
    assert shown[2:4] == ["  device      NVIDIA H100", f"  GPU memory  {text}"]


def test_while_it_waits_nobody_knows_its_device(tmp_path):
    shown = worker(live_view(tmp_path, status="queued", ahead=1, device="CPU (before)"), gpus(GPU))
    assert shown[1:] == [
        "  run         … queued", "  CPU         1.95 cores at work (process 4242)", "  memory      412 MiB",
        "  speed       does not train now", "  position    1 ahead",
    ]  # fmt: skip


def test_what_is_not_known_of_a_worker_is_no_zero(tmp_path):
    shown = texts(worker_lines.worker(replace(READING, worker=Worker(1, None, None), view=live_view(tmp_path)), None))
    assert shown[3:5] == ["  CPU         measuring ...", "  memory      not reported"]


def test_without_a_run_or_a_worker_the_reason_stands_there(tmp_path):
    bare = replace(READING, no_worker="no run is chosen")
    assert texts(worker_lines.worker(bare, None)) == ["Worker  none: no run is chosen"]
    view = listing.read_run(make_run.finished(tmp_path))
    assert texts(worker_lines.worker(replace(READING, view=view), None))[1:] == [
        "  run         ✓ done",
        "  process     no worker is at it",
    ]


def speed(view, now=NOW):
    return worker_lines.speed(view, now)[0]


def test_speed_is_that_of_the_last_stretch_and_none_where_it_does_not_train(tmp_path):
    view = live_view(tmp_path)
    assert speed(view) == "9,500 samples/s over 2 s, measures included"
    assert speed(msgspec.structs.replace(view, use=())) == "measuring ..."
    assert speed(msgspec.structs.replace(view, attempt=2)) == "measuring ...", "the attempt before is another time"
    assert speed(msgspec.structs.replace(view, phase="interpolating")) == "does not train now"
    assert speed(msgspec.structs.replace(view, status="queued")) == "does not train now"
    flow = msgspec.structs.replace(view, experiment=load("theory-r2"))
    assert speed(flow) == "gradient flow takes no samples"


def test_the_speed_is_the_newest_value_of_what_was_recorded(tmp_path):
    """Two figures with one unit and different numbers, one above the other, were not understood."""
    view = live_view(tmp_path)
    assert worker_lines.rate(view, NOW) == view.use[-1].samples == 9_500.0


def test_a_stretch_without_inputs_is_no_speed_and_not_how_long_the_next_one_takes(tmp_path):
    """In a loop of one's own a live curve ends a short stretch in which no inputs were counted."""
    view = live_view(tmp_path)
    long = msgspec.structs.replace(view.use[-1], seconds=30.0)
    short = msgspec.structs.replace(long, seconds=2.0, samples=None, time=long.time + 2)
    view = msgspec.structs.replace(view, use=(*view.use, long, short))
    assert speed(view, short.time + 28) == "9,500 samples/s over 30 s, measures included"
    assert worker_lines.rate(view, short.time + 28) == 9_500.0
    assert speed(view, short.time + 34).startswith("nothing told for 34 s, before that 9,500 samples/s")
    assert speed(msgspec.structs.replace(view, use=(short,)), short.time) == "measuring ..."


def test_a_worker_that_was_held_up_trains_at_no_speed_any_more(tmp_path):
    view = live_view(tmp_path)
    said, level = worker_lines.speed(view, NOW + 8)
    assert said == "nothing told for 10 s, before that 9,500 samples/s !"
    assert level.mark
    assert worker_lines.rate(view, NOW + 8) is None
    assert worker_lines.rate(view, NOW + 2.9) == 9_500.0
    long = msgspec.structs.replace(view.use[-1], seconds=36.0)
    of_hours = msgspec.structs.replace(view, use=(long,))
    assert worker_lines.rate(of_hours, NOW + 30) == 9_500.0, "a run of hours tells more seldom"


@pytest.mark.parametrize(
    ("status", "ahead", "text"),
    [
        ("queued", 2, "2 ahead"),
        ("queued", 0, "next"),
        ("running", 0, "has its device"),
        ("done", 0, "not in the queue"),
    ],
)
def test_position_in_the_queue(tmp_path, status, ahead, text):
    assert worker_lines.position(live_view(tmp_path, status=status, ahead=ahead)) == text


def queue(rows, now=100.0, shown=(), **reading):
    return worker_lines.queue(rows, replace(READING, **reading), now, shown)


def test_the_queue_begins_with_who_is_at_work_and_then_who_waits_longest():
    rows = [row("d", "done", 1), row("c", "queued", 90), row("b", "queued", 50), row("a", "running", 70, "training")]
    assert [line.split() for line in texts(queue(rows, shown="b"))] == [
        ["Queue", "1", "at", "work,", "2", "waiting"],
        ["1", "▶", "training", "30", "s", "a"],
        ["2", "…", "queued", "50", "s", "b"],
        ["3", "…", "queued", "10", "s", "c"],
    ]
    assert texts(queue([rows[0]])) == ["Queue  no run is at work, none waits"]


def test_what_the_queue_says_of_a_run_is_what_its_worker_says(tmp_path):
    """The list is read more slowly: a run that has its device must not be called waiting beside it."""
    view = live_view(tmp_path)
    late = row(view.run_id, "queued", 70)
    assert texts(queue([late], view=view))[:2] == [
        "Queue  1 at work, 0 waiting", f"  1           ▶ training         30 s  {view.run_id}",
    ]  # fmt: skip
    assert texts(queue([late], view=msgspec.structs.replace(view, status="done")))[0].endswith("none waits")
    unlisted = texts(queue([], now=make_run.STARTED + 30, view=view))
    assert unlisted[:2] == [
        "Queue  1 at work, 0 waiting", f"  1           ▶ training         30 s  {view.run_id}",
    ]  # fmt: skip


def test_runs_of_a_sweep_stand_in_the_queue_one_by_one_with_what_their_workers_do(tmp_path):
    view = msgspec.structs.replace(live_view(tmp_path), run_id="a")
    inside = msgspec.structs.replace(row("a", "running", 70, "training"), message="train.seed = 3")
    one = msgspec.structs.replace(row("sweeps/s", "running", 60), live=(inside, row("b", "queued", 80)))
    found = Worker(4242, 0.97, 412 << 20)
    runs = {"a": RunNow(found, "", view), "c": RunNow(None, "no worker is at it", None)}
    shown = queue([one, row("c", "running", 90)], shown=("a", "b"), runs=runs)
    assert texts(shown) == [
        "Queue  2 at work, 1 waiting",
        "  1           ▶ training         30 s  a",
        "      train.seed = 3: 9,500 samples/s, process 4242, 0.97 cores, 412 MiB",
        "  2           ▶ running          10 s  c",
        "      no worker is at it",
        "  3           … queued           20 s  b",
    ]
    assert ["bold" in str(line.spans) for line in shown] == [True, True, False, False, False, True]


def test_a_sweep_is_told_with_its_driver_and_how_fast_its_runs_train_together(tmp_path):
    one = RunRow(
        run_id="sweeps/s", preset="quick sweep", seed=0, status="running", message="1 of 4 done, 2 running, 1 waiting",
        live=(row("a", "running", 1, "training"), row("b", "running", 1, "training")),
    )  # fmt: skip
    view = live_view(tmp_path)
    runs = {name: RunNow(Worker(n, None, None), "", view) for n, name in enumerate("ab")}
    reading = replace(READING, worker=Worker(77, 0.0, 1), runs=runs)
    assert texts(worker_lines.sweep(one, reading)) == [
        "Sweep  of s",
        "  runs        1 of 4 done, 2 running, 1 waiting",
        "  driver      process 77",
        "  speed       19,000 samples/s in 2 runs",
    ]
    idle = texts(worker_lines.sweep(msgspec.structs.replace(one, live=()), READING))
    assert idle[2:] == ["  driver      no driver is at it", "  speed       no run of it trains now"]
    assert texts(worker_lines.sweep(None, READING)) == ["Sweep  is not in the list of runs any more"]


def test_a_run_is_called_by_its_name(tmp_path):
    named = Labels(name="deep one")
    assert worker(live_view(tmp_path, labels=named))[0] == "Worker  of deep one"
    shown = queue([msgspec.structs.replace(row("a", "running", 1), labels=named)])
    assert shown[1].plain.endswith("deep one")
