"""What every answer carries, which pages may ask, and what never reaches a log."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput
from sora_kit.server.origins import chosen
from sora_kit.server.shield import ANY

pytestmark = pytest.mark.server


# -- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/v1/models"),
        ("GET", "/v1/videos/none"),
        ("POST", "/v1/videos"),
        ("GET", "/nothing/here"),
        ("GET", "/admin/accounts"),
        ("GET", "/docs"),
        ("DELETE", "/v1/models"),
    ],
)
def test_answers_are_not_guessed_framed_or_stored(kit, method: str, path: str):
    answer = kit.http.request(method, path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers
    for name in ("x-content-type-options", "content-security-policy", "cache-control", "content-type"):
        assert len(answer.headers.get_list(name)) <= 1, name


def test_media_may_be_shown_by_any_page(kit, anyone: httpx.Client, video: dict[str, Any]):
    """A notebook, Voilà and JupyterLab are other origins than this server."""
    answer = anyone.get(video["url"], headers={"origin": "https://notebook.example", "range": "bytes=0-9"})
    assert answer.status_code == 206
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors" not in answer.headers["content-security-policy"]
    assert "media-src 'self'" in answer.headers["content-security-policy"]


def test_a_download_is_private(kit, video: dict[str, Any]):
    answer = kit.http.get(f"/v1/videos/{video['id']}/content", headers={"range": "bytes=0-9"})
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


# -- other pages ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, str]]:
    """A server that one page may ask, and the address of a picture there."""
    with Studio(tmp_path_factory.mktemp("closed") / "workspace") as studio:
        clip = studio.image("A kite").result(90)
        server = studio.serve(port=0, cors_origins=["https://app.example", "http://localhost:3000"])
        headers = {"authorization": f"Bearer {server.new_key}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            yield client, f"/media/{clip.token}.{clip.ext}"


def test_only_chosen_pages_may_ask(closed):
    client, _ = closed
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    for origin, allowed in (
        ("https://app.example", True),
        ("http://localhost:3000", True),
        ("https://evil.example", False),
        ("https://app.example.evil.example", False),
        ("http://app.example", False),
        ("null", False),
    ):
        plain = client.get("/v1/models", headers={"origin": origin})
        assert (plain.headers.get("access-control-allow-origin") == origin) is allowed, origin
        before = client.options("/v1/videos", headers=asked | {"origin": origin})
        assert (before.headers.get("access-control-allow-origin") == origin) is allowed, origin
        assert "access-control-allow-credentials" not in plain.headers
        if allowed:
            assert "origin" in plain.headers["vary"].lower()


def test_media_follow_the_choice(closed):
    client, picture = closed
    assert "access-control-allow-origin" not in client.get(picture).headers
    allowed = client.get(picture, headers={"origin": "https://app.example"})
    assert allowed.headers.get_list("access-control-allow-origin") == ["https://app.example"]
    refused = client.get(picture, headers={"origin": "https://evil.example"})
    assert refused.headers.get("access-control-allow-origin") != "*"


def test_without_a_choice_every_page_with_a_key_may_ask(kit):
    answer = kit.http.get("/v1/models", headers={"origin": "https://any.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_origins_come_from_the_argument_the_settings_or_nowhere(studio: Studio):
    settings = studio.settings
    assert chosen(None, settings) == ANY
    settings.set("server.cors_origins", ["https://App.Example:443/", "http://[::1]:8080"])
    assert chosen(None, settings) == ("https://app.example", "http://[::1]:8080")
    assert chosen(["https://other.example"], settings) == ("https://other.example",)
    assert chosen([], settings) == ANY
    for bad in ("app.example", "https://", "ftp://app.example", "https://app.example/path", "https://*.example",
                "https://user@app.example", "null", "https://a:99999", ""):  # fmt: skip
        with pytest.raises(InvalidInput):
            chosen([bad], settings)
    settings.set("server.cors_origins", "https://app.example")
    with pytest.raises(InvalidInput):
        chosen(None, settings)


def test_a_limit_that_is_none_is_named_at_the_start(studio: Studio):
    studio.settings.set("server.head_seconds", "soon")
    with pytest.raises(InvalidInput, match=r"server\.head_seconds"):
        studio.serve(port=0)


# -- logs -----------------------------------------------------------------------------------------

SECRETS = [
    "sk-sora-AAAAbbbbCCCCddddEEEEffff",
    "admin-Passw0rd-of-somebody",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "cookie-Val9e-of-s0mebody",
]


def test_no_secret_reaches_a_log(
    kit, anyone: httpx.Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """Not ours, not uvicorn's, not asyncio's, at no level, in no traceback."""
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", SECRETS[1])
    for name in ("", "sora_kit", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "litestar"):
        caplog.set_level(logging.DEBUG, logger=name)
    for name in ("httpx", "httpcore"):  # the client of this test
        monkeypatch.setattr(logging.getLogger(name), "disabled", True)
    headers = {
        "authorization": f"Bearer {SECRETS[0]}",
        "x-api-key": SECRETS[0],
        "cookie": f"session={SECRETS[3]}",
    }
    admin = {"authorization": f"Bearer {SECRETS[1]}"}

    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("something of ours broke")

    for path in ("/v1/models", "/v1/videos/x", f"/v1/videos?after={SECRETS[0]}", f"/media/{SECRETS[0]}.mp4"):
        anyone.get(kit.url + path, headers=headers)
    anyone.post(f"{kit.url}/v1/videos", json={"prompt": 1, "secret": SECRETS[2]}, headers=headers)
    anyone.get(f"{kit.url}/admin/accounts", headers=admin)
    anyone.get(f"{kit.url}/admin/accounts", headers={"authorization": f"Bearer {SECRETS[1]}x"})
    made = anyone.post(
        f"{kit.url}/admin/webhooks", json={"url": "https://hook.example/"}, headers=admin
    ).json()
    kit.http.post("/v1/chat/completions", json={"model": "x", "api_key": SECRETS[0], "messages": 1})
    with monkeypatch.context() as patch:
        patch.setattr(type(kit.studio), "record", broken)
        failed = kit.http.get("/v1/videos/video_x")
        patch.setattr(type(kit.studio.webhooks), "add", broken)
        body = {"url": f"https://hook.example/?token={SECRETS[0]}"}
        worse = anyone.post(f"{kit.url}/admin/webhooks", json=body, headers=admin)
    assert (failed.status_code, worse.status_code) == (500, 500)
    assert "of ours" not in failed.text + worse.text
    with socket.create_connection(("127.0.0.1", kit.server.port), 10) as connection:
        connection.sendall(f"BROKEN {SECRETS[0]}\r\nauthorization: Bearer {SECRETS[0]}\r\n\r\n".encode())
        with contextlib.suppress(OSError):
            connection.recv(1000)
    time.sleep(0.5)
    formatter = logging.Formatter("%(name)s %(message)s")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert "something of ours broke" in text, "tracebacks are kept"
    assert "uvicorn.access" not in text
    for secret in (*SECRETS, kit.key, made["secret"]):
        assert secret not in text
    rows = str(kit.studio.requests.latest(50))
    for secret in (*SECRETS, kit.key, made["secret"]):
        assert secret not in rows, secret
    kit.studio.webhooks.remove(made["id"])


def test_secrets_are_compared_in_constant_time():
    """Where something secret is compared with ``==``, its first wrong letter could be timed."""
    import sora_kit

    suspicious = re.compile(r"\b\w*(?:password|secret|signature|given_key)\w*\s*[!=]=\s*(?!None|\"\"|''|0)")
    root = __import__("pathlib").Path(sora_kit.__file__).parent
    found = {
        f"{path.name}: {line.strip()}"
        for room in ("server", "store")
        for path in (root / room).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if suspicious.search(line) and "table" not in line and ".c." not in line
    }
    assert found == set()
