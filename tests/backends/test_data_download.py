"""Fetching from a server on this machine: whole, in pieces, broken off, with another checksum, and not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from backends.data import download, known
from backends.data.download import Progress, Source
from backends.runs import datasets
from backends.runs.errors import BadRequest, RunError
from tests.backends.test_data_known import FILES, cifar_files, root, write, write_cifar

__all__ = ["root"]
CONTENT = bytes(range(256)) * 2_000


class Server(ThreadingHTTPServer):
    """Serves `files`; each entry of `cuts` lets one answer break off after so many bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.ranges = True
        self.sized = True
        self.cuts: list[int] = []
        self.asked: list[str] = []

    def source(self, file: str, *, mirrors: tuple[str, ...] = (), md5: str = "") -> Source:
        urls = (*mirrors, f"http://127.0.0.1:{self.server_port}/{file}")
        return Source(urls, file, md5 or hashlib.md5(self.files[file]).hexdigest())


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        content = self.server.files.get(self.path[1:])
        if content is None:
            return self.send_error(404)
        asked = self.headers.get("Range", "")
        self.server.asked.append(asked)
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.server.ranges else 0
        if begin >= len(content):
            return self.send_error(416)
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        if self.server.sized:
            self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        rest = content[begin:]
        self.wfile.write(rest[: self.server.cuts.pop(0)] if self.server.cuts else rest)
        return None

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        one.files["a.bin"] = CONTENT
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def nothing(_: Progress) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("sized", [True, False])
def test_a_file_is_fetched_and_its_progress_told(server: Server, tmp_path: Path, sized: bool) -> None:
    server.sized = sized
    told: list[Progress] = []
    path = download.fetch(server.source("a.bin"), tmp_path, told.append)
    assert path.read_bytes() == CONTENT
    assert [p.done for p in told] == sorted({p.done for p in told})
    assert told[-1] == ("a.bin", len(CONTENT), len(CONTENT) if sized else None)
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_what_is_there_and_whole_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(CONTENT)
    download.fetch(server.source("a.bin"), tmp_path, nothing)
    assert server.asked == []


def test_what_broke_off_is_gone_on_from(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000, 200_000]
    assert download.fetch(server.source("a.bin"), tmp_path, nothing).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=100000-", "bytes=300000-"]


def test_a_server_that_cannot_begin_in_the_middle_begins_anew(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    server.cuts = [100_000]
    assert download.fetch(server.source("a.bin"), tmp_path, nothing).read_bytes() == CONTENT
    assert server.asked == ["", "bytes=100000-"]


def test_a_part_of_an_earlier_call_is_gone_on_from(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1234])
    assert download.fetch(server.source("a.bin"), tmp_path, nothing).read_bytes() == CONTENT
    assert server.asked == ["bytes=1234-"]


def test_a_part_that_is_whole_already_needs_no_more(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    assert download.fetch(server.source("a.bin"), tmp_path, nothing).read_bytes() == CONTENT


@pytest.mark.parametrize("part", [b"", b"something else", CONTENT + b"and more"])
def test_a_wrong_checksum_is_refused_and_nothing_is_left(server: Server, tmp_path: Path, part: bytes) -> None:
    source = server.source("a.bin", md5="" if part else "0" * 32)
    if part:
        (tmp_path / "a.bin.part").write_bytes(part)
    with pytest.raises(RunError) as refused:
        download.fetch(source, tmp_path, nothing)
    assert str(refused.value) == "a.bin: its checksum is not the published one; it was removed, try again"
    assert list(tmp_path.iterdir()) == []
    if part:
        assert download.fetch(source, tmp_path, nothing).read_bytes() == CONTENT


def unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_the_next_mirror_is_tried(server: Server, tmp_path: Path) -> None:
    gone = f"http://127.0.0.1:{unused_port()}/a.bin"
    lost = f"http://127.0.0.1:{server.server_port}/elsewhere.bin"
    assert download.fetch(server.source("a.bin", mirrors=(gone, lost)), tmp_path, nothing).read_bytes() == CONTENT


def test_a_network_that_fails_is_one_line_and_what_came_is_kept(server: Server, tmp_path: Path) -> None:
    server.cuts = [100_000, 0]
    with pytest.raises(RunError) as failed:
        download.fetch(server.source("a.bin"), tmp_path, nothing)
    assert str(failed.value) == (
        f"a.bin: can't be fetched from 127.0.0.1:{server.server_port}: the connection broke off after 100000 of 512000 "
        "bytes; 100000 bytes are here, the same command goes on from there"
    )
    assert (tmp_path / "a.bin.part").stat().st_size == 100_000
    assert failed.value.exit_code == 1


def test_no_network_at_all_is_one_line(tmp_path: Path) -> None:
    source = Source((f"http://127.0.0.1:{unused_port()}/a.bin",), "a.bin", "0" * 32)
    with pytest.raises(RunError, match=r"^a\.bin: can't be fetched from 127\.0\.0\.1:\d+: Connection refused$"):
        download.fetch(source, tmp_path, nothing)
    assert list(tmp_path.iterdir()) == []


def test_two_at_once_do_not_write_into_one_file(server: Server, tmp_path: Path) -> None:
    said: list[str] = []

    def meanwhile(_: Progress) -> None:
        if not said:
            with pytest.raises(BadRequest) as refused:
                download.fetch(server.source("a.bin"), tmp_path, nothing)
            said.append(str(refused.value))

    assert download.fetch(server.source("a.bin"), tmp_path, meanwhile).read_bytes() == CONTENT
    assert said == ["a.bin: is being fetched already, by another process"]


def test_mnist_is_fetched_unpacked_and_found(server: Server, root: Path) -> None:
    server.files = {f"{name}.gz": gzip.compress(content) for name, content in FILES.items()}
    files = tuple(server.source(file) for file in server.files)
    assert download.get("mnist", root, files, nothing) == root / "MNIST" / "raw"
    assert {path.name: path.read_bytes() for path in (root / "MNIST" / "raw").iterdir()} == FILES
    server.asked.clear()
    assert download.get("mnist", root, files, nothing) == root / "MNIST" / "raw"
    assert server.asked == []


def test_a_damaged_file_is_fetched_anew(server: Server, root: Path) -> None:
    write(root / "MNIST" / "raw", {**FILES, "train-images-idx3-ubyte": b"cut"})
    server.files = {f"{name}.gz": gzip.compress(content) for name, content in FILES.items()}
    download.get("mnist", root, tuple(server.source(file) for file in server.files), nothing)
    assert (root / "MNIST" / "raw" / "train-images-idx3-ubyte").read_bytes() == FILES["train-images-idx3-ubyte"]


def test_cifar_is_fetched_unpacked_and_read_by_torchvision(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cifar(monkeypatch, "cifar10", root / "made" / "cifar-10-batches-py")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(root / "made" / "cifar-10-batches-py", "cifar-10-batches-py")
    server.files = {"cifar-10-python.tar.gz": packed.getvalue()}
    folder = download.get("cifar10", root, (server.source("cifar-10-python.tar.gz"),), nothing)
    assert sorted(path.name for path in folder.iterdir()) == sorted(cifar_files("cifar10"))
    assert len(known.read("cifar10").train_N) == 150


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "cifar10", "cifar100"])
def test_addresses_and_checksums_are_torchvisions(name: str) -> None:
    found = download.sources(name)
    assert all(url.endswith(f"/{source.file}") and len(source.md5) == 32 for source in found for url in source.urls)
    unpacked = {source.file.removesuffix(".gz") for source in found}
    assert unpacked == (set(datasets.KNOWN[name].files) if name in known.IDX else {found[0].file.removesuffix(".gz")})


def test_as_a_process_it_tells_lines_of_json(tmp_path: Path) -> None:
    """Without a network; what is there is found."""
    folder = write(tmp_path / "cifar-10-batches-py", dict.fromkeys(datasets.CIFAR10_FILES, b"not the published ones"))
    done = subprocess.run(
        [sys.executable, "-m", "backends.data.download", "cifar10", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "https_proxy": "http://127.0.0.1:9",
        },
    )
    (line,) = done.stdout.splitlines()
    assert done.returncode == 1
    assert json.loads(line)["error"].startswith("cifar-10-python.tar.gz: can't be fetched from www.cs.toronto.edu: ")
    assert done.stderr == ""
    assert (folder / "data_batch_1").read_bytes() == b"not the published ones"
