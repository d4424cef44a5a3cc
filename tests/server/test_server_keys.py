"""What a key may, as its holder sees it over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sora_kit.server.auth import ANYTHING, IMAGES, LOOKING, VIDEOS, scopes_for
from sora_kit.server.rates import Rates, spoken
from sora_kit.store.keys import BELIEVED

pytestmark = pytest.mark.server

Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(kit: Any) -> Iterator[Callable[..., tuple[Any, Ask]]]:
    """Makes a key with limits; gives the key and a way to ask with it."""
    made: list[str] = []
    with httpx.Client(base_url=kit.url, timeout=60) as http:

        def make(**limits: Any) -> tuple[Any, Ask]:
            new = kit.studio.keys.create(f"limited {time.time_ns()}", **limits)
            made.append(new.id)
            headers = {"authorization": f"Bearer {new.secret}"}

            def send(method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
                return http.request(method, path, json=body, headers=headers, **more)

            return new, send

        yield make
    for one in made:
        for job in kit.studio.records(owner=one, states=("queued", "running")):
            kit.studio.cancel(job.id)
        kit.studio.keys.revoke(one)


def refused(answer: httpx.Response, status: int, code: str) -> str:
    """The message of a refusal, its envelope checked."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["code"] == code
    assert (
        error["type"]
        == {401: "invalid_request_error", 403: "permission_error", 429: "rate_limit_error"}[status]
    )
    assert answer.headers["x-request-id"].startswith("req_")
    return str(error["message"])


VIDEO = {"model": "sora-2", "prompt": "A cat", "seconds": "4"}
IMAGE = {"model": "gpt-image", "prompt": "A cat"}


def chat(model: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "A cat"}], "stream": True}


def test_a_key_that_only_looks_makes_nothing(kit: Any, ask: Any, video: dict[str, Any]) -> None:
    before = len(kit.studio.records(limit=1000))
    key, send = ask(scopes="read")
    for path in (
        "/v1/models",
        "/v1/videos",
        f"/v1/videos/{video['id']}",
        f"/v1/videos/{video['id']}/content",
    ):
        assert send("GET", path).status_code in (200, 404), path
    assert send("GET", "/v1/models").status_code == 200
    for method, path, body in (
        ("POST", "/v1/videos", VIDEO),
        ("POST", f"/v1/videos/{video['id']}/remix", {"prompt": "At night"}),
        ("POST", "/v1/images/generations", IMAGE),
        ("POST", "/v1/chat/completions", chat("sora-2")),
        ("DELETE", f"/v1/videos/{video['id']}", None),
    ):
        message = refused(send(method, path, body), 403, "insufficient_permissions")
        assert f"The key '{key.name}' may not do this" in message
        assert "its own are read" in message
    assert len(kit.studio.records(limit=1000)) == before


def test_the_chat_takes_the_scope_of_what_its_model_makes(kit: Any, ask: Any) -> None:
    _, pictures = ask(scopes="images")
    refused(pictures("POST", "/v1/videos", VIDEO), 403, "insufficient_permissions")
    message = refused(
        pictures("POST", "/v1/chat/completions", chat("sora-2")), 403, "insufficient_permissions"
    )
    assert "may not make videos" in message
    assert pictures("GET", "/v1/videos").status_code == 200
    _, films = ask(scopes=["videos"])
    refused(films("POST", "/v1/images/generations", IMAGE), 403, "insufficient_permissions")
    message = refused(
        films("POST", "/v1/chat/completions", chat("gpt-image")), 403, "insufficient_permissions"
    )
    assert "may not make images" in message


def test_an_admin_key_makes_and_sees_nothing_under_v1(ask: Any) -> None:
    _, send = ask(scopes="admin")
    refused(send("GET", "/v1/models"), 403, "insufficient_permissions")
    refused(send("POST", "/v1/videos", VIDEO), 403, "insufficient_permissions")
    assert send("GET", "/admin/keys").status_code == 200
    assert send("GET", "/docs").status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/videos", {"model": "sora2-portrait-15s", "prompt": "A cat"}),
        ("/v1/chat/completions", chat("sora2-portrait-15s")),
        ("/v1/images/generations", IMAGE),
    ],
)
def test_models_that_a_key_may_not_use(ask: Any, path: str, body: dict[str, Any]) -> None:
    _, send = ask(models=["sora2-*-10s", "sora-2"])
    answer = send("POST", path, body)
    message = refused(answer, 403, "model_not_allowed")
    assert answer.json()["error"]["param"] == "model"
    assert "It may use sora2-*-10s, sora-2" in message


def test_jobs_at_once(kit: Any, ask: Any) -> None:
    key, send = ask(at_once=1)
    first = send("POST", "/v1/videos", {"model": "sora-2", "prompt": "A long river", "seconds": "12"})
    assert first.status_code == 200, first.text
    answer = send("POST", "/v1/videos", VIDEO)
    message = refused(answer, 429, "too_many_jobs")
    assert "1 at once" in message
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["x-should-retry"] == "false"
    assert len(kit.studio.records(owner=key.id)) == 1
    assert send("DELETE", f"/v1/videos/{first.json()['id']}").status_code == 200
    again = send("POST", "/v1/videos", VIDEO)
    assert again.status_code == 200, again.text


def test_a_budget_refuses_before_anything_is_bought(
    kit: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from sora_kit import backends

    animatic = backends.get("animatic")
    priced = replace(animatic.capabilities, price_per_second=0.1, preview=False)
    monkeypatch.setattr(animatic, "capabilities", priced)
    key, send = ask(budget=1.0)
    first = send("POST", "/v1/videos", {"model": "sora-2", "prompt": "A river", "seconds": "8"})
    assert first.status_code == 200, first.text
    answer = send("POST", "/v1/videos", VIDEO)
    message = refused(answer, 429, "insufficient_quota")
    assert "about $0.40" in message
    assert "$0.20 of $1.00 left today" in message
    assert answer.headers["x-should-retry"] == "false"
    assert 1 <= int(answer.headers["retry-after"]) <= 86_400
    assert len(kit.studio.records(owner=key.id)) == 1
    monkeypatch.setattr(animatic, "capabilities", replace(priced, price_per_second=0.0))
    refused(send("POST", "/v1/videos", VIDEO), 403, "price_not_known")


def test_requests_a_minute(ask: Any) -> None:
    _, send = ask(per_minute=3)
    for left in (2, 1, 0):
        answer = send("GET", "/v1/models")
        assert answer.status_code == 200
        assert answer.headers["x-ratelimit-limit-requests"] == "3"
        assert answer.headers["x-ratelimit-remaining-requests"] == str(left)
        assert answer.headers["x-ratelimit-reset-requests"].endswith("s")
    answer = send("GET", "/v1/videos")
    assert "more than 3 requests a minute" in refused(answer, 429, "rate_limit_exceeded")
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert "x-should-retry" not in answer.headers, "nothing was begun: a client may repeat it by itself"
    assert answer.headers["x-ratelimit-remaining-requests"] == "0"


def test_a_key_without_that_limit_is_told_nothing_of_it(kit: Any) -> None:
    assert "x-ratelimit-limit-requests" not in kit.http.get("/v1/models").headers


def test_buckets_fill_steadily() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert [rates.take("a", 60).left for _ in range(60)] == list(range(59, -1, -1))
    taken = rates.take("a", 60)
    assert (taken.left, taken.full, taken.wait) == (0, 60.0, pytest.approx(1.0))
    assert rates.take("b", 60).wait == 0.0
    now[0] += 1.0
    assert rates.take("a", 60).wait == 0.0
    assert rates.take("a", 60).wait > 0
    now[0] += 1000
    assert rates.take("a", 60).left == 59
    assert rates.take("a", 2).left == 1, "a smaller limit counts at once"
    for _ in range(1000):  # whoever keeps to the rate is never refused
        now[0] += 1.0
        assert rates.take("c", 60).wait == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.02, "20ms"), (0, "0ms"), (1, "1s"), (1.53, "1.5s"), (59.97, "60s"), (360, "6m0s")],
)
def test_spans_are_written_as_openai_does(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_why_a_key_is_refused(kit: Any, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = kit.studio.keys
    new, send = ask(expires=time.time() + 3600)
    assert send("GET", "/v1/models").status_code == 200
    keys.edit(new.id, enabled=False)
    assert "switched off" in refused(send("GET", "/v1/models"), 401, "invalid_api_key")
    keys.edit(new.id, enabled=True)
    assert send("GET", "/v1/models").status_code == 200
    keys.edit(new.id, expires=time.time() + 0.3)
    time.sleep(0.4)
    assert "Its time is over" in refused(send("GET", "/v1/models"), 401, "invalid_api_key")
    keys.revoke(new.id)
    answer = send("GET", "/v1/models")
    assert "It was revoked" in refused(answer, 401, "invalid_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_revocation_by_another_process_counts_within_two_seconds(kit: Any, ask: Any) -> None:
    from sora_kit.store import Keys, Workspace

    new, send = ask()
    assert send("GET", "/v1/models").status_code == 200
    Keys(Workspace(kit.studio.workspace.place).database).revoke(new.id)
    time.sleep(BELIEVED + 0.1)
    refused(send("GET", "/v1/models"), 401, "invalid_api_key")


def test_the_log_names_the_key_whose_request_was_refused(kit: Any, ask: Any) -> None:
    new, send = ask(scopes="read")
    refused(send("POST", "/v1/videos", VIDEO), 403, "insufficient_permissions")
    row = kit.studio.log().iloc[0]
    assert (row["key"], row["status"], row["error"]) == (new.name, 403, "insufficient_permissions")


@pytest.mark.parametrize(
    ("method", "path", "scopes"),
    [
        ("GET", "/v1/anything", LOOKING),
        ("HEAD", "/v1/videos/{video}/content", LOOKING),
        ("POST", "/v1/images/edits", IMAGES),
        ("POST", "/v1/chat/completions", IMAGES | VIDEOS),
        ("POST", "/v1/videos/characters", VIDEOS),
        ("DELETE", "/v1/videos/{video}", VIDEOS),
        ("PUT", "/v1/whatever/comes", VIDEOS),
    ],
)
def test_which_scope_opens_what(method: str, path: str, scopes: frozenset[str]) -> None:
    assert scopes_for(method, path) == scopes
    assert scopes <= ANYTHING


def test_checking_a_key_is_cheap(kit: Any) -> None:
    """Processor time of one look-up, once the key is believed: no question to the database."""
    keys = kit.studio.keys
    assert keys.check(kit.key) is not None
    before = time.process_time()
    for _ in range(2000):
        keys.check(kit.key)
    assert (time.process_time() - before) / 2000 < 0.0005
