"""Edits, extensions, characters and repetitions over HTTP, made on the stand-in of a hosted backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from sora_web_gateway import Answer, Bench
from sora_web_studio import sora_web_studio

from sora_kit.language import MODELS
from sora_kit.media.probe import probe
from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]

EDITS, EXTENSIONS, CHARACTERS = "/v1/videos/edits", "/v1/videos/extensions", "/v1/videos/characters"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    accounts = [NewAccount("pro@example.com", plan="chatgpt_pro", quota=1000), NewAccount("plus@example.com")]
    with ExitStack() as stack:
        standin = stack.enter_context(SoraWebStandin(accounts, latency=Latency(0.2, 0.6, 0.2), concurrency=6))
        folder = tmp_path_factory.mktemp("videos") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin, video_seconds=120))
        for account in standin.accounts.values():
            studio.accounts.add("sora_web", access_token=account.access_token, video_cap=6)
        server = studio.serve(port=0)
        assert server.new_key is not None
        yield Bench(studio, standin, server.url, server.new_key)


@pytest.fixture(scope="module")
def http(bench: Bench) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bench.url, headers=bench.headers, timeout=120, trust_env=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def own(bench: Bench) -> Answer:
    """A finished video of the account with the lesser plan."""
    body = {"model": "sora2-portrait-10s", "prompt": "Our own dog"}
    (answer,) = bench.together(lambda http: bench.video(http, "/v1/videos", body))
    return answer


def test_an_edit_of_an_own_video_is_a_remix_there(bench: Bench, own: Answer):
    body = {"prompt": "the dog by night", "video": {"id": own.video["id"]}}
    (edited,) = bench.together(lambda http: bench.video(http, EDITS, body))
    account, task = bench.task("the dog by night")
    assert account is bench.task("Our own dog")[0]
    assert task.body["remix_target_id"].startswith("s_")
    assert (task.body["n_frames"], task.body["orientation"]) == (300, "portrait")
    assert edited.file == bench.served(task)
    assert edited.video["remixed_from_video_id"] == own.video["id"]
    assert (edited.video["size"], edited.video["seconds"]) == (own.video["size"], own.video["seconds"])


def test_an_extension_in_a_length_of_the_site_is_made_there(bench: Bench, own: Answer):
    body = {"prompt": "the dog goes on", "seconds": "10", "video": {"id": own.video["id"]}}
    (longer,) = bench.together(lambda http: bench.video(http, EXTENSIONS, body))
    account, task = bench.task("the dog goes on")
    assert account is bench.task("Our own dog")[0]
    assert (bench.endpoint(task), task.body["extension_duration_s"]) == ("extension", 10)
    assert longer.file == bench.served(task)
    assert float(longer.video["seconds"]) == pytest.approx(20, abs=0.2)


def test_an_extension_in_openais_lengths_goes_on_from_the_last_frame(bench: Bench, own: Answer, tmp_path):
    body = {"prompt": "the dog turns", "seconds": "4", "video": {"id": own.video["id"]}}
    (longer,) = bench.together(lambda http: bench.video(http, EXTENSIONS, body))
    _, task = bench.task("the dog turns")
    assert (bench.endpoint(task), task.body["n_frames"], len(task.body["inpaint_items"])) == (
        "nf_create",
        300,
        1,
    )
    path = tmp_path / "both.mp4"
    path.write_bytes(longer.file)
    assert probe(path).seconds == pytest.approx(14, abs=0.2)
    assert longer.video["seconds"] == f"{probe(path).seconds:g}"
    assert any("extends by 10, 15 or 25 s only" in note for note in longer.video["notes"])


def test_a_clip_that_comes_along_is_continued_but_not_edited(
    bench: Bench, http: httpx.Client, upload: bytes, tmp_path
):
    before = len(bench.studio.records(limit=1000))
    files = {"video": ("ball.mp4", upload, "video/mp4")}
    refused = http.post(EDITS, data={"prompt": "by night"}, files=files)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (400, "not_supported", "video")
    assert all(word in error["message"] for word in ("cannot edit", "cannot start from a file", "extensions"))
    assert len(bench.studio.records(limit=1000)) == before

    async def longer(client: httpx.AsyncClient) -> Any:
        data = {"prompt": "the ball rolls on", "seconds": "8"}
        made = (await client.post(EXTENSIONS, data=data, files=files)).json()
        assert made["seconds"] == "9.5"
        return await finished(client, made["id"])

    (file,) = bench.together(longer)
    _, task = bench.task("the ball rolls on")
    assert (task.body["orientation"], task.body["n_frames"]) == ("landscape", 300)
    path = tmp_path / "both.mp4"
    path.write_bytes(file)
    found = probe(path)
    assert (found.width, found.height) == (320, 180)
    assert found.seconds == pytest.approx(9.5, abs=0.2)


async def finished(client: httpx.AsyncClient, video: str) -> bytes:
    """The file of a video, once it is there."""
    import asyncio

    seen = [0]
    while (found := (await client.get(f"/v1/videos/{video}")).json())["status"] != "completed":
        assert found["status"] in ("queued", "in_progress"), found
        seen.append(found["progress"])
        await asyncio.sleep(0.3)
    assert seen == sorted(seen)
    return (await client.get(f"/v1/videos/{video}/content")).content


def test_a_character_of_a_clip_and_its_use_by_id(bench: Bench, http: httpx.Client, upload: bytes):
    files = {"video": ("ball.mp4", upload, "video/mp4")}
    data = {"name": "Red Ball", "timestamps": "0,1.2"}
    answer = http.post(CHARACTERS, data=data, files=files)
    assert answer.status_code == 200, answer.text
    ball = answer.json()
    # the site knows lower case and digits only, so the mention is what it made of the name
    assert (ball["status"], ball["name"], ball["mention"]) == ("completed", "Red Ball", "@redball")
    assert http.get(f"{CHARACTERS}/{ball['id']}").json() == ball
    body = {
        "model": "sora2-landscape-10s",
        "prompt": "Red Ball rolls over a hill",
        "characters": [{"id": ball["id"]}],
    }
    (video,) = bench.together(lambda client: bench.video(client, "/v1/videos", body))
    _, task = bench.task("rolls over a hill")
    assert task.prompt == "@redball rolls over a hill"
    assert [one["username"] for one in task.cameos] == ["redball"]
    assert video.file == bench.served(task)


def test_a_repetition_buys_nothing(bench: Bench, http: httpx.Client, own: Answer):
    calls = {
        "a ship at sea": ("/v1/videos", {"model": "sora-2", "seconds": "8"}),
        "a dog at sea": (EDITS, {"video[id]": own.video["id"]}),
    }
    for words, (path, more) in calls.items():
        ids = set()
        for count in range(3):
            form = {name: (None, value) for name, value in {"prompt": words, **more}.items()}
            answer = http.post(path, files=form, headers={"x-stainless-retry-count": str(count)})
            ids.add(answer.json()["id"])
        (video,) = ids
        bench.together(lambda client, video=video: finished(client, video))
        assert len(bench.tasks(words)) == 1
    assert bench.standin.stats()["duplicate_submissions"] == 0


def test_every_size_and_length_is_planned_or_refused_before_anything_is_bought(bench: Bench):
    """What a plan promises can also be said on the wire; the rest is told at once."""
    from sora_kit.errors import SoraKitError
    from sora_kit.language import parse

    refused = []
    for model in MODELS.values():
        if model.kind != "video":
            continue
        for (width, height), seconds in itertools.product(model.sizes, model.lengths):
            wish = parse("A cat", model=model, size=(width, height), seconds=seconds)
            try:
                bench.studio.planned(wish)
            except SoraKitError:
                refused.append((model.id, f"{width}x{height}", seconds))
    assert not [one for one in refused if one[0] != "sora-2-pro"]
    # the site makes its large size in 10 and 15 s only
    assert {seconds for _, _, seconds in refused} <= {16.0, 20.0}


def test_what_failed_says_when_to_come_back(bench: Bench, http: httpx.Client):
    import time

    from sora_kit.backends.base import Overloaded, QuotaExhausted
    from sora_kit.engine.work import told

    late = told(QuotaExhausted("Nothing is left", resets_at=time.time() + 90))
    soon = told(Overloaded("Everybody waits", retry_after=30))
    assert "retry_at" not in told(Overloaded("Everybody waits"))
    for error, seconds in ((late, 90), (soon, 30)):
        made = http.post("/v1/videos", json={"prompt": "a cat on hold", "model": "sora-2"}).json()["id"]
        job = "job_" + made.removeprefix("video_")
        bench.studio.jobs_table.finish(job, "failed", error=error)
        found = http.get(f"/v1/videos/{made}")
        assert (found.status_code, found.json()["status"]) == (200, "failed")
        wait = int(found.json()["error"]["headers"]["Retry-After"])
        assert seconds - 20 <= wait <= seconds
        content = http.get(f"/v1/videos/{made}/content")
        assert seconds - 20 <= int(content.headers["retry-after"]) <= seconds
        assert content.headers["x-should-retry"] == "false"
        http.delete(f"/v1/videos/{made}")
