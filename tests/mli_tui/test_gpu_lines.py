"""GPUs as blocks and as a table, whole, silent, late and lost; and who holds their memory."""

from dataclasses import replace

import pytest

from backends.runs.gpus import Gpu, Held
from mli_tui import gpu_lines, process_lines
from mli_tui.past import Past
from mli_tui.process_lines import MOST
from tests.mli_tui.machines import GIB, GPU, WORKER, gpus, page, texts


def lines(*found, since=0.0, **how):
    return texts(gpu_lines.lines(gpus(*found), since, page(**how)))


def test_lines_of_a_gpu():
    past = Past()
    past.add(1, {"0 load": 0.63, "0 memory": 0.25, "0 power": 0.17})
    assert lines(GPU, ascii_only=True, past=past) == [
        "GPU 0  NVIDIA H100                              28 s ago                 now",
        "  load        #######....  63%                  " + " " * 27 + "+",
        "  memory      ###........  20.0 of 80.0 GiB     " + " " * 27 + "-",
        "  power       ##.........  120 of 700 W         " + " " * 27 + ".",
        "  temperature 41 C, SM clock 1,410 MHz, driver 580.65, CUDA 13.0",
    ]


def test_what_a_gpu_does_not_report_is_no_zero_and_stands_at_the_left():
    shown = lines(Gpu("H100", load=0.5))
    assert [line[14:] for line in shown[1:]] == [
        "██████░░░░░  50%", "not reported", "not reported", "not reported, driver 580.65, CUDA 13.0",
    ]  # fmt: skip
    assert lines(replace(GPU, limit=None))[3] == "  power       120 W"


def test_of_two_gpus_each_has_its_own_seconds_and_the_driver_is_told_once():
    past = Past()
    past.add(1, {"0 load": 0.0, "1 load": 1.0})
    shown = lines(GPU, GPU, past=past)
    assert [line[-1] for line in (shown[1], shown[6])] == ["▁", "█"]
    assert ["driver" in line for line in (shown[4], shown[9])] == [True, False]


@pytest.mark.parametrize(("gib", "mark"), [(20, ""), (66, " !"), (77, " !!")])
def test_memory_that_is_nearly_full_is_marked(gib, mark):
    nearly = replace(GPU, used=gib * GIB)
    assert lines(nearly)[2].endswith(f" {gib}.0 of 80.0 GiB{mark}")
    assert f"{gib}.0 of 80.0 GiB{mark}" in lines(nearly, nearly, nearly)[2]


@pytest.mark.parametrize(("watts", "mark"), [(660, ""), (666, " !")])
def test_power_near_its_limit_is_marked(watts, mark):
    hot = replace(GPU, power=float(watts))
    assert lines(hot)[3].endswith(f"{watts} of 700 W{mark}")
    assert lines(hot, hot, hot)[2].endswith(f"{watts} of 700 W{mark}")


def test_without_a_gpu_the_reason_stands_there():
    assert texts(gpu_lines.lines(gpus(missing="no driver (x)"), 0.0, page())) == ["GPU  none: no driver (x)"]


def test_a_driver_that_takes_its_time_is_said_so():
    assert texts(gpu_lines.lines(None, 0.5, page())) == ["GPU  reading ..."]
    assert texts(gpu_lines.lines(None, 7.0, page())) == ["GPU  the driver has not answered for 7 s"]
    assert lines(GPU, since=9.0)[0] == "GPU 0  read 9 s ago !  NVIDIA H100"
    assert lines(GPU, GPU, GPU, since=9.0)[0] == "GPUs  read 9 s ago !  3 x NVIDIA H100"


def test_a_gpu_that_is_lost_says_why():
    lost = Gpu("NVIDIA H100", trouble="GPU is lost")
    assert lines(lost) == ["GPU 0  GPU is lost !!  NVIDIA H100"]
    assert lines(GPU, lost, GPU)[3] == "  1   GPU is lost !!"


def test_many_gpus_are_a_line_each():
    assert lines(GPU, Gpu("H100"), GPU, width=60) == [
        "GPUs  3 x NVIDIA H100, driver 580.65, CUDA 13.0",
        "      load            memory  temp.         power",
        "  0    63%  20.0 of 80.0 GiB  41 °C  120 of 700 W",
        "  1      -                 -      -             -",
        "  2    63%  20.0 of 80.0 GiB  41 °C  120 of 700 W",
    ]


def test_gpus_of_several_kinds_have_their_names():
    shown = lines(GPU, Gpu("NVIDIA RTX 6000 Ada Generation"), GPU)
    assert shown[0] == "GPUs  3 of several kinds, driver 580.65, CUDA 13.0"
    assert [line.split("  ")[-1] for line in shown[2:]] == ["H100", "RTX 6000 Ada Generation"[:24], "H100"]


def test_many_gpus_have_bars_and_the_last_seconds_where_there_is_room():
    past = Past()
    past.add(1, {"7 load": 0.99})
    shown = lines(*[GPU] * 8, width=116, ascii_only=True, past=past)
    assert "last 32 s" in shown[1]
    assert shown[9] == f"  7    63%  {'#':>32}  20.0 of 80.0 GiB  {'#' * 8}{'.' * 23}   41 C  120 of 700 W"


@pytest.mark.parametrize("width", [36, 56, 76, 116, 196])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_nothing_of_a_gpu_is_cut(width, count):
    hot = replace(GPU, name="NVIDIA A100-SXM4-80GB", used=79 * GIB, power=690.0, load=1.0)
    past = Past()
    past.add(1, {f"{n} {name}": 1.0 for n in range(count) for name in ("load", "memory", "power")})
    shown = lines(*[hot] * count, width=width, past=past)
    assert max(map(len, shown)) <= width
    left_out = "690" if count > 2 and width < 40 else ""
    for figure in {"100%", "79.0", "690", "41 °C"} - {left_out}:
        assert sum(figure in line for line in shown) >= count


# Who holds the memory


def held(*pairs, used=20 * GIB):
    return replace(GPU, held=tuple(Held(pid, memory) for pid, memory in pairs), used=used)


def processes(*found, width=76, ours=None, **how):
    return texts(process_lines.lines(gpus(*found, **how), ours or {}, width))


def test_who_holds_a_gpu_and_that_one_of_them_is_ours():
    assert processes(GPU, ours={WORKER: "this run"}) == [
        "GPU processes",
        "  GPU   pid  memory  user  command",
        "  0    4321  17 GiB  ada   python train.py --seed 4321",
        "▶ 0    4242   3 GiB  ada   this run",
    ]


def test_memory_that_nobody_is_seen_to_hold_is_told():
    shown = processes(held((7, 5 * GIB)), held((8, 19.5 * GIB)))
    assert shown[3] == "  0           15 GiB        (held by no process that is seen from here)"
    assert len(shown) == 5, "the driver itself takes some"
    assert processes(held(used=GIB // 2)) == ["GPU processes  none is seen"]


def test_memory_that_is_not_reported_is_no_zero_and_nothing_is_concluded():
    shown = processes(held((7, None), (8, GIB)))
    assert "not reported" in shown[3]
    assert len(shown) == 4


def test_a_driver_that_names_no_process_is_said_so():
    assert processes(replace(GPU, held=None))[2] == "  0                       (processes are not reported)"
    assert processes(Gpu("H100", trouble="GPU is lost")) == []
    assert processes(missing="no driver") == []


def test_of_many_processes_those_with_the_most_memory_are_shown_and_the_others_are_counted():
    many = held(*((pid, pid * GIB) for pid in range(1, MOST + 4)), used=91 * GIB)
    shown = processes(many)
    assert [line.split()[1] for line in shown[2:-1]] == [str(pid) for pid in range(MOST + 3, 3, -1)]
    assert shown[-1] == "  and 3 more with 6 GiB"


def test_a_process_on_two_gpus_has_a_row_on_each():
    assert [line[2] for line in processes(held((7, 20 * GIB)), held((7, 20 * GIB)))[2:]] == ["0", "1"]


def test_on_a_narrow_terminal_the_command_is_worth_more_than_the_user():
    assert "user" in processes(GPU, users="a-long-name", width=56)[1]
    assert processes(GPU, users="a-long-name", width=36)[1:3] == [
        "  GPU   pid  memory  command",
        "  0    4321  17 GiB  python train.py --seed 4321",
    ]
