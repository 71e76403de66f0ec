"""Readings of the machine: /proc as text, a driver that is whole, silent or missing, and the lines made of them."""

import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pynvml
import pytest

from backends.runs import listing, workers
from backends.runs.gpus import Gpu, Gpus
from backends.runs.labels import Labels
from backends.runs.listing import RunRow
from mli_tui import device_lines, proc
from mli_tui.device import DeviceReader, Reading, RunNow, Worker
from mli_tui.proc import Memory, Process, Times
from presets import load
from tests.mli_tui import make_run
from tests.mli_tui.fake_nvml import GIB, NVMLLibraryMismatchError, driver

STAT = "cpu  100 10 50 800 40 5 5 20 7 3\ncpu0 1 2 3 4 5 6 7 8 9 10\n"
PROCESS = "4242 (py (th) on) R 1 1 1 0 -1 4194560 1 0 0 0 {user} {system} 0 0 20 0 9 0 777 1000000 {pages} 18446744"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (STAT, Times(190, 1030)),
        ("", None),
        ("cpu  1 2 3\n", None),
        ("cpu  a b c d e f g h\n", None),
        ("intr 1 2 3 4 5 6 7 8\n", None),
    ],
)
def test_times_of_the_processors(text, found):
    assert proc.times(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("MemTotal:       2000 kB\nMemFree: 1 kB\nMemAvailable:    500 kB\n", Memory(500 * 1024, 2000 * 1024)),
        ("MemTotal:       2000 kB\n", None),
        ("", None),
    ],
)
def test_memory_of_the_machine(text, found):
    assert proc.memory(text) == found


def test_a_process_is_read_behind_its_name():
    assert proc.process(PROCESS.format(user=30, system=12, pages=10)) == Process(42, 10 * proc.PAGE_BYTES, 777)


@pytest.mark.parametrize(
    "text", ["", "4242 (x) R 1", PROCESS.format(user="x", system=1, pages=1), PROCESS.replace(") R", ") Z")]
)
def test_no_process_is_none(text):
    assert proc.process(text) is None


def test_proc_of_this_very_machine_can_be_read():
    assert proc.times(proc.read("stat")).total > 0
    assert proc.memory(proc.read("meminfo")).total > 0
    assert proc.process(proc.read(f"{os.getpid()}/stat")).memory > 1 << 20
    assert proc.read("no/such/file") == ""


def test_every_figure_of_each_gpu(monkeypatch):
    nvml = driver(processes=[(1, 5), (4242, 3 * GIB)])
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    gpus = Gpus()
    found, missing = gpus.read(4242)
    assert missing == ""
    whole = Gpu("NVIDIA H100\\x1b", 0.63, 20 * GIB, 80 * GIB, 41, 120.4, 700.0, 3 * GIB)
    assert found == (whole, whole)
    gpus.read(4242)
    assert nvml.calls == {"nvmlInit": 1, "nvmlShutdown": 0}
    gpus.close()
    gpus.close()
    assert nvml.calls == {"nvmlInit": 1, "nvmlShutdown": 1}


def test_of_one_gpu_alone_by_its_uuid(monkeypatch):
    nvml = driver(2)
    nvml.nvmlDeviceGetUtilizationRates = lambda handle: SimpleNamespace(gpu=10 * handle)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert [gpu.load for gpu in Gpus().read()[0]] == [0.0, 0.1]
    assert [gpu.load for gpu in Gpus("GPU-1").read()[0]] == [0.1]
    monkeypatch.setitem(sys.modules, "pynvml", driver(2, withheld=("nvmlDeviceGetHandleByUUID",)))
    assert Gpus("GPU-1").read() == ((), "no driver (Not Supported)")


@pytest.mark.parametrize(
    ("figure", "fields"),
    [
        ("nvmlDeviceGetUtilizationRates", ["load"]),
        ("nvmlDeviceGetMemoryInfo", ["used", "total"]),
        ("nvmlDeviceGetTemperature", ["temperature"]),
        ("nvmlDeviceGetPowerUsage", ["power"]),
        ("nvmlDeviceGetEnforcedPowerLimit", ["limit"]),
        ("nvmlDeviceGetComputeRunningProcesses", ["worker"]),
    ],
)
def test_a_figure_that_is_not_reported_is_missing_and_no_other(monkeypatch, figure, fields):
    whole, silent = (driver(1, processes=[(7, 5)], withheld=w) for w in ((), (figure,)))
    monkeypatch.setitem(sys.modules, "pynvml", whole)
    [expected] = Gpus().read(7)[0]
    monkeypatch.setitem(sys.modules, "pynvml", silent)
    [found] = Gpus().read(7)[0]
    assert found == replace(expected, **dict.fromkeys(fields))
    assert None not in (getattr(expected, field) for field in fields)


def test_a_driver_of_another_version_withholds_and_does_not_raise(monkeypatch):
    older = driver(1, withheld=("nvmlDeviceGetComputeRunningProcesses",), error=NVMLLibraryMismatchError("older"))
    monkeypatch.setitem(sys.modules, "pynvml", older)
    assert Gpus().read(7)[0][0].worker is None


@pytest.mark.parametrize(
    ("nvml", "why"),
    [
        (driver(missing="NVML Shared Library Not Found\x1b"), "no driver (NVML Shared Library Not Found\\x1b)"),
        (driver(withheld=("nvmlDeviceGetCount",)), "no driver (Not Supported)"),
        (driver(0), "the driver shows no GPU"),
        (None, "nvidia-ml-py is not installed"),
    ],
    ids=["no library", "no count", "no GPU", "no package"],
)
def test_why_there_is_no_gpu_is_said_and_found_out_once(monkeypatch, nvml, why):
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    gpus = Gpus()
    assert gpus.read() == gpus.read() == ((), why)
    gpus.close()
    assert nvml is None or nvml.calls["nvmlInit"] == 1


def test_the_real_package_has_every_name_that_is_asked_for():
    names = [name for name in vars(driver()) if name != "calls"]
    assert [name for name in names if not hasattr(pynvml, name)] == []
    assert not issubclass(pynvml.NVMLLibraryMismatchError, pynvml.NVMLError)


class Machine:
    """A /proc that is told what to say, and a clock."""

    def __init__(self, monkeypatch):
        self.now, self.files = 100.0, {}
        monkeypatch.setattr(proc, "read", lambda name: self.files.get(name, ""))
        monkeypatch.setitem(sys.modules, "pynvml", driver(0))

    def tell(self, *, busy=0, idle=0, ticks=0, pages=0, start=777, seconds=1.0):
        self.now += seconds
        stat = PROCESS.format(user=ticks, system=0, pages=pages).replace(" 777 ", f" {start} ")
        self.files = {"stat": f"cpu  {busy} 0 0 {idle} 0 0 0 0\n", f"{os.getpid()}/stat": stat}


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


def test_loads_are_those_between_two_readings(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(busy=1000, idle=1000, ticks=500, pages=3)
    first = reader.read()
    assert (first.load, first.worker) == (None, Worker(os.getpid(), None, 3 * proc.PAGE_BYTES))
    machine.tell(busy=1150, idle=1050, ticks=500 + 3 * proc.TICKS, pages=4, seconds=2.0)
    second = reader.read()
    assert second.load == pytest.approx(0.75)
    assert second.worker == Worker(os.getpid(), pytest.approx(1.5), 4 * proc.PAGE_BYTES)
    assert second.view.epoch == 12


def test_a_pid_that_became_another_process_begins_anew(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(ticks=500)
    reader.read()
    machine.tell(ticks=9000, start=778)
    assert reader.read().worker.cores is None


def test_counters_that_stand_still_or_are_gone_are_no_load(machine, tmp_path):
    reader = DeviceReader(make_run.live(tmp_path), lambda: machine.now)
    machine.tell(busy=10, idle=10)
    reader.read()
    machine.tell(busy=10, idle=10)
    assert reader.read().load is None
    machine.files = {}
    reading = reader.read()
    assert (reading.load, reading.memory, reading.worker) == (None, None, Worker(os.getpid(), None, None))


def test_an_ended_run_has_no_worker(machine, tmp_path):
    reading = DeviceReader(make_run.finished(tmp_path), lambda: machine.now).read()
    assert (reading.worker, reading.no_worker) == (None, "no worker is at it")
    assert reading.view.status == "done"


def test_a_worker_of_another_host_is_not_looked_for_here(machine, tmp_path):
    run = make_run.live(tmp_path)
    who = msgspec.structs.replace(workers.Identity.current(), host="far\x1b", boot="another")
    run.lock.write_bytes(msgspec.json.encode(who))
    reading = DeviceReader(run, lambda: machine.now).read()
    assert reading.no_worker == "its worker is on host far\\x1b, which can't be seen from here"


def test_a_run_that_is_deleted_meanwhile_leaves_the_machine_shown(machine, tmp_path):
    run = make_run.create(tmp_path)
    reader = DeviceReader(run, lambda: machine.now)
    assert reader.read().view is not None
    run.experiment.unlink()
    run.checkpoints.rmdir()
    run.folder.rmdir()
    machine.tell(busy=1, idle=1)
    assert reader.read().cores >= 1


READING = Reading(
    cores=8, usable=8, load=0.5, memory=Memory(6 * GIB, 8 * GIB), gpus=(), no_gpu="no driver (x)", worker=None,
    no_worker="no worker is at it",
)  # fmt: skip
GPU = Gpu("NVIDIA H100", 0.63, 20 * GIB, 80 * GIB, 41, 120.4, 700.0, 3 * GIB)


def texts(lines):
    return [line.plain for line in lines]


def test_lines_of_the_processor():
    assert texts(device_lines.processor(READING, [0.0, 0.5, 1.0], 78, False)) == [
        "CPU  8 cores",
        "  load        " + "█" * 20 + "░" * 20 + "   50% of 8 cores",
        "  memory      " + "█" * 10 + "░" * 30 + "  2.0 of 8.0 GiB",
        "  history     ▁▅█",
    ]


def test_what_is_not_known_of_the_processor_is_no_zero():
    unknown = replace(READING, load=None, memory=None, usable=2)
    assert texts(device_lines.processor(unknown, [], 78, False)) == [
        "CPU  2 of 8 usable",
        "  load        " + " " * 40 + "  measuring ...",
        "  memory      not reported",
        "  history     measuring ...",
    ]


def test_lines_of_a_gpu():
    shown = texts(device_lines.gpus(replace(READING, gpus=(GPU,)), [[0.63]], 78, True))
    assert shown == [
        "GPU 0  NVIDIA H100",
        "  load        " + "#" * 25 + "." * 15 + "   63%",
        "  memory      " + "#" * 10 + "." * 30 + "  20.0 of 80.0 GiB",
        "  temperature 41 C, power 120 W of 700 W",
        "  history     +",
    ]


def test_what_a_gpu_does_not_report_is_no_zero():
    shown = texts(device_lines.gpus(replace(READING, gpus=(Gpu("H100"),)), [], 78, False))
    assert [line.split(maxsplit=1)[1].strip() for line in shown[1:]] == [
        "not reported",
        "not reported",
        "not reported, power not reported",
        "not reported",
    ]
    assert "0" not in "".join(shown[1:])


def test_without_a_gpu_the_reason_stands_there():
    assert texts(device_lines.gpus(READING, [], 78, False)) == ["GPU  none: no driver (x)"]


def test_many_gpus_are_a_line_each():
    shown = texts(device_lines.gpus(replace(READING, gpus=(GPU, Gpu("H100"), GPU)), [], 78, False))
    assert shown == [
        "GPUs  3 of several kinds",
        "  0  load  63%   memory 20.0 of 80.0 GiB   41 °C  120 of 700 W  H100",
        "  1  load    -   memory                -       -             -  H100",
        "  2  load  63%   memory 20.0 of 80.0 GiB   41 °C  120 of 700 W  H100",
    ]


def test_gpus_of_one_kind_are_named_once_and_have_history_and_bars_where_there_is_room():
    pasts = [[0.0, 0.5, 0.99]] * 8
    shown = texts(device_lines.gpus(replace(READING, gpus=(GPU,) * 8), pasts, 116, True))
    assert shown[0] == "GPUs  8 x NVIDIA H100"
    past, memory = "_=#".ljust(20), "#" * 5 + "." * 15
    assert shown[8] == f"  7  load  63% {past}  memory 20.0 of 80.0 GiB {memory}   41 C  120 of 700 W"


@pytest.mark.parametrize("width", [56, 76, 116])
def test_no_line_of_many_gpus_is_cut(width):
    assert max(map(len, texts(device_lines.gpus(replace(READING, gpus=(GPU,) * 8), [], width, False)))) <= width


def live_view(tmp_path, **changes):
    view = listing.read_run(make_run.live(tmp_path))
    return msgspec.structs.replace(view, **changes)


def test_lines_of_the_worker(tmp_path):
    found = Worker(4242, 1.953, 412 << 20)
    shown = texts(device_lines.worker(replace(READING, worker=found, view=live_view(tmp_path))))
    assert shown == [
        "Worker  of quick-20260921-120000-0002",
        "  run         ▶ training",
        "  CPU         1.95 cores at work (process 4242)",
        "  memory      412 MiB",
        "  speed       10,000 samples/s",
        "  position    has its device",
    ]


@pytest.mark.parametrize(
    ("held", "text"),
    [(3 * GIB, "  GPU         3,072 MiB of GPU 0"), (None, "  GPU         none of its memory reported")],
)
def test_what_the_worker_has_of_a_gpu(tmp_path, held, text):
    reading = replace(READING, gpus=(replace(GPU, worker=held),), worker=Worker(1, None, None))
    shown = texts(device_lines.worker(replace(reading, view=live_view(tmp_path))))
    assert shown[2:5] == ["  CPU         measuring ...", "  memory      not reported", text]


def test_without_a_run_or_a_worker_the_reason_stands_there(tmp_path):
    assert texts(device_lines.worker(replace(READING, no_worker="no run is chosen"))) == [
        "Worker  none: no run is chosen"
    ]
    view = listing.read_run(make_run.finished(tmp_path))
    assert texts(device_lines.worker(replace(READING, view=view)))[1:] == [
        "  run         ✓ done",
        "  process     no worker is at it",
    ]


def test_speed_is_that_of_the_last_epochs_and_none_where_it_does_not_train(tmp_path):
    view = live_view(tmp_path)
    assert device_lines.speed(view) == "10,000 samples/s"  # 4,000 inputs in 0.4 s
    slow = msgspec.structs.replace(view.epochs[-1], seconds=1.4)
    assert device_lines.speed(msgspec.structs.replace(view, epochs=(*view.epochs[:-1], slow))) == "8,000 samples/s"
    assert device_lines.speed(msgspec.structs.replace(view, epochs=())) == "measuring ..."
    assert device_lines.speed(msgspec.structs.replace(view, phase="interpolating")) == "does not train now"
    assert device_lines.speed(msgspec.structs.replace(view, status="queued")) == "does not train now"
    flow = msgspec.structs.replace(view, experiment=load("theory-r2"))
    assert device_lines.speed(flow) == "gradient flow takes no samples"


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
    assert device_lines.position(live_view(tmp_path, status=status, ahead=ahead)) == text


def row(run_id, status, created, phase=""):
    return RunRow(run_id=run_id, preset="quick", seed=0, status=status, created=created, phase=phase)


def test_the_queue_begins_with_who_is_at_work_and_then_who_waits_longest():
    rows = [row("d", "done", 1), row("c", "queued", 90), row("b", "queued", 50), row("a", "running", 70, "training")]
    shown = device_lines.queue(rows, 100.0, "b")
    assert [line.plain.split() for line in shown] == [
        ["Queue", "1", "at", "work,", "2", "waiting"],
        ["1", "▶", "training", "30", "s", "a"],
        ["2", "…", "queued", "50", "s", "b"],
        ["3", "…", "queued", "10", "s", "c"],
    ]
    assert texts(device_lines.queue([rows[0]], 100.0)) == ["Queue  no run is at work, none waits"]


def test_runs_of_a_sweep_stand_in_the_queue_one_by_one_with_what_their_workers_do(tmp_path):
    inside = msgspec.structs.replace(row("a", "running", 70, "training"), message="train.seed = 3")
    one = msgspec.structs.replace(row("sweeps/s", "running", 60), live=(inside, row("b", "queued", 80)))
    found = Worker(4242, 0.97, 412 << 20)
    runs = {"a": RunNow(found, "", live_view(tmp_path)), "c": RunNow(None, "no worker is at it", None)}
    shown = device_lines.queue([one, row("c", "running", 90)], 100.0, ("a", "b"), runs)
    assert texts(shown) == [
        "Queue  2 at work, 1 waiting",
        "  1           ▶ training         30 s  a",
        "      train.seed = 3: 10,000 samples/s, process 4242, 0.97 cores, 412 MiB",
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
    assert texts(device_lines.sweep(one, reading)) == [
        "Sweep  of s",
        "  runs        1 of 4 done, 2 running, 1 waiting",
        "  driver      process 77",
        "  speed       20,000 samples/s in 2 runs",
    ]
    idle = texts(device_lines.sweep(msgspec.structs.replace(one, live=()), READING))
    assert idle[2:] == ["  driver      no driver is at it", "  speed       no run of it trains now"]
    assert texts(device_lines.sweep(None, READING)) == ["Sweep  is not in the list of runs any more"]


def test_followed_runs_are_read_until_they_are_followed_no_more(machine, tmp_path):
    one, two = make_run.live(tmp_path), make_run.interrupted(tmp_path)
    reader = DeviceReader(None, lambda: machine.now)
    reader.followed = (one, two)
    machine.tell(ticks=100, pages=3)
    reader.read()
    machine.tell(ticks=100 + proc.TICKS, pages=3, seconds=2.0)
    found = reader.read().runs
    assert found[one.run_id].worker == Worker(os.getpid(), pytest.approx(0.5), 3 * proc.PAGE_BYTES)
    assert found[one.run_id].view.epoch == 12
    assert (found[two.run_id].worker, found[two.run_id].no_worker) == (None, "no worker is at it")
    reader.followed = ()
    assert reader.read().runs == {}


def test_a_run_is_called_by_its_name(tmp_path):
    named = Labels(name="deep one")
    view = live_view(tmp_path, labels=named)
    assert texts(device_lines.worker(replace(READING, view=view)))[0] == "Worker  of deep one"
    shown = device_lines.queue([msgspec.structs.replace(row("a", "running", 1), labels=named)], 100.0)
    assert shown[1].plain.endswith("deep one")


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "...."), (0.5, "##.."), (1.0, "####"), (7.0, "####"), (-1.0, "...."), (None, "    ")]
)
def test_bar(share, text):
    assert device_lines.bar(share, 4, True) == text


def test_history_shows_the_newest():
    assert device_lines.history([0.0, 0.2, 0.99, 1.0], 3, False) == "▂██"
