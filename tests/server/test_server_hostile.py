"""Hostile input at every route: it is refused in the one envelope, and nothing breaks.

The routes come from the OpenAPI document, so a new one is met by all of it. Nothing is made: bodies name
a backend that does not exist, which is found out last, after every other field has been read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hostile_corpus import BODIES, HEADERS, IDS, JSON_VALUES, QUERIES, TEXTS

pytestmark = pytest.mark.server

SKIPPED = {"/metrics"}  # it tells nothing of the request
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def operations(kit) -> list[Operation]:
    """Method, path and description of each operation."""
    paths = kit.http.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if path not in SKIPPED and not path.startswith("/admin/")
    ]


def filled(path: str, value: str = "x") -> str:
    return re.sub(r"\{[^}]+\}", lambda _: value, path)


def fields_of(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema", {}).get("properties", {})


def bodies_of(operation: dict[str, Any]) -> Iterator[tuple[bytes, str]]:
    """One hostile value at a time in each field, in JSON and in a form; then whole bodies."""
    names = fields_of(operation)
    rest = {"prompt": "a cat", "model": "sora-2", "name": "Mossy", "backend": "nowhere"}
    rest |= {"messages": [{"role": "user", "content": "a cat"}], "video": "video_x", "url": "x:"}
    for number, name in enumerate(names):
        kept = {key: value for key, value in rest.items() if key in names and key != name}
        if name == "backend":
            kept["seed"] = "none"  # no backend at all means the default one
        start = json.dumps(kept)[:-1] + (", " if kept else "")
        # a share of the values for each field, another for the next
        for value in JSON_VALUES[number % 3 :: 3]:
            yield f'{start}"{name}": {value}}}'.encode(), "application/json"
        for text in TEXTS[number % 3 :: 3]:
            yield json.dumps({**kept, name: text}).encode(), "application/json"
    if names:
        yield from BODIES


def check(answer: httpx.Response, told: str, *, fine: bool = True) -> None:
    """A refusal in the envelope, or (where that may be) an answer."""
    assert answer.status_code < 500, f"{told}: {answer.status_code} {answer.text[:300]}"
    if "x-request-id" not in answer.headers:  # refused before it was a request
        assert answer.status_code in (400, 431), told
        assert answer.headers["connection"] == "close", told
    if answer.status_code < 400:
        assert fine, f"{told}: {answer.text[:300]}"
        return
    if answer.request.method == "HEAD":
        return
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}, told
    assert error["message"], told
    assert "Traceback" not in error["message"], told


def test_no_id_does_harm(kit, operations: list[Operation]) -> None:
    for method, path, _ in operations:
        if "{" in path:
            for value in IDS:
                answer = kit.http.request(method, filled(path, value))
                check(answer, f"{method} {filled(path, value)[:200]}", fine=False)


def test_no_query_does_harm(kit, operations: list[Operation]) -> None:
    for method, path, _ in operations:
        if method == "GET":
            for query in QUERIES:
                check(kit.http.get(f"{filled(path)}?{query}"), f"{path}?{query[:100]}")


def test_no_body_does_harm(kit, operations: list[Operation]) -> None:
    made = kit.studio.jobs_table.counts()
    for method, path, operation in operations:
        for body, kind in bodies_of(operation):
            if path == "/v1/chat/completions" and b"### Task" in body:
                continue
            answer = kit.http.request(method, filled(path), content=body, headers={"content-type": kind})
            hooks = path.startswith("/v1/webhook_endpoints")  # they take an address and no backend
            check(answer, f"{method} {path} {body[:200]!r}", fine=hooks)
    assert kit.studio.jobs_table.counts() == made


def test_no_header_does_harm(kit, operations: list[Operation]) -> None:
    body = {
        "prompt": "a cat",
        "model": "nothing",
        "backend": "nowhere",
        "messages": [],
        "name": "",
        "url": "",
    }
    for method, path, operation in operations:
        posted = bool(fields_of(operation))
        for headers in HEADERS:
            told = {name: value.encode("latin-1") for name, value in headers.items()}
            kind = {} if "content-type" in told or not posted else {"content-type": b"application/json"}
            content = json.dumps(body).encode() if posted else None
            answer = kit.http.request(method, filled(path), content=content, headers={**kind, **told})
            check(answer, f"{method} {path} {headers}")


def test_hostile_prompts_are_kept_as_they_are_or_refused(kit) -> None:
    for text in TEXTS:
        answer = kit.http.post("/v1/videos", json={"prompt": text, "model": "sora-2"})
        check(answer, repr(text[:80]))
        if answer.status_code == 200:
            video = answer.json()
            again = kit.http.get(f"/v1/videos/{video['id']}").json()
            assert again["prompt"] == video["prompt"]
            assert kit.http.delete(f"/v1/videos/{video['id']}").status_code == 200


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_no_key_opens_by_being_odd(kit, anyone: httpx.Client, number: int) -> None:
    key = re.sub(rb"[\x00-\x20\x7f]", b"_", TEXTS[number].encode())
    answer = anyone.get(f"{kit.url}/v1/models", headers={b"authorization": b"Bearer " + (key or b"_")})
    check(answer, repr(key[:80]), fine=False)
    assert answer.status_code in (401, 431)
