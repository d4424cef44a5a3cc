"""Bodies that nobody thought of: what was encoded comes out, and anything else is refused in order.

A small application around `read_body` is asked directly, over ASGI, with the body in pieces of any size:
there is no network between, so a thousand bodies take seconds. (atheris, which would mutate by coverage,
has no wheels for every Python that sora_kit runs on; hypothesis has.)
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from sora_kit.server.bodies import read_body
from sora_kit.server.envelope import answer
from sora_kit.server.incoming import Upload
from sora_kit.server.limits import Limits
from sora_kit.server.visible import Wire

pytestmark = pytest.mark.server

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xYzZy"
EDGE = b"--xYzZy"

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='[]"\\\r\n\0', exclude_categories=["C"]),
                min_size=1, max_size=10)  # fmt: skip
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)
FILES = st.binary(max_size=200)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=8)
"""Lengths of the pieces in which a body comes, again and again."""


@post("/", status_code=200)
async def echo(request: Wire) -> dict[str, Any]:
    """What was read."""
    return {"read": shown(await read_body(request))}


def shown(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: shown(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [shown(value) for value in tree]
    return {"file": tree.data.hex(), "name": tree.name} if isinstance(tree, Upload) else tree


@pytest.fixture(scope="module")
def app(kit) -> Litestar:
    state = State({"studio": kit.studio, "limits": Limits(body_bytes=4096, upload_bytes=8192, parts=20)})
    handlers = {HTTPException: answer, Exception: answer}
    return Litestar(
        [echo], state=state, exception_handlers=handlers, openapi_config=None, logging_config=None
    )


def ask(app: Litestar, body: bytes, kind: str, sizes: list[int]) -> tuple[int, Any]:
    """Status and answer."""
    pieces, at, number = [], 0, 0
    while at < len(body):
        size = sizes[number % len(sizes)]
        pieces.append(body[at : at + size])
        at, number = at + size, number + 1
    sent: list[Any] = []

    async def receive() -> Any:
        piece = pieces.pop(0) if pieces else b""
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/",
        "raw_path": b"/", "query_string": b"", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "headers": [(b"content-type", kind.encode("latin-1"))],
    }  # fmt: skip

    async def run() -> None:
        async with asyncio.timeout(20):
            await app(scope, receive, send)

    asyncio.run(run())
    status = sent[0]["status"]
    return status, json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


def refused(status: int, told: Any) -> None:
    assert 400 <= status < 500, told
    assert set(told["error"]) == {"message", "type", "param", "code"}
    assert told["error"]["message"]


def part(about: bytes, value: bytes) -> bytes:
    return EDGE + b"\r\nContent-Disposition: form-data; " + about + b"\r\n\r\n" + value + b"\r\n"


@given(tree=st.dictionaries(TEXTS, TREES, max_size=5), sizes=SIZES)
def test_json_comes_out_as_it_went_in(app: Litestar, tree: dict[str, Any], sizes: list[int]) -> None:
    body = json.dumps(tree).encode()
    status, told = ask(app, body, JSON, sizes)
    if len(body) > 4096:
        assert status == 413
    else:
        assert (status, told) == (200, {"read": tree})


@given(fields=st.dictionaries(NAMES, TEXTS, min_size=1, max_size=5), sizes=SIZES)
def test_a_form_comes_out_as_it_went_in(app: Litestar, fields: dict[str, str], sizes: list[int]) -> None:
    body = urlencode(fields).encode()
    if body.startswith(b"%7B"):
        return
    assert ask(app, body, FORM, sizes) == (200, {"read": fields})


@given(
    texts=st.dictionaries(NAMES, TEXTS, max_size=4),
    files=st.dictionaries(NAMES, FILES, max_size=3),
    sizes=SIZES,
)
def test_a_form_with_files_comes_out_as_it_went_in(
    app: Litestar, texts: dict[str, str], files: dict[str, bytes], sizes: list[int]
) -> None:
    files = {name: data for name, data in files.items() if name not in texts and EDGE not in data}
    parts = [part(f'name="{name}"'.encode(), text.encode()) for name, text in texts.items()]
    parts += [part(f'name="{name}"; filename="a.png"'.encode(), data) for name, data in files.items()]
    expected: dict[str, Any] = texts | {n: {"file": data.hex(), "name": "a.png"} for n, data in files.items()}
    body = b"".join(parts) + EDGE + b"--\r\n"
    assert ask(app, body, MULTIPART, sizes) == (200, {"read": expected})


@settings(max_examples=300)
@given(
    body=st.binary(max_size=6000),
    kind=st.sampled_from([JSON, FORM, MULTIPART, "", "text/plain"]),
    sizes=SIZES,
)
def test_any_bytes_are_read_or_refused(app: Litestar, body: bytes, kind: str, sizes: list[int]) -> None:
    status, told = ask(app, body, kind, sizes)
    if status == 200:
        assert isinstance(told["read"], dict)
    else:
        refused(status, told)


@settings(max_examples=300)
@given(data=st.data(), sizes=SIZES)
def test_a_damaged_form_is_read_or_refused(app: Litestar, data: st.DataObject, sizes: list[int]) -> None:
    """A form that is right, with pieces of it cut out, doubled or replaced."""
    body = part(b'name="prompt"', b"a cat") + part(b'name="image"; filename="a.png"', b"\x89PNG" * 20)
    body = bytearray(body + EDGE + b"--\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, max(0, len(body) - 1)))
        stop = min(len(body), start + data.draw(st.integers(0, 30)))
        body[start:stop] = data.draw(st.one_of(st.binary(max_size=20), st.just(bytes(body[start:stop]) * 2)))
    status, told = ask(app, bytes(body), MULTIPART, sizes)
    if status != 200:
        refused(status, told)


@given(kind=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60), sizes=SIZES)
def test_any_type_is_understood_or_refused(app: Litestar, kind: str, sizes: list[int]) -> None:
    status, told = ask(app, b'{"prompt": "a"}', kind, sizes)
    if status == 200:
        assert told == {"read": {"prompt": "a"}}
    else:
        refused(status, told)


@pytest.mark.parametrize("depth", [100, 1000, 100_000])
def test_deep_trees_are_refused(app: Litestar, depth: int) -> None:
    for body in (b'{"a":' * depth + b"1" + b"}" * depth, b'{"a": ' + b"[" * depth):
        status, told = ask(app, body[:4000], JSON, [4000])
        if status != 200:
            refused(status, told)
