"""Run every benchmark, each in a process of its own, and print what it measured."""

import os
import platform
import subprocess
import sys

NAMES = ("bench_compute", "bench_conv", "bench_data", "bench_plot", "bench_app", "bench_ui", "bench_sweep")


def main() -> int:
    cpu = next((ln.split(":")[1].strip() for ln in open("/proc/cpuinfo") if ln.startswith("model name")), "?")  # noqa: SIM115, PTH123
    print(f"# {cpu}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}", flush=True)
    names = sys.argv[1:] or NAMES
    return max(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main())
