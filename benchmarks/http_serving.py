"""What the server's own code costs: the same answers from a bare uvicorn application, in one run.

    python benchmarks/http_serving.py [--rounds 7] [--requests 2000] [--streams 1000]

`sora-kit serve` runs on a new workspace with one finished clip. Each answer is recorded, and a bare ASGI
application in another process gives the same bytes, under the same uvicorn, event loop and parser. A
third process asks the two by turns over a few connections that are kept, and only counts the bytes.

*Requests/s*, *p99* and the *ratio* of each pair (more is better) are medians over the rounds. *Processor*
is what the server's process used for one request beyond idling; *by processor* is the ratio of those,
which a busy machine hardly moves. The second table opens chat streams on jobs that wait (a stand-in of
the Sora web backend whose only account takes one job at a time) and reads the memory of the process.
(A file ``http.py`` would be imported by the scripts of this folder instead of Python's own.)
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psutil

STANDIN = """
import sys
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin
account = NewAccount("u@example.com", quota=100000)
with SoraWebStandin([account], latency=Latency(0.5, 3600.0, 1.0), concurrency=1000) as s:
    print(s.backend_url, *[a.access_token for a in s.accounts.values()], flush=True)
    sys.stdin.read()
"""
CHAT = {"model": "sora2-landscape-10s", "stream": True}
TITLE = [{"role": "user", "content": "### Task: Generate a title of the conversation"}]

# -- the client, in a process of its own: nothing but the standard library


def load(spec: dict[str, Any]) -> dict[str, float]:
    """Send one request again and again over some connections; seconds in all, and of each."""
    data, size = base64.b64decode(spec["request"]), spec["size"]
    chooser, began, left = selectors.DefaultSelector(), time.perf_counter(), spec["requests"]
    took: list[float] = []
    for _ in range(spec["connections"]):
        connection = socket.create_connection(("127.0.0.1", spec["port"]), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        left -= 1
        chooser.register(connection, selectors.EVENT_READ, [time.perf_counter(), 0])
        connection.sendall(data)
    while chooser.get_map():
        for key, _ in chooser.select():
            connection, state = key.fileobj, key.data
            state[1] += len(connection.recv(1 << 20))
            if state[1] < size:
                continue
            now = time.perf_counter()
            took.append(now - state[0])
            if state[1] != size:
                raise SystemExit(f"an answer of {state[1]} bytes, not {size}")
            if left > 0:
                left -= 1
                state[:] = [now, 0]
                connection.sendall(data)
            else:
                chooser.unregister(connection)
                connection.close()
    seconds = time.perf_counter() - began
    took.sort()
    return {"rate": len(took) / seconds, "p99": took[int(len(took) * 0.99)]}


# -- the bare application


async def bare(answers: dict[str, Any], listener: socket.socket) -> None:
    """Serve recorded answers, as uvicorn is set up by the kit."""
    import uvicorn

    by_path = {
        path: (
            answer["status"],
            [(name.encode(), value.encode()) for name, value in answer["headers"]],
            [base64.b64decode(piece) for piece in answer["pieces"]],
        )
        for path, answer in answers.items()
    }

    async def app(scope: Any, receive: Any, send: Any) -> None:
        status, headers, pieces = by_path[scope["path"]]
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": pieces[-1], "more_body": False})

    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=65,
    )  # fmt: skip
    await uvicorn.Server(config).serve(sockets=[listener])


def serve_bare() -> None:
    """The bare process: a port on stdout, recorded answers on stdin."""
    from sora_kit.engine.loop import new_loop
    from sora_kit.server.sockets import claim

    listener = claim("127.0.0.1", 0, fallback=False)
    answers = json.load(sys.stdin)
    print(listener.getsockname()[1], flush=True)
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(bare(answers, listener))


# -- the parent


def asked(method: str, path: str, key: str, *headers: str, body: bytes = b"") -> bytes:
    """A request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {key}", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def exchange(port: int, data: bytes) -> bytes:
    """Send a request; the answer as it came over the wire."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        return b"".join(iter(lambda: connection.recv(1 << 20), b""))


def encoded(data: bytes) -> str:
    """Bytes for JSON."""
    return base64.b64encode(data).decode()


def recorded(answer: bytes) -> dict[str, Any]:
    """An answer taken apart, so that a bare application can give it again."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    # uvicorn writes the others itself
    own = ("date", "transfer-encoding", "connection")
    headers = [pair for line in lines if (pair := line.split(": ", 1))[0].lower() not in own]
    if b"transfer-encoding: chunked" not in head.lower():
        return {"status": int(status.split()[1]), "headers": headers, "pieces": [encoded(body)]}
    pieces: list[str] = []
    while not pieces or body:
        length, _, body = body.partition(b"\r\n")
        if count := int(length, 16):
            pieces.append(encoded(body[:count]))
        body = body[count + 2 :]
    return {"status": int(status.split()[1]), "headers": headers, "pieces": [*pieces, ""]}


def size_of(port: int, data: bytes) -> int:
    """Bytes of an answer on a connection that is kept."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        connection.settimeout(1)
        size = 0
        try:
            while block := connection.recv(1 << 20):
                size += len(block)
        except TimeoutError:
            return size
    raise SystemExit("the connection was not kept")


def piped(*arguments: str) -> subprocess.Popen[str]:
    """Another Python that is talked to."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *arguments], stdin=pipe, stdout=pipe, text=True)


class Side:
    """One of the two servers."""

    def __init__(self, process: subprocess.Popen[Any], port: int) -> None:
        self.port = port
        self.process = psutil.Process(process.pid)
        before = self.cpu()
        time.sleep(3)
        self.idle = (self.cpu() - before) / 3

    def cpu(self) -> float:
        """Seconds so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def round(self, data: bytes, requests: int, connections: int) -> dict[str, float]:
        """One round of load: requests/s, p99 in ms, processor in ms for one request."""
        spec = {"request": encoded(data), "size": size_of(self.port, data), "port": self.port}
        client = piped(__file__, "--load")
        before, began = self.cpu(), time.perf_counter()
        said, _ = client.communicate(json.dumps({**spec, "requests": requests, "connections": connections}))
        cpu = self.cpu() - before - self.idle * (time.perf_counter() - began)
        found = json.loads(said)
        return {"rate": found["rate"], "p99": found["p99"] * 1000, "cpu": cpu / requests * 1000}


def compare(kit: Side, wishes: dict[str, bytes], rounds: int, requests: int, connections: int) -> None:
    """The first table."""
    answers = {data.split()[1].decode(): recorded(exchange(kit.port, data)) for data in wishes.values()}
    process = piped(__file__, "--bare")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(answers))
    process.stdin.close()
    plain = Side(process, int(process.stdout.readline()))
    titles = ("request", "requests/s", "bare", "ratio", "p99 ms", "bare", "ratio", "processor ms", "bare")
    titles += ("by processor",)
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    try:
        for name, data in wishes.items():
            for side in (kit, plain):
                side.round(data, 200, connections)  # warm
            pairs = [
                (kit.round(data, requests, connections), plain.round(data, requests, connections))
                for _ in range(rounds)
            ]
            middle = [
                {key: statistics.median(pair[n][key] for pair in pairs) for key in ("rate", "p99", "cpu")}
                for n in (0, 1)
            ]
            rate = statistics.median(mine["rate"] / other["rate"] for mine, other in pairs)
            p99 = statistics.median(other["p99"] / mine["p99"] for mine, other in pairs)
            cells = [
                *(name, f"{middle[0]['rate']:.0f}", f"{middle[1]['rate']:.0f}", f"{rate:.2f}"),
                *(f"{middle[n]['p99']:.1f}" for n in (0, 1)),
                f"{p99:.2f}",
                *(f"{middle[n]['cpu']:.3f}" for n in (0, 1)),
                f"{middle[1]['cpu'] / middle[0]['cpu']:.2f}",
            ]
            print("| " + " | ".join(cells) + " |", flush=True)
    finally:
        process.terminate()
        process.wait(20)


def finished_video(port: int, key: str) -> dict[str, Any]:
    """Make a clip of 4 s and wait for it."""
    body = json.dumps({"prompt": "A red kite", "seconds": "4", "seed": 1}).encode()
    video = json.loads(exchange(port, asked("POST", "/v1/videos", key, body=body)).partition(b"\r\n\r\n")[2])
    while video["status"] in ("queued", "in_progress"):
        time.sleep(0.3)
        answer = exchange(port, asked("GET", f"/v1/videos/{video['id']}", key))
        video = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert video["status"] == "completed", video
    return dict(video)


def wishes_of(port: int, key: str) -> dict[str, bytes]:
    """The rows of the first table."""
    video = finished_video(port, key)
    media = "/media/" + video["url"].rpartition("/")[2]
    chat = json.dumps({**CHAT, "messages": TITLE}).encode()
    return {
        "`GET /v1/models`": asked("GET", "/v1/models", key),
        "`GET /v1/videos/{id}`": asked("GET", f"/v1/videos/{video['id']}", key),
        "`GET /media/…`, 64 KiB of a clip": asked("GET", media, key, "Range: bytes=0-65535"),
        "a chat stream, set up and ended": asked("POST", "/v1/chat/completions", key, body=chat),
    }


def idle(port: int, process: psutil.Process, key: str, count: int) -> None:
    """The second table: open streams, wait, look."""
    before = process.memory_info().rss
    began, slowest = time.perf_counter(), 0.0
    streams = []
    for number in range(count):
        chat = {**CHAT, "messages": [{"role": "user", "content": f"Cat number {number} runs"}]}
        start = time.perf_counter()
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(asked("POST", "/v1/chat/completions", key, body=json.dumps(chat).encode()))
        while b'"role":"assistant"' not in (piece := connection.recv(65536)):
            assert piece, "a stream did not begin"
        slowest = max(slowest, time.perf_counter() - start)
        streams.append(connection)
    opened = time.perf_counter() - began
    used = sum(process.cpu_times()[:2])
    time.sleep(15)
    busy = (sum(process.cpu_times()[:2]) - used) / 15
    after = process.memory_info().rss
    for connection in streams:
        connection.setblocking(False)
        assert connection.recv(1 << 20), "a stream was dropped"
        connection.close()
    titles = (
        "streams that wait",
        "opened per second",
        "slowest",
        "memory before",
        "with them",
        "each",
        "processor",
    )
    print("\n| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")
    cells = [f"{count}", f"{count / opened:.0f}", f"{slowest * 1000:.0f} ms", f"{before / 2**20:.0f} MB"]
    cells += [f"{after / 2**20:.0f} MB", f"{(after - before) / count / 1024:.1f} KB", f"{busy:.0%} of a core"]
    print("| " + " | ".join(cells) + " |")


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--load", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.load or given.bare:
        serve_bare() if given.bare else print(json.dumps(load(json.load(sys.stdin))))
        return
    if given.rounds:
        with Kit({}) as kit:
            wishes = wishes_of(kit.port, kit.key)
            compare(Side(kit.process, kit.port), wishes, given.rounds, given.requests, given.connections)
    if given.streams:
        standin = piped("-c", STANDIN)
        try:
            assert standin.stdout is not None
            url, token = standin.stdout.readline().split()
            with Kit({"SORA_KIT_BACKEND": "sora_web", "SORA_KIT_SORA_WEB_URL": url}, token) as kit:
                exchange(kit.port, asked("GET", "/v1/models", kit.key))
                idle(kit.port, psutil.Process(kit.process.pid), kit.key, given.streams)
        finally:
            standin.terminate()
            standin.wait(20)


class Kit:
    """`sora-kit serve` on a new workspace, with a key and maybe an account of the stand-in."""

    def __init__(self, settings: dict[str, str], token: str | None = None) -> None:
        from sora_kit.accounts import Accounts
        from sora_kit.store import Workspace
        from sora_kit.store.keys import Keys
        from sora_kit.store.secrets import Secrets

        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        settings = {
            "SORA_KIT_WORKSPACE": self.folder.name,
            "SORA_KIT_SECRET_KEY": secrets.token_hex(32),
            **settings,
        }
        os.environ.update(settings)
        workspace = Workspace(self.folder.name)
        self.key = Keys(workspace.database).create("benchmark").secret
        if token is not None:
            pool = Accounts(workspace.database, Secrets(workspace.database, Path(self.folder.name)))
            pool.add("sora_web", access_token=token, video_cap=1)
        workspace.database.close()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        command = [sys.executable, "-m", "sora_kit", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=os.environ, stdout=subprocess.DEVNULL)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise SystemExit("sora-kit serve does not answer")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.folder.cleanup()


if __name__ == "__main__":
    main()
