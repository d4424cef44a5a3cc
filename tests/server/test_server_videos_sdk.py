"""The real ``openai`` package: the newer methods of its videos, and its own retries."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
import sqlalchemy as sa

from sora_kit.store.tables import job

pytestmark = [
    pytest.mark.server,
    pytest.mark.timeout(180),
    # the SDK marks its whole videos API as deprecated; it works, and that is the point
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def client(kit) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=90) as opened:
        yield opened


@pytest.fixture
def made(kit) -> Iterator[list[str]]:
    """Deletes what a test made, so that nothing of it is drawn."""
    ids: list[str] = []
    yield ids
    for one in ids:
        kit.http.delete(f"/v1/videos/{one}")


def test_edit_of_a_file_and_of_a_video(
    client: openai.OpenAI, upload: bytes, video: dict[str, Any], made: list[str]
):
    of_file = client.videos.edit(prompt="in the rain", video=("ball.mp4", upload))
    of_video = client.videos.edit(
        prompt="in the rain", video=openai.omit, extra_body={"video": {"id": video["id"]}}
    )
    body = {"prompt": "in the rain", "video": {"id": video["id"]}}
    as_json = client.post("/videos/edits", body=body, cast_to=openai.types.Video)
    made += [of_file.id, of_video.id, as_json.id]
    assert of_file.remixed_from_video_id is None
    assert of_video.remixed_from_video_id == as_json.remixed_from_video_id == video["id"]
    assert of_video.status in ("queued", "in_progress")


def test_extend_a_file_and_a_video(
    client: openai.OpenAI, upload: bytes, video: dict[str, Any], made: list[str]
):
    of_file = client.videos.extend(prompt="it goes on", seconds="8", video=upload)
    of_video = client.videos.extend(
        prompt="it goes on", seconds="4", video=openai.omit, extra_body={"video": {"id": video["id"]}}
    )
    made += [of_file.id, of_video.id]
    assert (of_file.seconds, of_video.seconds) == ("9.5", "8")


def test_characters_are_made_got_and_used(client: openai.OpenAI, kit, upload: bytes, made: list[str]):
    mossy = client.videos.create_character(name="Mossy the Teapot", video=("mossy.mp4", upload))
    try:
        assert mossy.id
        assert mossy.name == "Mossy the Teapot"
        assert client.videos.get_character(mossy.id).created_at == mossy.created_at
        used = client.videos.create(
            prompt="Mossy the Teapot dances", extra_body={"characters": [{"id": mossy.id}]}
        )
        made.append(used.id)
        assert used.prompt == "@Mossy-the-Teapot dances"
    finally:
        for one in list(kit.studio.characters):
            kit.studio.characters.remove(one)
    with pytest.raises(openai.NotFoundError) as gone:
        client.videos.get_character(mossy.id)
    assert gone.value.code == "not_found"


def test_pages_are_walked_while_they_are_emptied(client: openai.OpenAI, kit):
    rows = {kit.row() for _ in range(5)}
    for video in client.videos.list(limit=2):
        if video.id in rows:
            assert client.videos.delete(video.id).deleted
    assert not rows & {video.id for video in client.videos.list(limit=100)}


class Losing(httpx2.HTTPTransport):
    """Loses the answers to the first calls, after the server has given them."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times
        self.counts: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST":
            return super().handle_request(request)
        self.counts.append(request.headers["x-stainless-retry-count"])
        answer = super().handle_request(request)
        if self.left:
            self.left -= 1
            answer.read()
            raise httpx2.ReadTimeout("lost", request=request)
        return answer


@pytest.mark.parametrize("form", ["multipart", "json"])
def test_its_own_retries_make_one_job(kit, made: list[str], form: str):
    transport = Losing(2)
    prompt = f"A lemon whose answer is lost, as {form}"
    http = httpx2.Client(transport=transport, base_url=f"{kit.url}/v1")
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=2, http_client=http) as client:
        picture = "data:image/png;base64," + base64.b64encode(png()).decode()
        more: dict[str, Any] = (
            {"extra_headers": {"Content-Type": "application/json"}}
            if form == "json"
            else {"extra_body": {"input_reference": {"image_url": picture}}}
        )
        video = client.videos.create(prompt=prompt, **more)
        made.append(video.id)
    assert transport.counts == ["0", "1", "2"]
    query = sa.select(sa.func.count()).select_from(job).where(job.c.prompt == prompt)
    with kit.studio.workspace.database.read() as connection:
        assert connection.execute(query).scalar_one() == 1


def png() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (90, 160), "navy").save(out, "PNG")
    return out.getvalue()


async def test_the_async_client_does_the_same(kit, upload: bytes, video: dict[str, Any], made: list[str]):
    async with openai.AsyncOpenAI(
        base_url=f"{kit.url}/v1", api_key=kit.key, max_retries=0, timeout=90
    ) as client:
        edited = await client.videos.edit(prompt="in the rain", video=("ball.mp4", upload))
        longer = await client.videos.extend(
            prompt="on", seconds="4", video=openai.omit, extra_body={"video": {"id": video["id"]}}
        )
        made += [edited.id, longer.id]
        assert (await client.videos.retrieve(longer.id)).seconds == "8"
        with pytest.raises(openai.BadRequestError) as refused:
            await client.videos.extend(prompt="on", seconds="7", video=upload)  # type: ignore[arg-type]
        assert refused.value.param == "seconds"
