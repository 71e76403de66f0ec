"""What was used of the device: folded over attempts, bounded in number, with sums that stay what they are."""

import csv
import io

import msgspec
import pytest

from backends.runs import export, listing, use
from backends.runs.events import DeviceUse, Finished, Resumed, Started
from tests.mli_tui import make_run


def stretch(seconds=2.0, *, attempt=1, phase="training", **figures) -> DeviceUse:
    known = {"epoch": 1, "cores": 1.5, "memory": 700, "samples": 100.0} | figures
    return DeviceUse(attempt=attempt, phase=phase, seconds=seconds, **known)


def test_two_stretches_are_joined_by_their_time_and_peaks_stay():
    one = stretch(1.0, cores=2.0, memory=900, samples=None, gpu_load=0.5, gpu_temperature=60.0)
    two = stretch(3.0, cores=1.0, memory=800, samples=400.0, epoch=7)
    both = use.joined(one, two)
    assert (both.seconds, both.epoch, both.cores, both.memory) == (4.0, 7, 1.25, 900)
    assert both.samples == 300.0, "in the first second nothing was trained"
    assert (both.gpu_load, both.gpu_temperature, both.gpu_power) == (0.5, 60.0, None)


def test_thinning_joins_neither_attempts_nor_phases():
    some = [stretch(), stretch(phase="interpolating"), stretch(attempt=2), stretch(attempt=2), stretch(attempt=2)]
    found = use.thinned(some)
    assert [(one.attempt, one.phase, one.seconds) for one in found] == [
        (1, "training", 2.0),
        (1, "interpolating", 2.0),
        (2, "training", 4.0),
        (2, "training", 2.0),
    ]


def test_a_view_holds_so_many_at_most_and_all_of_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(use, "KEPT", 50)
    run = make_run.create(tmp_path)
    make_run.append(run, [stretch(1.0, cores=float(n)) for n in range(1_000)])
    found = listing.read_run(run).use
    assert len(found) <= 50
    assert sum(one.seconds for one in found) == 1_000.0
    assert sum(one.seconds * one.cores for one in found) == pytest.approx(sum(range(1_000)))


def test_a_resumed_run_keeps_what_its_first_attempt_used(tmp_path):
    run = make_run.stopped(tmp_path, epochs=6)
    again = [
        Started(attempt=2, device="CPU", threads=1, host="h", pid=1),
        Resumed(attempt=2, epoch=3, batch=0, keeps_curves=False),
        stretch(5.0, attempt=2),
        Finished(status="stopped"),
    ]
    make_run.append(run, [stretch(3.0), stretch(4.0), *again])
    view = listing.read_run(run)
    assert use.moments(view.use) == (3.0, 7.0, 12.0)
    assert use.spells(view.use, lambda one: one.attempt) == [(0.0, 7.0, 1), (7.0, 12.0, 2)]


def test_the_table_has_a_row_a_stretch_on_one_axis_of_time(tmp_path):
    run = make_run.create(tmp_path)
    make_run.append(run, [stretch(2.5, samples=None), stretch(1.5, phase="interpolating", gpu_load=0.0)])
    rows = list(csv.DictReader(io.StringIO(export.device_csv([listing.read_run(run)]))))
    assert [(row["phase"], row["from_seconds"], row["to_seconds"]) for row in rows] == [
        ("training", "0.0", "2.5"),
        ("interpolating", "2.5", "4.0"),
    ]
    assert [row["samples_per_second"] for row in rows] == ["", "100.0"]
    assert [row["gpu_load"] for row in rows] == ["", "0.0"], "what is not reported is not zero"


def test_a_run_of_before_has_a_table_without_rows(tmp_path):
    text = export.device_csv([listing.read_run(make_run.finished(tmp_path))])
    assert text == ",".join(export.DEVICE_HEADER) + "\n"


@pytest.mark.parametrize("field", ["seconds", "cores", "samples", "gpu_power"])
@pytest.mark.parametrize("value", [-1.0, 1e300])
def test_what_no_worker_writes_is_refused(tmp_path, field, value):
    run = make_run.create(tmp_path)
    line = msgspec.to_builtins(stretch()) | {field: value, "seq": 0}
    run.events.write_bytes(msgspec.json.encode(line) + b"\n")
    view = listing.read_run(run)
    assert view.use == ()
    assert any("'device' that this version can't read" in note for note in view.notes)
