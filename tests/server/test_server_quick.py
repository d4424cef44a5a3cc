"""The answers that are given in front of the framework say what the application would say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from conftest import Kit


def both(kit: Kit, path: str, found: list[bool]) -> tuple[httpx.Response, httpx.Response]:
    """The answer in front, and the application's: a query goes there."""
    del found[:]
    answers = kit.http.get(path), kit.http.get(path, params={"unusual": "1"})
    assert found == [True, False]
    return answers


def headers(answer: httpx.Response) -> dict[str, str]:
    """What does not change from one request to the next."""
    return {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}


def test_models_are_the_same(kit: Kit, found: list[bool]):
    quick, usual = both(kit, "/v1/models", found)
    assert quick.json() == usual.json()
    assert headers(quick) == headers(usual)


def test_a_video_is_the_same(kit: Kit, video: dict[str, Any], found: list[bool]):
    quick, usual = both(kit, f"/v1/videos/{video['id']}", found)
    assert quick.json() == usual.json() == video
    assert headers(quick) == headers(usual)


def test_a_video_that_is_being_made_is_the_same_and_each_change_is_seen(kit: Kit, found: list[bool]):
    name = kit.row(state="queued", finished=None, runner=kit.studio.part.runner_id)
    quick, usual = both(kit, f"/v1/videos/{name}", found)
    assert quick.json() == usual.json()
    assert quick.json()["status"] == "queued"
    assert "openai-poll-after-ms" in quick.headers
    kit.studio.jobs_table.finish("job_" + name.removeprefix("video_"), "failed", error={"what": "No"})
    quick, usual = both(kit, f"/v1/videos/{name}", found)
    assert quick.json() == usual.json()
    assert quick.json()["status"] == "failed"


def test_what_belongs_to_another_key_is_not_there(
    kit: Kit, another_key: Callable[[], dict[str, str]], found: list[bool]
):
    mine = kit.studio.keys.check(kit.key)
    assert mine is not None
    name = kit.row(owner=mine.id)
    both(kit, f"/v1/videos/{name}", found)
    other = another_key()
    for _ in range(2):
        assert httpx.get(f"{kit.url}/v1/videos/{name}", headers=other).status_code == 404
    assert found[-1] is False


def test_what_is_deleted_is_gone(kit: Kit, found: list[bool]):
    name = kit.row()
    both(kit, f"/v1/videos/{name}", found)
    assert kit.http.delete(f"/v1/videos/{name}").status_code == 200
    assert kit.http.get(f"/v1/videos/{name}").status_code == 404


def test_a_revoked_key_gets_nothing(kit: Kit, found: list[bool]):
    new = kit.studio.keys.create(f"quick {time.time_ns()}")
    own = {"authorization": f"Bearer {new.secret}"}
    with httpx.Client(base_url=kit.url, headers=own) as http:
        while not found or not found[-1]:
            assert http.get("/v1/models").status_code == 200
        kit.studio.keys.revoke(new.id)
        answer = http.get("/v1/models")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"
    assert found[-1] is False


def test_a_key_that_may_not_look_is_refused_by_the_application(kit: Kit, found: list[bool]):
    new = kit.studio.keys.create(f"quick {time.time_ns()}", scopes=["admin"])
    own = {"authorization": f"Bearer {new.secret}"}
    try:
        for _ in range(2):
            assert httpx.get(f"{kit.url}/v1/models", headers=own).status_code == 403
        assert not any(found)
    finally:
        kit.studio.keys.revoke(new.id)


def test_they_stand_in_the_log(kit: Kit, video: dict[str, Any], found: list[bool]):
    path = f"/v1/videos/{video['id']}"
    quick, _ = both(kit, path, found)
    kit.studio.requests.flush()
    rows = [row for row in kit.studio.requests.latest(20) if row["path"] == path]
    assert {row["status"] for row in rows} == {200}
    assert video["id"] in rows[0]["answered"]
    assert quick.headers["x-request-id"].startswith("req_")
