"""Clips of all, over /admin. They are rows in the shared workspace; each test takes its own away again."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from sora_kit.language import parse
from sora_kit.store import Clip
from sora_kit.store.ids import new_token
from sora_kit.store.tables import clip

pytestmark = pytest.mark.server

SHELF = "on the shelf"
"""A tag of all clips of a test: other tests have clips here, too."""
GUESSED = "sk-proj-0123456789abcdefABCDEF0123456789"
"""Somebody wrote this into a prompt."""

Shelve = Callable[..., Clip]


@pytest.fixture
def shelve(kit: Any) -> Iterator[Shelve]:
    """Writes a finished job and its clip: a picture with real files."""
    jobs: list[str] = []

    def write(prompt: str, *, kind: str = "image", owner: str = "", tags: tuple[str, ...] = ()) -> Clip:
        media, seed = kit.studio.workspace.media, len(jobs)
        data, small = picture(seed, "PNG"), picture(seed, "JPEG")
        wish = parse(prompt, model="sora-2" if kind == "video" else "gpt-image")
        wire = kit.row(state="completed", kind=kind, prompt=prompt, model=wish.model, owner=owner)
        jobs.append(wire.replace("video_", "job_"))
        row = {
            "id": wire.replace("video_", "clip_"), "job": jobs[-1], "kind": kind, "prompt": prompt,
            "model": wish.model, "backend": "animatic", "preview": True, "width": 64, "height": 36,
            "seconds": 4.0 if kind == "video" else 0.0, "seed": seed, "created": time.time(),
            "sha256": media.put_bytes(data, "png"), "ext": "png", "mime": "image/png", "bytes": len(data),
            "poster_sha256": media.put_bytes(small, "jpg"), "token": new_token(), "understood": {},
            "request": wish.to_json(), "tags": [*tags, SHELF],
        }  # fmt: skip
        with kit.studio.workspace.database.write() as connection:
            connection.execute(sa.insert(clip), [row])
        return kit.studio.clip(row["id"])

    yield write
    for made in kit.studio.clips_table.of_jobs(jobs).values():
        kit.studio.delete(made)
    kit.studio.jobs_table.remove(jobs)


def picture(shade: int, form: str) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (64, 36), (shade, 140, 200)).save(held, form)
    return held.getvalue()


def good(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_clips_are_listed_in_pages_and_filtered(kit: Any, admin: httpx.Client, shelve: Shelve) -> None:
    ann = kit.studio.keys.create(f"ann {time.time_ns()}")
    river = shelve("A river at dawn")
    kite = shelve("A kite", kind="video", tags=("campaign",))
    hers = shelve("A Mountain", owner=ann.id)
    kit.studio.mark(river, favourite=True)
    page = good(admin.get("/admin/clips", params={"tag": SHELF, "limit": 2}))
    assert [one["id"] for one in page["data"]] == [hers.id, kite.id]
    assert (page["object"], page["has_more"]) == ("list", True)
    assert (page["first_id"], page["last_id"]) == (hers.id, kite.id)
    rest = good(admin.get("/admin/clips", params={"tag": SHELF, "limit": 2, "after": page["last_id"]}))
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([river.id], False)

    def ids(**params: Any) -> list[str]:
        found = good(admin.get("/admin/clips", params={"tag": SHELF, **params}))["data"]
        return [one["id"] for one in found]

    assert ids(favourite=True) == [river.id]
    assert ids(kind="video") == [kite.id]
    assert ids(kind="image") == [hers.id, river.id]
    assert ids(owner=ann.id) == ids(owner=ann.name) == ids(search="mountain") == [hers.id]
    assert ids(owner="local") == [kite.id, river.id]
    assert ids(owner="nobody") == ids(search="campaigning") == []
    assert ids(search="campaign") == ids(tag="#Campaign") == [kite.id]
    answer = admin.get("/admin/clips", params={"kind": "song"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "kind")
    kit.studio.keys.revoke(ann.id)


def test_a_clip_is_shown_with_its_owner_and_addresses(
    kit: Any, admin: httpx.Client, anyone: httpx.Client, shelve: Shelve
) -> None:
    made = shelve(f"A river, my key is {GUESSED}", owner="key_of_somebody", tags=("campaign",))
    details = good(admin.get(f"/admin/clips/{made.id}"))
    assert (details["object"], details["id"], details["job"]) == ("clip", made.id, made.job)
    assert (details["owner"], details["kind"], details["model"]) == ("key_of_somebody", "image", "gpt-image")
    assert (details["favourite"], details["tags"]) == (False, ["campaign", SHELF])
    assert (details["preview"], details["width"], details["height"]) == (True, 64, 36)
    assert details["prompt"].startswith("A river")
    assert GUESSED not in details["prompt"]
    for name in (made.job, made.job.replace("job_", "video_")):
        assert good(admin.get(f"/admin/clips/{name}")) == details
    for address, data in (
        (details["url"], made.read()),
        (details["poster_url"], made.poster_file.read_bytes()),
    ):
        assert anyone.get(address).content == data


def test_a_clip_gets_a_star_and_tags(kit: Any, admin: httpx.Client, shelve: Shelve) -> None:
    made = shelve("A river")
    path = f"/admin/clips/{made.id}"
    starred = good(admin.patch(path, json={"favourite": True}))
    assert (starred["favourite"], starred["tags"]) == (True, [SHELF])
    tagged = good(admin.patch(path, json={"tags": ["  Two  Words", "#campaign", "campaign"]}))
    assert (tagged["favourite"], tagged["tags"]) == (True, ["two words", "campaign"])
    assert good(admin.patch(path, json={})) == tagged
    plain = good(admin.patch(path, json={"favourite": False, "tags": []}))
    assert plain == tagged | {"favourite": False, "tags": []}
    assert kit.studio.clip(made.id).tags == ()
    for body, param in (
        ({"tags": ["a,b"]}, "tags"),
        ({"tags": ["x" * 41]}, "tags"),
        ({"tags": "campaign"}, "tags"),
        ({"favourite": "yes"}, "favourite"),
        ({"prompt": "A lake"}, "prompt"),
    ):
        answer = admin.patch(path, json=body)
        assert answer.status_code == 400, answer.text
        assert param in answer.json()["error"]["message"] + str(answer.json()["error"]["param"])
    assert good(admin.get(path)) == plain


def test_tags_are_counted(kit: Any, admin: httpx.Client, shelve: Shelve) -> None:
    for owner, tags in (("key_one", ("rare", "dear")), ("key_one", ("dear",)), ("key_two", ("rare",))):
        shelve("A river", owner=owner, tags=tags)
    hers = good(admin.get("/admin/clips/tags", params={"owner": "key_one"}))
    assert hers == {
        "object": "list",
        "data": [
            {"tag": "dear", "clips": 2},
            {"tag": SHELF, "clips": 2},
            {"tag": "rare", "clips": 1},
        ],
    }
    all_of_them = {one["tag"]: one["clips"] for one in good(admin.get("/admin/clips/tags"))["data"]}
    assert (all_of_them["rare"], all_of_them["dear"], all_of_them[SHELF]) == (2, 2, 3)


def test_a_clip_is_deleted_with_its_files(
    kit: Any, admin: httpx.Client, anyone: httpx.Client, shelve: Shelve
) -> None:
    made = shelve("A river", owner="key_of_somebody")
    url = good(admin.get(f"/admin/clips/{made.id}"))["url"]
    gone = good(admin.delete(f"/admin/clips/{made.id}"))
    assert gone == {"id": made.id, "object": "clip.deleted", "deleted": True}
    assert not made.file.exists()
    assert not made.poster_file.exists()
    assert anyone.get(url).status_code == 404
    assert kit.studio.record(made.job).state == "completed"
    for method in ("GET", "PATCH", "DELETE"):
        answer = admin.request(method, f"/admin/clips/{made.id}", json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
        assert made.id in answer.json()["error"]["message"]
