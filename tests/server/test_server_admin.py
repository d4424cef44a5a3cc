"""What whoever runs the server sees under /admin, and who does not."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from sora_kit.store.gate import FREE_TRIES, network
from sora_kit.store.tables import gate


def last_try(kit: Any, address: str, ago: float) -> None:
    """Move the last wrong password from an address, so that no test hangs on how slow the machine is."""
    with kit.studio.workspace.database.write() as connection:
        change = sa.update(gate).where(gate.c.name == network(address))
        assert connection.execute(change.values(last=time.time() - ago)).rowcount == 1


def test_without_a_password_there_is_no_way_in(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SORA_KIT_ADMIN_PASSWORD", raising=False)
    answer = kit.http.get("/admin/log")
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "no_admin_password"
    assert "SORA_KIT_ADMIN_PASSWORD" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path", ["/admin/log", "/admin/jobs/job_1", "/admin/accounts", "/admin/stats", "/admin/keys"]
)
def test_a_key_does_not_open_it(kit: Any, admin: httpx.Client, password: str, path: str) -> None:
    for headers in ({}, {"authorization": f"Basic {password}"}, {"x-api-key": password}):
        answer = httpx.get(kit.url + path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"].keys() == {"message", "type", "param", "code"}
        assert answer.headers["www-authenticate"] == "Bearer"
    answer = kit.http.get(path, headers={"x-forwarded-for": "198.51.100.7"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "insufficient_permissions"
    assert "lacks the scope admin" in answer.json()["error"]["message"]


def test_the_admin_password_is_no_key(admin: httpx.Client) -> None:
    assert admin.get("/v1/models").status_code == 401


def test_wrong_passwords_cost_time_and_only_those_who_send_them(
    kit: Any, admin: httpx.Client, password: str
) -> None:
    wrong = {"authorization": "Bearer wrong", "x-forwarded-for": "203.0.113.9"}
    statuses = [kit.http.get("/admin/stats", headers=wrong).status_code for _ in range(FREE_TRIES)]
    assert statuses == [401] * FREE_TRIES
    last_try(kit, "203.0.113.9", -60)
    assert kit.http.get("/admin/stats", headers=wrong).status_code == 429
    locked = admin.get("/admin/stats", headers={"x-forwarded-for": "203.0.113.9"})
    assert locked.status_code == 429  # the right one as well, or the wait would tell which one it is
    assert 1 <= int(locked.headers["retry-after"]) <= 2
    assert password not in locked.text
    assert admin.get("/admin/stats").status_code == 200
    last_try(kit, "203.0.113.9", 1)
    assert admin.get("/admin/stats", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 200


def test_the_log_is_read_in_pages_and_filtered(kit: Any, admin: httpx.Client, video: dict[str, Any]) -> None:
    for _ in range(3):
        kit.http.get(f"/v1/videos/{video['id']}", headers={"x-forwarded-for": "192.0.2.44"})
    kit.http.get("/v1/videos/video_none")
    page = admin.get("/admin/log", params={"limit": 2, "job": video["id"]}).json()
    assert page["has_more"] is True
    assert [row["path"] for row in page["data"]] == [f"/v1/videos/{video['id']}"] * 2
    assert page["data"][0]["client"] == "192.0.2.44"
    assert page["data"][0]["key"] == "default"
    assert '"id":' in page["data"][0]["answered"].replace('"id" :', '"id":')
    more = admin.get("/admin/log", params={"after": page["last_id"], "job": video["id"]}).json()
    assert max(row["id"] for row in more["data"]) < page["last_id"]
    assert {row["status"] for row in admin.get("/admin/log", params={"status": 4}).json()["data"]} <= set(
        range(400, 500)
    )
    missing = admin.get("/admin/log", params={"status": 404, "owner": "default", "limit": 1}).json()
    assert missing["data"][0]["error"] == "not_found"
    assert admin.get("/admin/log", params={"since": time.time() + 5}).json()["data"] == []
    assert admin.get("/admin/log", params={"since": "nan"}).status_code == 400
    assert admin.get("/admin/log", params={"limit": 0}).status_code == 400
    made = admin.get("/admin/log", params={"job": video["id"], "limit": 1000}).json()["data"][-1]
    assert made["path"] == "/v1/videos"
    assert "A red kite" in made["asked"]


def test_a_job_is_shown_with_what_was_tried(kit: Any, admin: httpx.Client) -> None:
    from sora_kit.store import Attempts

    job = "job_" + kit.row(state="failed", error={"what": "It failed", "code": "upstream_broken"})[6:]
    tries = Attempts(kit.studio.workspace.database)
    tries.add(job, 0, "acc_1", "overloaded", "busy, said https://user:hunter2@proxy.example")
    tries.add(job, 0, "acc_2", "submitted")
    found = admin.get(f"/admin/jobs/{job}").json()
    assert [(one["account"], one["outcome"]) for one in found["attempts"]] == [
        ("acc_1", "overloaded"),
        ("acc_2", "submitted"),
    ]
    assert "hunter2" not in str(found)
    assert found["state"] == "failed"
    assert admin.get("/admin/jobs/job_none").status_code == 404


def test_accounts_and_counts(kit: Any, admin: httpx.Client, video: dict[str, Any]) -> None:
    stats = admin.get("/admin/stats").json()
    assert stats["jobs"]["completed"] >= 1
    assert stats["clips"] >= 1
    assert stats["accounts"]["ready"] >= 1
    assert stats["requests"]["statuses"]["200"] >= 1
    assert stats["runners"][0]["url"]
    used = next(one["usage"] for one in stats["keys"] if one["name"] == "default")
    assert used["jobs"] >= 1
    assert stats["spent_today"] == 0.0
