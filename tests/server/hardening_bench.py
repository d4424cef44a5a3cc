"""Bare sockets against a server with small limits, and a server in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SERVER = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1]) as studio:
    for line in sys.argv[2:]:
        name, _, value = line.partition("=")
        studio.settings.set(name, float(value) if "." in value else int(value))
    server = studio.serve(port=0)
    print(server.port, server.new_key, flush=True)
    sys.stdin.read()
"""


@dataclass
class Alone:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    key: str = field(repr=False)
    log: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    @contextlib.contextmanager
    def growth(self) -> Iterator[list[float]]:
        """A list that in the end holds by how many MB the process grew at most inside the block."""
        found: list[float] = []
        process, folder = psutil.Process(self.process.pid), Path(f"/proc/{self.process.pid}")
        before = peak = process.memory_info().rss
        exact = (folder / "clear_refs").exists()
        if exact:  # the kernel keeps the peak for us
            (folder / "clear_refs").write_text("5")
        over = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not over.wait(0.005):
                peak = max(peak, process.memory_info().rss)

        watching = threading.Thread(target=watch, daemon=True)
        watching.start()
        yield found
        over.set()
        watching.join()
        if exact:
            peak = int(re.search(r"VmHWM:\s+(\d+)", (folder / "status").read_text())[1]) * 1024
        found.append((peak - before) / 1e6)


@contextlib.contextmanager
def alone(workspace: Path, *settings: str) -> Iterator[Alone]:
    """Start one, and stop it."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(workspace), *settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"},
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        port, key = process.stdout.readline().split()
        made = Alone(process, int(port), key)
        reading = threading.Thread(target=lambda: made.log.extend(process.stderr or ()), daemon=True)
        reading.start()
        try:
            yield made
        finally:
            process.stdin.close()
            process.wait(60)
            reading.join(10)


def receive(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """One answer, read until the server closes or the answer is whole; status 0 for none."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while block := connection.recv(65536):
            received += block
            head, end, body = received.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            if end and length and len(body) >= int(length[1]):
                break
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return 0, {}, b""
    status, *lines = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


def code(body: bytes) -> str:
    """The code in an envelope."""
    return str(json.loads(body)["error"]["code"])
