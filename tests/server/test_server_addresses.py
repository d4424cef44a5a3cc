"""Links in answers: the public address, else the one that the client used."""

from __future__ import annotations

import pytest
from litestar.connection import ASGIConnection

from sora_kit.server.addresses import base_url
from sora_kit.server.auth import presented


def connection(headers: dict[str, str], peer: str = "127.0.0.1", scheme: str = "http"):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "headers": raw,
        "client": (peer, 5),
        "server": ("127.0.0.1", 8000),
        "scheme": scheme,
    }
    return ASGIConnection({**scope, "path": "/", "query_string": b""})


@pytest.fixture(autouse=True)
def _no_public_url(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SORA_KIT_PUBLIC_URL", raising=False)


def test_the_public_url_beats_everything(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_PUBLIC_URL", "https://kit.example.org/sora/")
    assert base_url(connection({"host": "x", "x-forwarded-host": "y"})) == "https://kit.example.org/sora"


@pytest.mark.parametrize("host", ["localhost:8001", "192.168.1.5:8000", "[::1]:8000", "kit.example.org"])
def test_else_the_host_that_the_client_asked(host: str):
    assert base_url(connection({"host": host}, peer="10.0.0.9")) == f"http://{host}"


def test_a_proxy_on_this_machine_is_believed():
    headers = {"host": "127.0.0.1:8000", "x-forwarded-proto": "https", "x-forwarded-host": "hub.example.org"}
    assert base_url(connection(headers)) == "https://hub.example.org"
    headers["x-forwarded-context"] = "/user/ann/proxy/8000"
    assert base_url(connection(headers)) == "https://hub.example.org/user/ann/proxy/8000"


def test_others_are_not_believed():
    headers = {"host": "kit:8000", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example.org"}
    assert base_url(connection(headers, peer="10.0.0.9")) == "http://kit:8000"


@pytest.mark.parametrize("bad", ["a)b", "x y", "x/../y", "a\u00fc", "javascript:alert(1)", "a@b", ""])
def test_hosts_that_would_break_a_link_are_not_used(bad: str):
    assert base_url(connection({"host": bad, "x-forwarded-host": bad})) == "http://127.0.0.1:8000"


@pytest.mark.parametrize("bad", ["//evil.example.org", "/a b", "/a)b", "a", "/a?b"])
def test_prefixes_that_would_break_a_link_are_not_used(bad: str):
    assert base_url(connection({"host": "kit", "x-forwarded-prefix": bad})) == "http://kit"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"authorization": "Bearer a"}, ["a"]),
        ({"authorization": "bearer  a "}, ["a"]),
        ({"authorization": "token jupyters", "x-api-key": "b"}, ["b"]),
        ({"api-key": "c"}, ["c"]),
        ({"authorization": "Bearer"}, []),
        ({}, []),
    ],
)
def test_where_keys_are_looked_for(headers: dict[str, str], expected: list[str]):
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert list(presented(raw)) == expected
