"""Characters of all, over /admin: seen, made of a clip or a file, and forgotten."""

from __future__ import annotations

import base64
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from sora_kit.language import parse
from sora_kit.store import Character
from sora_kit.store.ids import new_token
from sora_kit.store.tables import clip

pytestmark = pytest.mark.server

PATH = "/admin/characters"
OWNER = "key_of_somebody"

Write = Callable[..., Character]


@pytest.fixture(autouse=True)
def no_characters_left(kit: Any) -> Iterator[None]:
    yield
    for one in list(kit.studio.characters):
        kit.studio.characters.remove(one)


@pytest.fixture
def write(kit: Any) -> Iterator[Write]:
    """Writes a character that no job made just now."""
    jobs: list[str] = []

    def row(name: str, *, owner: str = "", backend: str = "animatic", **more: Any) -> Character:
        wire = kit.row(state="completed", kind="character", owner=owner)
        jobs.append(wire.replace("video_", "job_"))
        held = io.BytesIO()
        Image.new("RGB", (8, 8), (len(jobs), 90, 20)).save(held, "PNG")
        values = {
            "id": wire.replace("video_", "character_"), "job": jobs[-1], "name": name,
            "display_name": name.title(), "description": f"a {name}", "backend": backend, "account": "",
            "upstream": {}, "source": None, "ext": "png", "token": new_token(), "created": time.time(),
            "sha256": kit.studio.workspace.media.put_bytes(held.getvalue(), "png"),
        }  # fmt: skip
        made: Character = kit.studio.characters_table.add(values | more)
        return made

    yield row
    kit.studio.jobs_table.remove(jobs)


@pytest.fixture
def ball(kit: Any, upload: bytes) -> Iterator[str]:
    """A clip of another key: a red ball. Nothing is drawn for it."""
    wish = parse("A red ball", model="sora-2")
    wire = kit.row(state="completed", prompt=wish.prompt, owner=OWNER)
    media = kit.studio.workspace.media
    job = wire.replace("video_", "job_")
    row = {
        "id": wire.replace("video_", "clip_"), "job": job, "kind": "video", "prompt": wish.prompt,
        "model": wish.model, "backend": "animatic", "preview": True, "width": 320, "height": 180,
        "seconds": 1.5, "seed": 1, "created": time.time(), "sha256": media.put_bytes(upload, "mp4"),
        "poster_sha256": media.put_bytes(b"poster of the ball", "jpg"), "ext": "mp4", "mime": "video/mp4",
        "bytes": len(upload), "token": new_token(), "understood": {}, "request": wish.to_json(),
    }  # fmt: skip
    with kit.studio.workspace.database.write() as connection:
        connection.execute(sa.insert(clip), [row])
    yield row["id"]
    kit.studio.delete(row["id"])
    kit.studio.jobs_table.remove([job])


def good(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_characters_are_listed_in_pages(admin: httpx.Client, write: Write) -> None:
    there = {"backend": "elsewhere"}  # other tests have none on it
    mona, rex = write("mona", **there), write("rex", owner=OWNER, **there)
    far = write("far", upstream={"character_id": "ch_1"}, account="acc_1", **there)
    near = write("near")
    page = good(admin.get(PATH, params={"limit": 2, **there}))
    assert [one["id"] for one in page["data"]] == [far.id, rex.id]
    assert (page["object"], page["has_more"]) == ("list", True)
    assert (page["first_id"], page["last_id"]) == (far.id, rex.id)
    rest = good(admin.get(PATH, params={"limit": 2, "after": page["last_id"], **there}))
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([mona.id], False)
    told = [(one["name"], one["owner"], one["known_upstream"], one["account"]) for one in page["data"]]
    assert told == [("far", "", True, "acc_1"), ("rex", OWNER, False, "")]
    everywhere = good(admin.get(PATH, params={"limit": 4}))["data"]
    assert [one["id"] for one in everywhere] == [near.id, far.id, rex.id, mona.id]


def test_a_character_is_shown_and_forgotten(
    kit: Any, admin: httpx.Client, anyone: httpx.Client, write: Write
) -> None:
    rex = write("Rex", owner=OWNER, description="a dog, password=hunter2-and-more", source="clip_gone")
    details = good(admin.get(f"{PATH}/{rex.id}"))
    assert (details["object"], details["id"], details["job"]) == ("character", rex.id, rex.job)
    assert (details["name"], details["display_name"], details["source"]) == ("Rex", "Rex", "clip_gone")
    assert details["description"].startswith("a dog")
    assert "hunter2" not in details["description"]
    for name in (rex.job, "rex", "@Rex"):
        assert good(admin.get(f"{PATH}/{name}")) == details
    assert anyone.get(details["portrait_url"]).content == rex.portrait.read_bytes()
    gone = good(admin.delete(f"{PATH}/{rex.id}"))
    assert gone == {"id": rex.id, "object": "character.deleted", "deleted": True}
    assert "Rex" not in kit.studio.characters
    assert anyone.get(details["portrait_url"]).status_code == 404
    for method, name in (("GET", rex.id), ("GET", rex.job), ("DELETE", "Rex"), ("DELETE", rex.id)):
        answer = admin.request(method, f"{PATH}/{name}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_character_of_anybodys_clip_takes_a_job(kit: Any, admin: httpx.Client, ball: str) -> None:
    body = {
        "source": ball, "name": "@bouncer", "display_name": "The Bouncer", "timestamps": "0,1",
        "backend": "animatic",
    }  # fmt: skip
    headers = {"idempotency-key": f"the bouncer {time.time_ns()}"}
    job = good(admin.post(PATH, json=body, headers=headers))
    assert (job["object"], job["kind"], job["owner"]) == ("job", "character", "")
    assert kit.studio.record(job["id"]).request.span == (0.0, 1.0)
    made = kit.studio.job(job["id"]).result(60)
    assert good(admin.get(f"/admin/jobs/{job['id']}"))["state"] == "completed"
    details = good(admin.get(f"{PATH}/{job['id']}"))
    assert (details["id"], details["source"], details["owner"]) == (made.id, ball, "")
    assert (details["name"], details["display_name"]) == ("bouncer", "The Bouncer")
    assert details["description"] == "a red ball"  # read from the prompt of its clip
    again = good(admin.post(PATH, json=body, headers=headers))
    assert (again["id"], again["state"]) == (job["id"], "completed")
    taken = admin.post(PATH, json=body)
    assert (taken.status_code, taken.json()["error"]["code"]) == (400, "name_taken")


@pytest.mark.parametrize("shape", ["form", "data URL", "base64"])
def test_a_character_of_a_file(kit: Any, admin: httpx.Client, upload: bytes, shape: str) -> None:
    text = base64.b64encode(upload).decode()
    asked: dict[str, Any] = {
        "form": {"data": {"name": "roller"}, "files": {"video": ("ball.mp4", upload, "video/mp4")}},
        "data URL": {"json": {"name": "roller", "video": f"data:video/mp4;base64,{text}"}},
        "base64": {"json": {"name": "roller", "video": text}},
    }[shape]
    job = good(admin.post(PATH, **asked))
    wish = kit.studio.record(job["id"]).request
    assert (wish.name, wish.source) == ("roller", None)
    assert wish.span == (0.0, 1.5)  # the usual one ends with the clip
    assert kit.studio.workspace.media.find(wish.video.sha256).read_bytes() == upload
    made = kit.studio.job(job["id"]).result(60)
    assert good(admin.get(f"{PATH}/roller"))["id"] == made.id


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        ({}, 400, "video"),
        ({"source": "CLIP", "video": "https://example.org/a.mp4"}, 400, "source"),
        ({"source": "clip_nobody"}, 404, "id"),
        ({"source": "A red ball"}, 400, "source"),
        ({"source": ["CLIP"]}, 400, "source"),
        ({"source": "CLIP", "name": "two words"}, 400, "name"),
        ({"source": "CLIP", "name": "x" * 41}, 400, "name"),
        ({"source": "CLIP", "timestamps": "soon"}, 400, "timestamps"),
        ({"source": "CLIP", "timestamps": "0,9"}, 400, "end"),
        ({"source": "CLIP", "backend": "nobody"}, 400, "backend"),
        ({"video": "clip_nobody"}, 400, "video"),
        ({"video": "/etc/hostname"}, 400, "video"),
        ({"video": "http://127.0.0.1:9/a.mp4"}, 400, None),
        ({"video": "data:video/mp4;base64,AAAA"}, 400, None),
    ],
)
def test_what_makes_no_character_is_refused_by_name(
    kit: Any, admin: httpx.Client, ball: str, body: dict[str, Any], status: int, param: str | None
) -> None:
    before = kit.studio.records(limit=1)[0].id
    named = {name: ball if value == "CLIP" else value for name, value in body.items()}
    answer = admin.post(PATH, json=named)
    assert answer.status_code == status, answer.text
    assert param is None or answer.json()["error"]["param"] == param
    assert kit.studio.records(limit=1)[0].id == before
