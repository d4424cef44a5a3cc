"""The gateway under load: streaming text-to-video jobs on the stand-in of the Sora web backend.

    python benchmarks/gateway.py                     all rows of the table, about ten minutes
    python benchmarks/gateway.py 100/10 1000/1000    some of them: jobs/accounts[/seconds to spread over]

The stand-in runs in a process of its own and takes 10 s for each video, with as many at once as an
account is given. The gateway is `sora-kit serve`, started for each row on an empty workspace; clients
are plain sockets in this process. Counted are its processor time and memory, those of all its children
too. *Overhead* is what a job took beyond the 10 s. Needs Linux, macOS or Windows and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sora_kit.store import Settings, Workspace

LATENCY = 10.0
ROWS = ("100/10", "100/1", "500/500", "1000/1000", "1000/100/60")
STANDIN = """
import sys
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
count, latency = int(sys.argv[1]), float(sys.argv[2])
accounts = [NewAccount(f"u{n}@example.com", quota=100000) for n in range(count)]
latency = Latency(latency * 0.2, latency * 0.75, latency * 0.05)
with SoraWebStandin(accounts, latency=latency, concurrency=1000) as s:
    print(s.backend_url, flush=True)
    print(*[a.access_token for a in s.accounts.values()], flush=True)
    sys.stdin.read()
"""


@dataclass
class Row:
    """One row of the table."""

    jobs: int
    accounts: int
    spread: float
    took: list[float] = field(default_factory=list)
    """Seconds from asking to the end of each delivered job."""
    cpu: float = 0.0
    """Processor seconds of all processes of the gateway."""
    idle: float = 0.0
    """Of them, what it would have used without any job."""
    peak: float = 0.0
    """Bytes."""
    stats: dict[str, int] = field(default_factory=dict)

    def show(self) -> str:
        """One line of Markdown."""
        over = sorted(one - LATENCY for one in self.took)
        spread = f" over {self.spread:g} s" if self.spread else " at once"
        cells = [
            f"{self.jobs}{spread}, {self.accounts} account{'s' * (self.accounts > 1)}",
            f"{len(self.took)} of {self.jobs}",
            f"{self.stats['submissions']}",
            f"{statistics.median(over):.2f} / {over[int(len(over) * 0.99)]:.2f} s" if over else "none",
            f"{self.cpu / self.jobs * 1000:.1f} ms ({(self.cpu - self.idle) / self.jobs * 1000:.1f})",
            f"{self.stats['calls'] / self.jobs:.2f}",
            f"{self.peak / 2**20:.0f} MB",
        ]
        return "| " + " | ".join(cells) + " |"


TITLES = (
    *("streaming jobs", "delivered", "submissions", "overhead p50 / p99"),
    *("processor per job (beyond idling)", "calls per job", "memory"),
)


def run(jobs: int, accounts: int, spread: float) -> Row:
    """Measure one row on fresh processes."""
    row = Row(jobs, accounts, spread)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        standin = subprocess.Popen(
            [sys.executable, "-c", STANDIN, str(accounts), str(LATENCY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        gateway = None
        try:
            assert standin.stdout is not None
            url = standin.stdout.readline().strip()
            tokens = standin.stdout.readline().split()
            key, port = secrets.token_hex(16), free_port()
            environment = os.environ | {
                "SORA_KIT_WORKSPACE": folder,
                "SORA_KIT_BACKEND": "sora_web",
                "SORA_KIT_SORA_WEB_URL": url,
                "SORA_KIT_API_KEY": key,
                "SORA_KIT_SECRET_KEY": secrets.token_hex(32),
            }
            fill(folder, tokens, environment)
            gateway = subprocess.Popen(
                [sys.executable, "-m", "sora_kit", "serve", "--port", str(port)],
                env=environment, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            wait_for(f"http://127.0.0.1:{port}/healthz")
            asyncio.run(clients(port, key, 3, 0.0, "Warm-up"))  # loads what the first job loads
            meter = Meter(gateway.pid)
            before = meter.cpu()
            time.sleep(3)
            idle = (meter.cpu() - before) / 3
            row.stats = seen(url)
            began, start = meter.cpu(), time.monotonic()
            row.took = asyncio.run(clients(port, key, jobs, spread))
            row.cpu = meter.cpu() - began
            row.idle = idle * (time.monotonic() - start)
            row.peak = meter.close()
            row.stats = seen(url, row.stats)
        finally:
            for process in (gateway, standin):
                if process is not None:
                    process.terminate()
                    process.wait(20)
    return row


def seen(url: str, before: dict[str, int] | None = None) -> dict[str, int]:
    """What the stand-in counted, without what it had counted ``before``."""
    with urllib.request.urlopen(url.removesuffix("/backend") + "/__stats") as answer:
        stats = json.load(answer)
    calls = sum(sum(counts.values()) for name, counts in stats["calls"].items() if name != "media")
    now = {"calls": calls, "submissions": stats["accepted_submissions"]}
    return {name: count - (before or {}).get(name, 0) for name, count in now.items()}


def fill(folder: str, tokens: list[str], environment: dict[str, str]) -> None:
    """Make a workspace with accounts, each with room for all jobs."""
    os.environ.update(environment)
    from sora_kit.accounts import Accounts
    from sora_kit.store.secrets import Secrets

    workspace = Workspace(folder)
    Settings(workspace.database).set("accounts.mode", "least_busy")
    pool = Accounts(workspace.database, Secrets(workspace.database, Path(folder)))
    for token in tokens:
        pool.add("sora_web", access_token=token, video_cap=-1)
    workspace.database.close()


async def clients(port: int, key: str, jobs: int, spread: float, words: str = "Cat") -> list[float]:
    """Seconds of each delivered job."""
    asked = (client(port, key, f"{words} number {n} runs", n * spread / jobs) for n in range(jobs))
    took = await asyncio.gather(*asked)
    return [one for one in took if one is not None]


async def client(port: int, key: str, prompt: str, later: float) -> float | None:
    """One streaming request, read to its end; None when it brought no video."""
    await asyncio.sleep(later)
    body = json.dumps(
        {
            "model": "sora2-landscape-10s",
            "stream": True,
            "messages": [{"role": "user", "content": prompt}],
        }
    ).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    began = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        async with asyncio.timeout(600):
            answer = await reader.read(-1)
        writer.close()
    except (OSError, TimeoutError) as error:
        print(f"{prompt}: {error!r}", file=sys.stderr)
        return None
    if b".mp4" not in answer:
        print(f"{prompt}: {answer[-400:]!r}", file=sys.stderr)
        return None
    return time.monotonic() - began


class Meter:
    """Processor time and memory of a process and all its children, those that ended included."""

    def __init__(self, pid: int) -> None:
        self.root = psutil.Process(pid)
        self.times: dict[int, float] = {}
        self.peak = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def look(self) -> None:
        """Read all of them once."""
        memory = 0
        for process in [self.root, *self.root.children(recursive=True)]:
            try:
                times = process.cpu_times()
                memory += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self.times[process.pid] = times.user + times.system
        self.peak = max(self.peak, memory)

    def cpu(self) -> float:
        """Seconds so far."""
        self.look()
        return sum(self.times.values())

    def watch(self) -> None:
        """Keep looking."""
        while not self.stopped.wait(0.25):
            self.look()

    def close(self) -> float:
        """Stop; the most memory that was seen, in bytes."""
        self.stopped.set()
        self.thread.join()
        return self.peak


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(900):
        try:
            urllib.request.urlopen(url).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def main() -> None:
    """Run the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", default=ROWS, help="jobs/accounts[/seconds to spread over]")
    print("| " + " | ".join(TITLES) + " |\n" + "|---" * len(TITLES) + "|")
    for given in parser.parse_args().rows:
        jobs, accounts, *spread = given.split("/")
        print(run(int(jobs), int(accounts), float(spread[0]) if spread else 0.0).show(), flush=True)


if __name__ == "__main__":
    main()
