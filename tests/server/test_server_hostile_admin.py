"""Hostile input at every route under /admin: refused in the one envelope, and no secret comes out.

The routes come from the OpenAPI document. The workspace is one of its own, with an account, a key, a
webhook, a job, a clip, a character and a request log to be harmed. What is sent as a secret, and what was
there already, is looked for in every answer and in all that was logged.
"""

from __future__ import annotations

import http.client
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hostile_corpus import BODIES, HEADERS, IDS, JSON_VALUES, QUERIES, TEXTS
from many_clips import fill

from sora_kit import Studio
from sora_kit.server.limits import Limits

pytestmark = pytest.mark.server

PASSWORD = "an-admin-passphrase-of-length"
PLANTED = {"access_token": "eyJhbGciOi.planted-access.x1", "refresh_token": "rt-planted-refresh-99"}
SENT = "s3cret-that-was-sent-5150"
"""Stands in every field that holds a secret, beside a field that is wrong."""

SECRET_FIELDS = ("access_token", "session_token", "refresh_token", "api_key", "password")
LOGIN, LOGOUT = "/admin/login", "/admin/logout"
LARGEST = 32 * 1024 * 1024
TAKES_FILES = "/admin/characters"
"""As large as under /v1."""
Operation = tuple[str, str, dict[str, Any]]


@dataclass
class Place:
    """A server, who may administer it, and what must never be seen."""

    studio: Studio
    http: httpx.Client = field(repr=False)
    """Presents an admin session."""
    key: str = field(repr=False)
    """An ordinary one."""
    secrets: list[str] = field(repr=False)
    operations: list[Operation]
    ids: dict[str, str]
    """Real ones, by the names of parameters."""

    def send(self, method: str, path: str, **more: Any) -> None:
        """Ask, and check what comes back."""
        answer = self.http.request(method, path, **more)
        self.look(answer, f"{method} {path[:200]} {str(more)[:200]}")

    def look(self, answer: httpx.Response, told: str) -> None:
        """Whether an answer is in order."""
        told = f"{told} → {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        # no browser takes it for a page, whatever words of people are in it
        assert answer.headers["content-type"].partition(";")[0] in ("application/json", "text/plain"), told
        assert answer.headers["x-content-type-options"] == "nosniff", told
        for secret in self.secrets:
            assert secret not in answer.text, told
            assert secret not in str(answer.headers), told
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert set(error) == {"message", "type", "param", "code"}, told
            # what is wrong, and what to do about it: two sentences at least
            assert re.fullmatch(r"(?s)\S.*[.`] .*\S[.`]\.?", error["message"]), told
            assert "Traceback" not in error["message"], told


@pytest.fixture(scope="module")
def place(home: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    patch = pytest.MonkeyPatch()
    patch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    patch.setenv("SORA_KIT_SORA_WEB_URL", "http://127.0.0.1:9")
    folder = tmp_path_factory.mktemp("hostile") / "workspace"
    with patch.context(), Studio(folder, role="client") as studio:
        server = studio.serve(port=0)
        assert server.new_key is not None
        account = studio.accounts.add("sora_web", **PLANTED)
        hook = studio.webhooks.add("https://hook.example/told")
        key = studio.keys.create("ann")
        job = studio.image("<script>alert(1)</script><img src=x onerror=alert(1)> A fish")
        (drawn,) = fill(studio, 1)
        clip, character = studio.clip(drawn), shown_in(studio, drawn)
        with httpx.Client(base_url=server.url, timeout=60) as web:
            opened = web.post("/admin/login", json={"password": PASSWORD}).json()["token"]
            document = web.get("/openapi.json", headers=bearer(server.new_key)).json()
            web.headers.update(bearer(opened))
            ids = {"account": account.id, "webhook": hook.endpoint.id, "key": key.id, "job": job.id}
            ids |= {"clip": clip.id, "character": character}
            secrets = [*PLANTED.values(), hook.secret, server.new_key, key.secret, PASSWORD, opened, SENT]
            yield Place(studio, web, server.new_key, secrets, list(found(document)), ids)
    patch.undo()


def shown_in(studio: Studio, job: str) -> str:
    """The id of a character that is seen in the clip of a job."""
    clip = studio.clip(job)
    row = {
        "id": job.replace("job_", "character_"), "job": job, "name": "rex", "display_name": "Rex",
        "description": "a dog", "backend": "animatic", "account": "", "upstream": {}, "source": clip.id,
        "sha256": clip.poster_sha256, "ext": "jpg", "token": "portrait", "created": clip.created,
    }  # fmt: skip
    return studio.characters_table.add(row).id


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def found(document: dict[str, Any]) -> Iterator[Operation]:
    """The operations under /admin, with the properties of their bodies."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if path.startswith("/admin/") and path != LOGOUT:  # it would end the session of these tests
                yield method.upper(), path, properties(document, operation)


def properties(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    for one in (schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if name := one.get("$ref"):
            schema = document["components"]["schemas"][name.rpartition("/")[2]]
    given: dict[str, Any] = schema.get("properties", {})
    return given or ({"accounts.mode": {}, "log.keep_days": {}, "server.cors_origins": {}} if content else {})


def filled(path: str, value: str = "x", ids: dict[str, str] | None = None) -> str:
    """A path with its parameters; with real ids where there are some."""
    return re.sub(r"\{([^}:]+)[^}]*\}", lambda name: (ids or {}).get(name[1], value), path)


def bodies_of(fields: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
    """One hostile value at a time in each field, beside good ones and a secret; then whole bodies."""
    rest: dict[str, Any] = {"action": "disable", "accounts": [], "text": "[]", "url": "https://hook.example/"}
    rest |= {"name": "ann's other", "backend": "sora_web", "label": "x", "again": False, "same_seed": False}
    rest |= dict.fromkeys(SECRET_FIELDS, SENT)
    if "source" in fields:
        rest |= {"source": f"clip_{0:026d}", "name": "mona", "backend": "animatic"}
    for number, name in enumerate(fields):
        apart = (name, "source") if name == "video" else (name,)  # a character is made of one of the two
        kept = {key: value for key, value in rest.items() if key in fields and key not in apart}
        start = json.dumps(kept)[:-1] + (", " if kept else "")
        # a share of the values for each field, another for the next
        for value in JSON_VALUES[number % 5 :: 5]:
            yield f'{start}"{name}": {value}}}'.encode(), "application/json"
        for text in TEXTS[number % 5 :: 5]:
            yield json.dumps({**kept, name: text}).encode(), "application/json"
    yield from BODIES


def test_no_id_does_harm(place: Place) -> None:
    for method, path, _ in place.operations:
        for value in IDS if "{" in path else ():
            place.send(method, filled(path, value), content=b"{}" if method in ("PATCH", "POST") else None)


def test_no_query_does_harm(place: Place) -> None:
    for method, path, _ in place.operations:
        for query in QUERIES if method == "GET" else ():
            place.send(method, f"{filled(path, ids=place.ids)}?{query}")


def test_no_body_does_harm(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for method, path, fields in place.operations:
            for body, kind in bodies_of(fields) if fields else ():
                # a password that was sent is a wrong one, and an account's may be gone by now
                place.send(method, filled(path, ids=place.ids), content=body, headers={"content-type": kind})
    told = caplog.text + json.dumps(place.studio.requests.latest(100_000))
    for secret in place.secrets:
        assert secret not in told
    assert "Traceback" not in caplog.text


def test_no_header_does_harm(place: Place) -> None:
    for method, path, fields in place.operations:
        for headers in HEADERS:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            place.send(method, filled(path), content=b"{}" if fields else None, headers=sent)


def test_no_size_does_harm(place: Place) -> None:
    for method, path, fields in place.operations:
        if fields:
            line = http.client.HTTPConnection(place.http.base_url.host, place.http.base_url.port, timeout=60)
            line.putrequest(method, filled(path, ids=place.ids))
            for name in ("authorization", "content-type"):
                line.putheader(name, place.http.headers.get(name, "application/json"))
            most = Limits().body_bytes if path == TAKES_FILES else LARGEST
            line.putheader("content-length", str(most + 1))
            line.endheaders(b"[")
            answer = line.getresponse()
            assert answer.status == 413, path
            assert json.loads(answer.read())["error"]["code"] == "request_too_large"
            line.close()


def others(place: Place) -> Iterator[dict[str, Any]]:
    """Nobody, somebody with an ordinary key, and tokens that are none."""
    yield {}
    yield bearer(place.key)
    yield {"x-api-key": place.key}
    yield {"authorization": f"Basic {PASSWORD}"}
    yield {"cookie": f"session={PASSWORD}"}
    for text in TEXTS:
        yield {"authorization": b"Bearer _" + re.sub(r"[\x00-\x20\x7f]", "_", text).encode()}


def test_nobody_else_gets_in(place: Place) -> None:
    who = list(others(place))
    logout: Operation = ("POST", LOGOUT, {})
    with httpx.Client(base_url=place.http.base_url, timeout=60) as stranger:
        for number, (method, path, _) in enumerate([*place.operations, logout]):
            for headers in (*who[:5], *who[5 + number % 6 :: 6]) if path != LOGIN else ():
                answer = stranger.request(method, filled(path, ids=place.ids), headers=headers, content=b"{}")
                place.look(answer, f"{method} {path} {headers}")
                assert answer.status_code in (401, 403, 429, 431), f"{method} {path} {headers}"
    assert place.studio.accounts.get(place.ids["account"])
    assert place.studio.clip(place.ids["clip"])
    assert place.studio.characters[place.ids["character"]]
