"""The same call again is the same job: idempotency keys, and repetitions that clients make by themselves."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.store.tables import call, job

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

COUNT = "x-stainless-retry-count"

_numbers = iter(range(10**6))


def fresh() -> str:
    """A prompt that no other test uses."""
    return f"A lemon, number {next(_numbers)} of {time.time_ns()}"


def png(colour: str = "teal") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (90, 160), colour).save(out, "PNG")
    return out.getvalue()


class Sender:
    """Sends calls as OpenAI's SDK does, and counts the jobs that come of them."""

    def __init__(self, kit: Any, made: set[str]) -> None:
        self.kit = kit
        self.made = made

    def send(self, prompt: str, sending: int | str | None = 0, **more: Any) -> str:
        """The id that a call is answered with."""
        answer = self.answer(prompt, sending, **more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def answer(
        self, prompt: str, sending: int | str | None = 0, *, file: bytes = b"", http: Any = None,
        path: str = "/v1/videos", headers: dict[str, str] | None = None, **fields: str,
    ) -> httpx.Response:  # fmt: skip
        files: dict[str, Any] = {name: (None, value) for name, value in {"prompt": prompt, **fields}.items()}
        if file:
            files["input_reference"] = ("first.png", file, "image/png")
        told = {**(headers or {}), **({} if sending is None else {COUNT: str(sending)})}
        # every multipart body has another boundary
        answer: httpx.Response = (http or self.kit.http).post(path, files=files, headers=told)
        if answer.status_code == 200:
            self.made.add(answer.json()["id"])
        return answer

    def jobs(self, prompt: str) -> list[str]:
        """Ids of the jobs with a prompt."""
        query = sa.select(job.c.id).where(job.c.prompt == prompt).order_by(job.c.id)
        with self.kit.studio.workspace.database.read() as connection:
            return ["video_" + row.id.removeprefix("job_") for row in connection.execute(query)]


@pytest.fixture
def sender(kit) -> Iterator[Sender]:
    made: set[str] = set()
    yield Sender(kit, made)
    for one in made:
        kit.http.delete(f"/v1/videos/{one}")


# -- repetitions without a key


def test_a_repetition_is_the_same_job_whatever_the_form(sender: Sender):
    prompt, picture = fresh(), png()
    first = sender.send(prompt, 0, file=picture, seconds="8")
    assert [sender.send(prompt, n, file=picture, seconds="8") for n in (1, 2)] == [first, first]
    body = {"prompt": fresh(), "seconds": "8"}
    ids = {
        sender.kit.http.post("/v1/videos", json=body, headers={COUNT: str(n)}).json()["id"] for n in (0, 1)
    }
    sender.made |= ids
    assert len(ids) == 1
    assert sender.jobs(prompt) == [first]


def test_two_calls_on_purpose_are_two_jobs(sender: Sender):
    prompt = fresh()
    assert len({sender.send(prompt, 0), sender.send(prompt, 0)}) == 2
    plain = fresh()  # curl counts nothing, so nothing tells a repetition from a wish for two
    assert len({sender.send(plain, None), sender.send(plain, None)}) == 2


def test_what_differs_is_another_job(sender: Sender, another_key: Callable[[], dict[str, str]]):
    prompt, picture = fresh(), png()
    first = sender.send(prompt, 0, file=picture)
    assert sender.send(prompt, 1, file=png("navy")) != first
    assert sender.send(prompt, 1, file=picture, seconds="8") != first
    assert sender.send(prompt + ".", 1, file=picture) != first
    with httpx.Client(base_url=sender.kit.url, headers=another_key(), timeout=60) as stranger:
        theirs = sender.answer(prompt, 1, file=picture, http=stranger).json()["id"]
        assert theirs != first
        stranger.delete(f"/v1/videos/{theirs}")
    assert sender.send(prompt, 1, file=picture) == first


@pytest.mark.parametrize("count", ["one", "-1", "1.5", "9" * 30, ""])
def test_a_count_that_is_none_is_ignored(sender: Sender, count: str):
    prompt = fresh()
    assert len({sender.send(prompt, count), sender.send(prompt, count)}) == 2


def test_a_repetition_whose_first_sending_never_came_makes_the_job(sender: Sender):
    prompt = fresh()
    first = sender.send(prompt, 1)
    assert sender.send(prompt, 2) == first
    assert sender.jobs(prompt) == [first]


def test_each_of_several_equal_calls_is_repeated_by_itself(sender: Sender):
    prompt = fresh()
    first = {sender.send(prompt, 0) for _ in range(3)}
    assert len(first) == 3
    for count in (1, 2):  # no two callers get the same job, and nothing is made anew
        assert {sender.send(prompt, count) for _ in range(3)} == first
    assert set(sender.jobs(prompt)) == first


def test_the_call_that_was_not_answered_is_the_one_that_is_repeated(sender: Sender):
    prompt = fresh()
    sender.send(prompt, 0)
    url = httpx.URL(sender.kit.url)
    body = f'{{"prompt": "{prompt}"}}'.encode()
    head = (
        f"POST /v1/videos HTTP/1.1\r\nhost: {url.host}\r\nauthorization: Bearer {sender.kit.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{COUNT}: 0\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(head.encode() + body)  # and leaves
    end = time.monotonic() + 60
    while len(sender.jobs(prompt)) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    sender.send(prompt, 0)
    _, lost, _ = sender.jobs(prompt)
    assert sender.send(prompt, 1) == lost


def test_long_after_its_sending_a_call_is_a_new_one(sender: Sender):
    prompt = fresh()
    first = sender.send(prompt, 0, headers={"x-stainless-read-timeout": "5"})
    age(sender.kit.studio, first, 134)
    assert sender.send(prompt, 1, headers={"x-stainless-read-timeout": "5"}) == first
    age(sender.kit.studio, first, 136)
    assert sender.send(prompt, 2, headers={"x-stainless-read-timeout": "5"}) != first
    usual = sender.send(other := fresh(), 0)
    age(sender.kit.studio, usual, 600)
    assert sender.send(other, 1) == usual  # OpenAI's SDK waits for ten minutes


def age(studio: Studio, video: str, seconds: float) -> None:
    """Make the call of a video look older."""
    name = sa.select(job.c.key).where(job.c.id == "job_" + video.removeprefix("video_")).scalar_subquery()
    with studio.workspace.database.write() as connection:
        connection.execute(sa.update(call).where(call.c.id == name).values(seen=time.time() - seconds))


class Slow:
    """A web server whose one picture takes its time."""

    def __init__(self, data: bytes) -> None:
        self.asked, self.go = threading.Semaphore(0), threading.Event()
        slow = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                slow.asked.release()
                slow.go.wait(60)
                self.send_response(200)
                self.send_header("content-type", "image/png")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/first.png"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


def test_a_repetition_that_overtakes_its_first_sending(sender: Sender, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    slow, prompt = Slow(png()), fresh()
    try:
        with ThreadPoolExecutor(2) as threads:
            asked = []
            for count in (0, 1):  # the second comes while the first still fetches its picture
                asked.append(threads.submit(sender.send, prompt, count, image_url=slow.url))
                assert slow.asked.acquire(timeout=60)
            slow.go.set()
            first, second = (one.result(90) for one in asked)
    finally:
        slow.close()
    assert first == second
    assert sender.jobs(prompt) == [first]


SERVE = """
import sys
from sora_kit import Studio
with Studio(sys.argv[1], role="client") as studio:
    print(studio.serve(port=0).url, flush=True)
    sys.stdin.read()
"""


def test_another_process_knows_the_call_after_the_first_one_was_killed(sender: Sender):
    kit, prompt, picture = sender.kit, fresh(), png()
    command = [sys.executable, "-c", SERVE, str(kit.studio.workspace.folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        try:
            with httpx.Client(base_url=url, headers=kit.http.headers, timeout=60) as other:
                first = sender.answer(prompt, 0, file=picture, http=other).json()["id"]
                assert sender.answer(prompt, 0, http=other, headers={"idempotency-key": prompt}).is_success
        finally:
            process.kill()
    assert sender.send(prompt, 1, file=picture) == first
    conflict = sender.answer("another", 0, headers={"idempotency-key": prompt})
    assert (conflict.status_code, conflict.json()["error"]["code"]) == (400, "key_reused")
    assert len(sender.jobs(prompt)) == 2


@pytest.mark.parametrize("route", ["remix", "edits", "extensions", "characters"])
def test_every_route_that_starts_a_job_knows_its_repetitions(
    kit, video: dict[str, Any], upload: bytes, sender: Sender, route: str
):
    path = f"/v1/videos/{video['id']}/remix" if route == "remix" else f"/v1/videos/{route}"
    before = len(kit.studio.records(limit=1000))
    ids = set()
    for count in (0, 1):
        fields = {"prompt": "at night", "seconds": "4", "name": "Ball"}
        files = {"video": ("ball.mp4", upload, "video/mp4")} if route != "remix" else None
        answer = kit.http.post(path, data=fields, files=files, headers={COUNT: str(count)})
        assert answer.status_code == 200, answer.text
        ids.add(answer.json()["id"])
    assert len(ids) == 1
    assert len(kit.studio.records(limit=1000)) == before + 1
    if route != "characters":
        sender.made |= ids
        return
    while (now := kit.http.get(f"{path}/{next(iter(ids))}").json())["status"] != "completed":
        assert now["status"] in ("queued", "in_progress"), now
        time.sleep(0.05)
    kit.studio.characters.remove("Ball")


# -- keys that a client chose


def test_an_idempotency_key_makes_one_job_per_key_and_owner(
    sender: Sender, another_key: Callable[[], dict[str, str]]
):
    prompt, once = fresh(), {"idempotency-key": fresh()}
    first = sender.send(prompt, None, headers=once)
    assert sender.send(prompt, None, headers=once) == first
    assert sender.send(prompt, 0, headers=once) == first  # whatever the client counts
    with httpx.Client(base_url=sender.kit.url, headers=another_key(), timeout=60) as stranger:
        theirs = sender.answer(prompt, None, http=stranger, headers=once).json()["id"]
        assert theirs != first
        stranger.delete(f"/v1/videos/{theirs}")


def test_a_key_with_another_body_is_a_conflict_that_no_client_repeats(sender: Sender):
    prompt, once = fresh(), {"idempotency-key": fresh()}
    sender.send(prompt, None, file=png(), headers=once)
    for other in ({"file": png("navy")}, {"seconds": "8", "file": png()}, {}):
        answer = sender.answer(prompt, None, headers=once, **other)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (400, "key_reused", "Idempotency-Key")
        assert "another body" in error["message"]
    assert len(sender.jobs(prompt)) == 1
    too_long = sender.answer(prompt, None, headers={"idempotency-key": "x" * 256})
    assert (too_long.status_code, too_long.json()["error"]["param"]) == (400, "Idempotency-Key")


def test_a_key_whose_call_was_refused_is_free(sender: Sender):
    prompt, once = fresh(), {"idempotency-key": fresh()}
    assert sender.answer(prompt, None, headers=once, seconds="7").status_code == 400
    first = sender.send(prompt, None, headers=once, seconds="8")
    assert sender.send(prompt, None, headers=once, seconds="8") == first


def test_a_repeated_call_looks_at_nothing_again(sender: Sender, monkeypatch: pytest.MonkeyPatch):
    """Its picture may be gone from the web, and its source from here."""
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")
    slow, prompt = Slow(png()), fresh()
    slow.go.set()
    try:
        first = sender.send(prompt, 0, image_url=slow.url)
        keyed = sender.send(prompt, None, image_url=slow.url, headers={"idempotency-key": prompt})
    finally:
        slow.close()
    assert sender.send(prompt, 1, image_url=slow.url) == first
    assert sender.send(prompt, None, image_url=slow.url, headers={"idempotency-key": prompt}) == keyed
