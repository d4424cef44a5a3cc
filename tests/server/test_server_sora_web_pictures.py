"""The Images API and the chat's patience with the Sora web backend behind them."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import openai
import pytest
from PIL import Image
from sora_web_gateway import PICTURE, Bench
from sora_web_studio import sora_web_studio

from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with ExitStack() as stack:
        accounts = [NewAccount("ada@example.org", quota=1000)]
        standin = stack.enter_context(SoraWebStandin(accounts, latency=Latency(0.2, 0.6, 0.2), concurrency=6))
        folder = tmp_path_factory.mktemp("pictures") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin))
        for account in standin.accounts.values():
            studio.accounts.add("sora_web", access_token=account.access_token, image_cap=4)
        server = studio.serve(port=0)
        assert server.new_key is not None
        yield Bench(studio, standin, server.url, server.new_key)


@pytest.fixture(scope="module")
def client(bench: Bench) -> Iterator[openai.OpenAI]:
    key = bench.headers["authorization"].removeprefix("Bearer ")
    with openai.OpenAI(base_url=f"{bench.url}/v1", api_key=key, max_retries=0, timeout=120) as opened:
        yield opened


def upload(bench: Bench, words: str) -> tuple[bytes, str]:
    """The picture that a task upstream starts from."""
    account, task = bench.task(words)
    (item,) = task.body["inpaint_items"]
    found = account.uploads[item.get("upload_id") or item["upload_media_id"]]
    return found.data, found.mime


def test_an_edit_reaches_the_upstream_with_its_picture_and_comes_back(bench: Bench, client: openai.OpenAI):
    made = client.images.edit(model="gpt-image-2", image=("a.jpg", PICTURE), prompt="The cat in the rain")
    _, task = bench.task("The cat in the rain")
    assert task.body["operation"] == "remix"
    assert (task.body["width"], task.body["height"]) == (540, 360)  # the shape of the picture
    assert upload(bench, "The cat in the rain") == (PICTURE, "image/jpeg")
    assert made.data is not None
    assert base64.b64decode(made.data[0].b64_json or "") == bench.served(task)
    assert made.preview is False  # type: ignore[attr-defined]


def test_several_pictures_go_up_as_one_sheet(bench: Bench, client: openai.OpenAI):
    colours = [(220, 30, 30), (30, 60, 220)]
    pictures = []
    for colour in colours:
        out = io.BytesIO()
        Image.new("RGB", (40, 40), colour).save(out, "PNG")
        pictures.append(out.getvalue())
    client.images.edit(image=pictures, prompt="Both of them dance")
    data, mime = upload(bench, "Both of them dance")
    assert mime == "image/png"
    sheet = Image.open(io.BytesIO(data))
    for share, colour in zip((0.25, 0.75), colours, strict=True):
        assert sheet.getpixel((round(sheet.width * share), sheet.height // 2)) == colour


@pytest.mark.parametrize("kind", ["image_generation", "image_edit"])
def test_no_drawing_is_passed_off_as_the_beginning_of_a_picture(
    bench: Bench, client: openai.OpenAI, kind: str
):
    words = f"A tower as an {kind}"
    more: dict[str, Any] = {"prompt": words, "stream": True, "partial_images": 3}
    stream = (
        client.images.generate(**more)
        if kind == "image_generation"
        else client.images.edit(image=PICTURE, **more)
    )
    (event,) = list(stream)
    assert event.type == f"{kind}.completed"
    _, task = bench.task(words)
    assert base64.b64decode(event.b64_json) == bench.served(task)


def test_each_picture_of_an_answer_is_one_task_upstream(bench: Bench, client: openai.OpenAI):
    made = client.images.generate(prompt="Three little boats", n=3, response_format="b64_json")
    files = {bench.served(task) for _, task in bench.tasks("Three little boats")}
    assert made.data is not None
    assert {base64.b64decode(one.b64_json or "") for one in made.data} == files
    assert len(bench.tasks("Three little boats")) == 3


def test_a_job_that_waits_for_quota_keeps_no_client_for_hours(tmp_path_factory: pytest.TempPathFactory):
    with ExitStack() as stack:
        empty = NewAccount("bob@example.org", quota=0)
        standin = stack.enter_context(SoraWebStandin([empty], latency=Latency(0.1, 0.2, 0.1)))
        studio = stack.enter_context(sora_web_studio(tmp_path_factory.mktemp("empty") / "workspace", standin))
        for account in standin.accounts.values():
            studio.accounts.add("sora_web", access_token=account.access_token)
        server = studio.serve(port=0, wait_seconds=4)
        with httpx.Client(
            base_url=server.url, headers={"authorization": f"Bearer {server.new_key}"}, timeout=120
        ) as http:
            body = {"model": "sora2-landscape-10s", "messages": [{"role": "user", "content": "A cat"}]}
            begun = time.monotonic()
            answer = http.post("/v1/chat/completions", json=body)
            assert time.monotonic() - begun < 60
            assert (answer.status_code, answer.headers["x-sora-kit-state"]) in (
                (200, "queued"),
                (200, "running"),
            ), answer.text
            again = http.get(f"/v1/chat/completions/{answer.json()['id']}")
            assert again.json()["choices"][0]["message"]["content"].startswith("It is not ready yet (")
            studio.cancel(answer.headers["x-sora-kit-job"])
