"""Whether a server lives, can work, and in what numbers."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from sora_kit import Studio
from sora_kit.server import health
from sora_kit.server.meter import Meter
from sora_kit.store import Database

pytestmark = pytest.mark.server


def numbers(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Name of a sample → its labels and values, read by Prometheus' own parser."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def one(found: dict[str, Any], name: str, **labels: str) -> float:
    fits = [value for got, value in found.get(name, []) if labels.items() <= got.items()]
    return sum(fits)


def fresh(kit, anyone: httpx.Client) -> dict[str, Any]:
    time.sleep(1.05)  # they are counted at most once a second
    answer = anyone.get(f"{kit.url}/metrics")
    assert answer.status_code == 200, answer.text
    return numbers(answer.text)


def test_requests_are_counted_by_route_and_status(kit, anyone: httpx.Client, video: dict[str, Any]):
    before = fresh(kit, anyone)
    for _ in range(3):
        kit.http.get(f"/v1/videos/{video['id']}")
    kit.http.get("/v1/videos/video_00000000000000000000000000")
    kit.http.get("/some/stranger/path")
    anyone.get(f"{kit.url}/v1/models")
    after = fresh(kit, anyone)

    def more(**labels: str) -> float:
        return one(after, "sora_kit_requests_total", **labels) - one(
            before, "sora_kit_requests_total", **labels
        )

    route = "/v1/videos/{video}"
    assert more(method="GET", route=route, status="200") == 3
    assert more(method="GET", route=route, status="404") == 1
    assert more(method="GET", route="/v1/models", status="401") == 1
    assert more(method="GET", route="other", status="404") == 1
    count = "sora_kit_request_seconds_count"
    assert one(after, count, route=route) - one(before, count, route=route) == 4
    assert one(after, "sora_kit_request_seconds_bucket", route=route, le="+Inf") == one(
        after, count, route=route
    )
    assert 0 < one(after, "sora_kit_request_seconds_sum", route=route) < 60


def test_the_workspace_is_counted(kit, anyone: httpx.Client, video: dict[str, Any]):
    kit.row(state="failed", error={"what": "x", "code": "content_refused"})
    found = fresh(kit, anyone)
    assert one(found, "sora_kit_jobs", state="failed", backend="animatic", code="content_refused") >= 1
    assert one(found, "sora_kit_jobs", state="completed", kind="video", code="") >= 1
    assert one(found, "sora_kit_clips", kind="video") >= 1
    assert one(found, "sora_kit_media_bytes", kind="video") > 1000
    assert one(found, "sora_kit_accounts", backend="animatic", state="ready") >= 1
    assert one(found, "sora_kit_runners") == 1
    assert one(found, "sora_kit_disk_free_bytes") > 0
    assert one(found, "sora_kit_connections") >= 1
    assert found["sora_kit_queue_length"] == [({}, 0.0)]
    assert found["sora_kit_build_info"][0][0]["backend"] == "animatic"


def test_numbers_name_nobody(kit, anyone: httpx.Client, video: dict[str, Any]):
    text = anyone.get(f"{kit.url}/metrics").text
    for word in ("kite", kit.key, video["id"], str(kit.studio.workspace.folder)):
        assert word not in text


@pytest.mark.parametrize(
    ("scopes", "status"), [(("read",), 200), (("admin",), 200), (("videos",), 403), (None, 401)]
)
def test_from_elsewhere_it_takes_a_key_that_may_look(
    kit, anyone: httpx.Client, scopes: tuple[str, ...] | None, status: int
):
    headers = {"x-forwarded-for": "203.0.113.7"}
    if scopes is not None:
        made = kit.studio.keys.create(f"metrics {scopes} {time.time_ns()}", scopes=scopes)
        headers["authorization"] = f"Bearer {made.secret}"
    assert anyone.get(f"{kit.url}/metrics", headers=headers).status_code == status
    assert (
        anyone.get(f"{kit.url}/metrics", headers=headers | {"host": "rebound.example"}).status_code == status
    )


def test_a_page_whose_name_leads_here_is_not_local(kit, anyone: httpx.Client):
    """The name server of such a page first tells its own address, then this machine's."""
    for path in ("/metrics", "/docs", "/openapi.json"):
        assert anyone.get(kit.url + path, headers={"host": "rebound.example"}).status_code == 401
        assert anyone.get(kit.url + path, headers={"host": f"localhost:{kit.server.port}"}).status_code == 200


def test_it_is_ready_and_says_what_was_looked_at(kit, anyone: httpx.Client):
    for path in ("/healthz", "/readyz"):
        assert anyone.head(kit.url + path).status_code == 200
    assert anyone.get(f"{kit.url}/healthz").json() == {"status": "ok"}
    answer = anyone.get(f"{kit.url}/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {name: {"ok": True} for name in ("database", "runner", "disk", "backend")},
    }


@pytest.fixture
def unready(workspace, monkeypatch: pytest.MonkeyPatch):
    """A server of its own, and a function that asks whether it is ready."""
    with Studio(workspace) as studio:
        server = studio.serve(port=0)

        def ask() -> tuple[int, dict[str, Any]]:
            answer = httpx.get(f"{server.url}/readyz", timeout=60)
            assert httpx.get(f"{server.url}/healthz").status_code == 200
            return answer.status_code, answer.json()["checks"]

        yield studio, ask


Unready = tuple[Studio, Callable[[], tuple[int, dict[str, Any]]]]


def test_without_a_runner_it_is_not_ready(unready: Unready, monkeypatch: pytest.MonkeyPatch):
    studio, ask = unready
    end = time.monotonic() + 30  # where this process runs another workspace's jobs, a child runs these
    while not ask()[1]["runner"]["ok"]:
        assert time.monotonic() < end
        time.sleep(0.1)
    monkeypatch.setattr(type(studio), "runners", lambda self: [])
    status, checks = ask()
    assert status == 503
    assert not checks["runner"]["ok"]
    assert checks["runner"]["why"]


def test_without_room_it_is_not_ready(unready: Unready, monkeypatch: pytest.MonkeyPatch):
    _, ask = unready
    usage = shutil.disk_usage(".")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    status, checks = ask()
    assert (status, checks["disk"]["ok"]) == (503, False)
    assert "0 MB are free" in checks["disk"]["why"]


def test_what_cannot_be_told_in_time_is_not_ready(unready: Unready, monkeypatch: pytest.MonkeyPatch):
    _, ask = unready
    over = threading.Event()
    monkeypatch.setattr(health, "SECONDS", 0.3)
    monkeypatch.setitem(health.LOOKS, "database", lambda studio: str(over.wait(20))[:0])
    status, checks = ask()
    over.set()
    assert (status, checks["database"]["ok"]) == (503, False)
    assert "in time" in checks["database"]["why"]


def test_a_database_that_cannot_be_written_is_not_ready(unready: Unready):
    studio, _ = unready
    database = studio.workspace.database
    held = sqlite3.connect(studio.workspace.folder / "studio.sqlite", isolation_level=None)
    quick = Database(database.url)
    sa.event.listen(quick.engine, "connect", lambda one, _: one.execute("pragma busy_timeout = 50"))
    held.execute("begin immediate")
    try:
        checked = health.outcome(health.database, SimpleNamespace(workspace=SimpleNamespace(database=quick)))
    finally:
        held.execute("rollback")
        held.close()
        quick.close()
    assert not checked.ok
    assert "busy" in checked.why


def test_a_backend_without_accounts_is_not_ready(unready: Unready):
    studio, ask = unready
    studio.backend = "sora_web"
    status, checks = ask()
    assert (status, checks["backend"]["ok"]) == (503, False)
    assert "no account" in checks["backend"]["why"]


def test_strange_methods_and_paths_make_no_rows():
    meter = Meter()
    for n in range(100):
        meter.count(f"BREW{n}", None, 404, 0.001 * n)
    assert list(meter.rows) == [("other", "other", 404)]
    assert meter.rows["other", "other", 404].count == 100
