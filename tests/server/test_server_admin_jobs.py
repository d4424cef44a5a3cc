"""Jobs, settings and backends over /admin, and how all of it is described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit import Studio
from sora_kit.server.admin_settings import LIMITS, SETTINGS

pytestmark = pytest.mark.server

PASSWORD = "a long admin password"

BODIES = (
    ("post", "/admin/login"),
    ("post", "/admin/keys"),
    ("patch", "/admin/keys/{key}"),
    ("post", "/admin/accounts"),
    ("patch", "/admin/accounts/{account}"),
    ("post", "/admin/accounts/batch"),
    ("post", "/admin/accounts/import"),
    ("post", "/admin/jobs/{job}/retry"),
    ("post", "/admin/jobs/{job}/resume"),
    ("patch", "/admin/clips/{clip}"),
    ("post", "/admin/characters"),
    ("patch", "/admin/settings"),
)


@pytest.fixture
def studio(home: Path, workspace: Path) -> Iterator[Studio]:
    with Studio(workspace, role="client") as opened:  # nobody runs the jobs, so they stay as they are
        yield opened


@pytest.fixture
def admin(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    server = studio.serve(port=0)
    headers = {"authorization": f"Bearer {PASSWORD}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
        yield http


def good(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def bad(answer: httpx.Response, status: int, words: str, param: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]["message"]
    assert answer.json()["error"]["param"] == param


def test_jobs_are_listed_in_pages_and_filtered(studio: Studio, admin: httpx.Client) -> None:
    key = studio.keys.create("ann")
    jobs = [studio.video(f"A river number {n}", model="sora-2", seconds=4).id for n in range(3)]
    wish = studio.request("A mountain", "image")
    theirs = studio.submit(wish, owner=key.id).id
    studio.cancel(jobs[0])
    page = good(admin.get("/admin/jobs", params={"limit": 2}))
    assert [one["id"] for one in page["data"]] == [theirs, jobs[2]]
    assert page["has_more"] is True
    rest = good(admin.get("/admin/jobs", params={"after": page["last_id"]}))
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([jobs[1], jobs[0]], False)

    def ids(**params: Any) -> list[str]:
        return [one["id"] for one in good(admin.get("/admin/jobs", params=params))["data"]]

    assert ids(owner="ann") == ids(owner=key.id) == ids(kind="image") == ids(search="mountain") == [theirs]
    assert ids(owner="local") == jobs[::-1]
    assert ids(state="cancelled") == [jobs[0]]
    assert ids(state="cancelled,queued", model="sora-2") == jobs[::-1]
    assert ids(backend="sora_web") == []
    assert ids(since=1e10) == []
    assert ids(after="video_" + jobs[1][4:]) == [jobs[0]]
    bad(admin.get("/admin/jobs", params={"state": "happy"}), 400, "is no state", "state")
    bad(admin.get("/admin/jobs", params={"since": "nan"}), 400, "not a time", "since")
    assert good(admin.get("/admin/stats"))["keys"][-1]["usage"]["running"] == 1


def test_a_job_is_cancelled_asked_for_again_and_deleted(studio: Studio, admin: httpx.Client) -> None:
    key = studio.keys.create("ann", at_once=1)
    job = studio.submit(studio.request("A river", model="sora-2"), owner=key.id)
    answer = good(admin.post(f"/admin/jobs/{job.id}/cancel"))
    assert (answer["done"], answer["state"]) == (True, "cancelled")
    assert good(admin.post(f"/admin/jobs/{job.id}/cancel"))["done"] is False
    again = good(admin.post(f"/admin/jobs/{job.id}/retry"))
    assert again["id"] != job.id
    assert (again["state"], again["owner"], again["prompt"]) == ("queued", "", "A river")
    same = good(admin.post(f"/admin/jobs/{job.id}/retry", json={"same_seed": True}))
    assert studio.record(same["id"]).seed == studio.record(job.id).seed
    assert good(admin.post(f"/admin/jobs/{job.id}/resume"))["done"] is False
    details = good(admin.get(f"/admin/jobs/{job.id}"))
    assert details["owner"] == key.id
    assert details["plan"]["backend"] == "animatic"
    gone = good(admin.delete(f"/admin/jobs/{job.id}"))
    assert gone == {"id": job.id, "object": "job.deleted", "deleted": True}
    for method, path in (
        ("GET", ""),
        ("POST", "/cancel"),
        ("POST", "/retry"),
        ("POST", "/resume"),
        ("DELETE", ""),
    ):
        bad(admin.request(method, f"/admin/jobs/{job.id}{path}"), 404, "There is no job", "id")
    bad(admin.post(f"/admin/jobs/{again['id']}/resume", json={"agian": True}), 400, "unknown field `agian`")


def test_a_job_that_waits_for_a_decision_goes_on(studio: Studio, admin: httpx.Client) -> None:
    job = studio.image("A mountain")
    studio.jobs_table.finish(
        job.id, "needs_you", error={"what": "It may have been bought", "code": "needs_you"}
    )
    assert good(admin.get("/admin/jobs", params={"state": "needs_you"}))["data"][0]["id"] == job.id
    answer = good(admin.post(f"/admin/jobs/{job.id}/resume", json={"again": True}))
    assert (answer["done"], answer["state"]) == (True, "queued")


def test_settings_are_read_changed_and_given_back(studio: Studio, admin: httpx.Client) -> None:
    def values() -> dict[str, Any]:
        return {one["name"]: one["value"] for one in good(admin.get("/admin/settings"))["data"]}

    before = values()
    assert before == {name: known.default for name, known in SETTINGS.items()}
    new = {
        "backend": "sora_web",
        "accounts.mode": "least_busy",
        "accounts.proxy": "socks5://someone:PLANTED@127.0.0.1:9",
        "chat.media_style": "html",
        "chat.wait_seconds": 30.5,
        "log.keep_rows": 100,
        "log.keep_days": 1.5,
        "log.body_bytes": 0,
        "media_port": 9000,
        "server.cors_origins": ["https://app.example"],
        "prices": {"sora_web": 0.4, "sora_web/sora2-pro-*": "0.15/s"},
    }
    new |= {name: known.default * 2 for name, known in SETTINGS.items() if name in LIMITS}
    assert new.keys() == SETTINGS.keys()
    answer = admin.patch("/admin/settings", json=new)
    assert "PLANTED" not in answer.text
    assert values() == new | {"accounts.proxy": "socks5://…@127.0.0.1:9"}
    assert studio.accounts.mode() == "least_busy"
    assert studio.accounts.global_proxy() == new["accounts.proxy"]
    assert studio.settings.get("log.keep_rows") == 100
    good(admin.patch("/admin/settings", json=dict.fromkeys(new)))
    assert values() == before
    assert studio.settings.get("log.keep_rows", 7) == 7


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"log.keep_rows": -1}, "log.keep_rows"),
        ({"log.keep_rows": "5"}, "log.keep_rows"),
        ({"log.keep_days": True}, "log.keep_days"),
        ({"accounts.mode": "fair"}, "accounts.mode"),
        ({"accounts.proxy": "socks5://…@127.0.0.1:9"}, "accounts.proxy"),
        ({"backend": "nope"}, "backend"),
        ({"chat.media_style": 5}, "chat.media_style"),
        ({"server.cors_origins": "*"}, "server.cors_origins"),
        ({"server.cors_origins": ["nowhere"]}, "cors_origins"),
        ({"server.parts": 0}, "server.parts"),
        ({"server.stall_seconds": True}, "server.stall_seconds"),
        ({"admin.password": "x"}, "admin.password"),
    ],
)
def test_one_mistake_and_no_setting_is_changed(
    studio: Studio, admin: httpx.Client, change: dict[str, Any], param: str
) -> None:
    answer = admin.patch("/admin/settings", json={"log.body_bytes": 1} | change)
    bad(answer, 400, "", param)
    assert studio.settings.get("log.body_bytes") is None


def test_what_the_environment_decides_is_said(admin: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_MEDIA_STYLE", "link")
    found = {one["name"]: one["beaten_by"] for one in good(admin.get("/admin/settings"))["data"]}
    assert found["chat.media_style"] == "SORA_KIT_MEDIA_STYLE"
    assert found["log.keep_rows"] == ""


def test_backends_and_what_they_can(admin: httpx.Client) -> None:
    found = {one["name"]: one for one in good(admin.get("/admin/backends"))["data"]}
    assert found["animatic"]["default"] is True
    assert found["animatic"]["hosted"] is False
    assert found["sora_web"]["hosted"] is True
    assert "video" in found["sora_web"]["capabilities"]["kinds"]
    assert found["animatic"]["capabilities"]["preview"] is True


def test_the_document_describes_every_address_with_its_body(admin: httpx.Client) -> None:
    document = good(admin.get("/openapi.json"))
    paths = {path: operations for path, operations in document["paths"].items() if path.startswith("/admin")}
    assert len(paths) >= 20
    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation.get("security", []) == ([] if path == "/admin/login" else [{"admin": []}]), path
    for method, path in BODIES:
        body = paths[path][method]["requestBody"]["content"]["application/json"]["schema"]
        assert "$ref" in str(body) or body["type"] == "object", path
    assert {"400", "401", "429"} <= set(paths["/admin/login"]["post"]["responses"])
    export = paths["/admin/accounts/export"]["get"]["responses"]["200"]["content"]
    assert set(export) == {"application/json", "text/plain"}
    wish = document["components"]["schemas"]["KeyWish"]["properties"]
    assert {
        "name",
        "scopes",
        "models",
        "per_minute",
        "at_once",
        "budget",
        "expires",
        "enabled",
    } == wish.keys()
    assert all(wish[name].get("description") for name in ("scopes", "budget", "expires"))
