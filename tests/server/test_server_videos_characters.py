"""``/v1/videos/characters``: made of a clip or a video, looked at, and used in other videos."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sora_kit.server import video_characters

pytestmark = [pytest.mark.server, pytest.mark.timeout(180)]

PATH = "/v1/videos/characters"
KEYS = {"id", "object", "created_at", "name"}


@pytest.fixture(autouse=True)
def no_characters_left(kit) -> Iterator[None]:
    yield
    for one in list(kit.studio.characters):
        kit.studio.characters.remove(one)


@pytest.fixture
def made(kit) -> Iterator[list[str]]:
    """Deletes what a test made, so that nothing of it is drawn."""
    ids: list[str] = []
    yield ids
    for one in ids:
        kit.http.delete(f"/v1/videos/{one}")


def create(kit, data: bytes, name: str = "Mossy", **more: str) -> dict[str, Any]:
    files = {"video": ("clip.mp4", data, "video/mp4")}
    answer = kit.http.post(PATH, data={"name": name, **more}, files=files)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_character_of_a_clip_is_ready_when_it_is_answered(kit, upload: bytes, anyone: httpx.Client):
    mossy = create(kit, upload, "Mossy the Teapot", description="a mossy teapot", timestamps="0,1")
    assert mossy.keys() >= KEYS
    assert (mossy["object"], mossy["name"], mossy["status"]) == ("character", "Mossy the Teapot", "completed")
    assert mossy["id"].startswith("character_")
    assert mossy["mention"] == "@Mossy-the-Teapot"
    assert abs(mossy["created_at"] - time.time()) < 120
    portrait = anyone.get(mossy["portrait_url"])
    assert (portrait.status_code, portrait.content[:4]) == (200, b"\x89PNG")
    again = kit.http.get(f"{PATH}/{mossy['id']}")
    assert (again.status_code, again.json()) == (200, mossy)
    kept = kit.studio.characters["Mossy-the-Teapot"]
    assert (kept.id, kept.description, kept.display_name) == (
        mossy["id"], "a mossy teapot", "Mossy the Teapot"
    )  # fmt: skip
    assert kit.studio.record(kept.job).request.span == (0.0, 1.0)


@pytest.mark.parametrize("shape", ["json", "brackets", "json text"])
def test_a_character_of_an_own_video(kit, video: dict[str, Any], shape: str):
    asked: dict[str, Any] = {
        "json": {"json": {"name": "Kite", "video": {"id": video["id"]}}},
        "brackets": {"files": {"name": (None, "Kite"), "video[id]": (None, video["id"])}},
        "json text": {"data": {"name": "@Kite", "video": f'{{"id": "{video["id"]}"}}'}},
    }[shape]
    answer = kit.http.post(PATH, **asked)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["name"], answer.json()["mention"]) == ("Kite", "@Kite")
    assert answer.json()["description"] == "a red kite"  # read from the prompt of its video


def test_names_may_be_given_twice_and_in_any_script(kit, upload: bytes):
    made = [create(kit, upload, name) for name in ("Mona", "mona", "小明", "小红")]
    assert [one["name"] for one in made] == ["Mona", "mona", "小明", "小红"]
    mentions = [one["mention"] for one in made]
    assert len({mention.lower() for mention in mentions}) == 4
    assert mentions[0] == "@Mona"
    assert all(mention.isascii() for mention in mentions)


def test_the_name_in_a_prompt_becomes_a_mention(kit, upload: bytes, made: list[str]):
    mossy = create(kit, upload, "Mossy the Teapot", description="a mossy teapot")
    cases = {
        "Mossy  the teapot walks over Mossy the Teapot": "@Mossy-the-Teapot walks over Mossy the Teapot",
        "It walks": "@Mossy-the-Teapot It walks",
        "@mossy-the-teapot walks": "@mossy-the-teapot walks",
    }
    for prompt, expected in cases.items():
        body = {"prompt": prompt, "characters": [{"id": mossy["id"]}]}
        answer = kit.http.post("/v1/videos", json=body)
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["id"])
        assert answer.json()["prompt"] == expected
    form = {"prompt": (None, "Mossy the Teapot walks"), "characters[][id]": (None, mossy["id"])}
    answer = kit.http.post("/v1/videos", files=form)
    made.append(answer.json()["id"])
    assert answer.json()["prompt"] == "@Mossy-the-Teapot walks"


def test_a_stranger_sees_no_character_of_others(
    kit, upload: bytes, anyone: httpx.Client, another_key: Callable[[], dict[str, str]]
):
    mossy = create(kit, upload)
    stranger = another_key()
    looked = anyone.get(f"{kit.url}{PATH}/{mossy['id']}", headers=stranger)
    assert (looked.status_code, looked.json()["error"]["code"]) == (404, "not_found")
    for asked in (mossy["id"], "Mossy", {"id": mossy["id"]}):
        body = {"prompt": "Mossy walks", "characters": [asked]}
        answer = anyone.post(f"{kit.url}/v1/videos", json=body, headers=stranger)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "character_not_found")
        assert "@Mossy" not in error["message"]


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({"video": {"id": "ID"}}, 400, "name"),
        ({"video": {"id": "ID"}, "name": "  "}, 400, "name"),
        ({"video": {"id": "ID"}, "name": "x" * 81}, 400, "name"),
        ({"video": {"id": "ID"}, "name": ["x"]}, 400, "name"),
        ({"name": "Mossy"}, 400, "video"),
        ({"name": "Mossy", "video": {"id": "video_nobody"}}, 404, "video"),
        ({"name": "Mossy", "video": {"file_id": "file-1"}}, 400, "video"),
        ({"name": "Mossy", "video": {"id": "ID"}, "timestamps": "3,1"}, 400, None),
        ({"name": "Mossy", "video": {"id": "ID"}, "timestamps": "soon"}, 400, "timestamps"),
        ({"name": "Mossy", "video": {"id": "ID"}, "backend": "nobody"}, 400, "backend"),
        ({"name": "Mossy", "video": "data:video/mp4;base64,AAAA"}, 400, None),
    ],
)
def test_what_makes_no_character_is_refused_by_name(
    kit, video: dict[str, Any], body: dict[str, Any], status: int, param: str | None
):
    if body.get("video") == {"id": "ID"}:
        body = body | {"video": {"id": video["id"]}}
    before = kit.studio.records(limit=1)[0].id
    answer = kit.http.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    assert param in (None, answer.json()["error"]["param"])
    assert kit.studio.records(limit=1)[0].id == before


def test_an_answer_that_would_take_too_long_says_how_to_ask_again(
    kit, upload: bytes, made: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(video_characters, "WAIT_SECONDS", 0.0)
    early = create(kit, upload)
    assert early.keys() >= KEYS
    if early["status"] != "completed":
        assert early["status"] in ("queued", "in_progress")
        assert (early["name"], early["mention"]) == ("Mossy", None)
        body = {"prompt": "Mossy walks", "characters": [{"id": early["id"]}]}
        answer = kit.http.post("/v1/videos", json=body)
        if answer.status_code == 200:  # it became ready in between
            made.append(answer.json()["id"])
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "character_not_ready")
    end = time.monotonic() + 90
    while (found := kit.http.get(f"{PATH}/{early['id']}").json())["status"] != "completed":
        assert time.monotonic() < end
        time.sleep(0.1)
    assert (found["id"], found["name"]) == (early["id"], "Mossy")


def test_a_name_that_another_call_takes_meanwhile_gets_a_number(
    kit, upload: bytes, monkeypatch: pytest.MonkeyPatch
):
    attach = video_characters.attach
    others: list[dict[str, Any]] = []

    async def while_another_is_made(*given: Any) -> Any:
        monkeypatch.setattr(video_characters, "attach", attach)
        others.append(await asyncio.to_thread(create, kit, upload))
        return await attach(*given)

    monkeypatch.setattr(video_characters, "attach", while_another_is_made)
    made = create(kit, upload)
    assert [one["mention"] for one in others] == ["@Mossy"]
    assert (made["name"], made["mention"]) == ("Mossy", "@Mossy2")


def test_one_that_could_not_be_made_is_told_as_it_is(kit):
    error = {"what": "No face", "why": "", "fix": "Try another clip", "code": "no_face", "param": None}
    job = kit.row(kind="character", state="failed", error=error).removeprefix("video_")
    answer = kit.http.get(f"{PATH}/character_{job}")
    assert answer.status_code == 200
    assert answer.json()["status"] == "failed"
    assert answer.json()["error"] == {
        "code": "no_face",
        "message": "No face. Try another clip.",
        "param": None,
    }
    assert kit.http.get(f"{PATH}/character_nobody").status_code == 404
    assert kit.http.get(f"/v1/videos/video_{job}").status_code == 404  # it is no video
