"""nginx and Caddy in front of the server, set up as docs/security.md says, but for ports and certificates.

They run as whoever runs the tests, each in a folder of its own. The client comes from 127.0.0.2, so that it
is another than the proxy.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from conftest import Kit

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(sys.platform != "linux", reason="other systems have no 127.0.0.2"),
]

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
CLIENT = "127.0.0.2"
FORGED = "8.8.8.8"
UPLOAD = 50_000_000

NGINX = """
daemon off;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {}
}}
"""
CADDY = """
{{
    admin off
    auto_https disable_redirects
    storage file_system {{
        root data
    }}
}}
{}
"""


def documented(start: str) -> str:
    """The block of the page that begins so."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    found: list[str] = [block for block in blocks if block.startswith(start)]
    assert len(found) == 1
    return found[0]


def replaced(text: str, pairs: dict[str, str]) -> str:
    """The text with other words; each of them must be there."""
    for old, new in pairs.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def certified(folder: Path) -> None:
    """``own.pem`` and ``own.key``, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "own.pem").write_bytes(made.public_bytes(pem))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "own.key").write_bytes(key.private_bytes(pem, *plain))


def command(name: str, port: int, kit: Kit, folder: Path) -> list[str]:
    """Write the configuration, and say how the proxy is started."""
    if name == "nginx":
        text = replaced(
            documented("upstream"),
            {
                "127.0.0.1:8000": f"127.0.0.1:{kit.server.port}",
                "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
                "/etc/letsencrypt/live/video.example/fullchain.pem": f"{folder}/own.pem",
                "/etc/letsencrypt/live/video.example/privkey.pem": f"{folder}/own.key",
                "video.example": "127.0.0.1",
            },
        )
        (folder / "nginx.conf").write_text(NGINX.format(text))
        return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    text = replaced(
        documented("video.example"),
        {
            "127.0.0.1:8000": f"127.0.0.1:{kit.server.port}",
            "video.example {": f"https://127.0.0.1:{port} {{\n    bind 127.0.0.1\n    tls own.pem own.key",
        },
    )
    (folder / "Caddyfile").write_text(CADDY.format(text))
    return ["caddy", "run", "--config", "Caddyfile"]


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest, kit: Kit, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a proxy in front of the kit."""
    name = request.param
    path = os.pathsep.join((os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"))
    program = shutil.which(name, path=path)
    if program is None:
        cure = f"{name} is not installed. Debian: apt-get install {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{cure}; CI must run this test", pytrace=False)
        pytest.skip(cure)
    folder = tmp_path_factory.mktemp(name)
    certified(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    own = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    arguments = [program, *command(name, port, kit, folder)[1:]]
    with (
        (folder / "said").open("wb") as said,
        subprocess.Popen(arguments, cwd=folder, env=own, stdout=said, stderr=said) as process,
    ):
        try:
            end = time.monotonic() + 60
            while True:
                assert process.poll() is None, (folder / "said").read_text()
                assert time.monotonic() < end, (folder / "said").read_text()
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                except OSError:
                    time.sleep(0.02)
                else:
                    break
            yield f"https://127.0.0.1:{port} {folder / 'own.pem'}"
        finally:
            process.terminate()


@pytest.fixture
def outside(kit: Kit, proxy: str) -> Iterator[httpx.Client]:
    """A client of the proxy, which claims to be another."""
    url, _, own = proxy.partition(" ")
    transport = httpx.HTTPTransport(verify=ssl.create_default_context(cafile=own), local_address=CLIENT)
    headers = {"authorization": f"Bearer {kit.key}", "x-forwarded-for": FORGED}
    with httpx.Client(base_url=url, headers=headers, transport=transport, timeout=60) as http:
        yield http


async def told(kit: Kit, job: str) -> None:
    """Tell those who wait, as whoever runs a job does; the rows of its own process nobody reads again."""
    kit.studio.hub.publish(kit.studio.record(job))


def test_a_stream_arrives_as_it_is_sent(kit: Kit, outside: httpx.Client):
    name = kit.row(state="queued", finished=None, runner=kit.studio.part.runner_id)
    job = "job_" + name.removeprefix("video_")
    with outside.stream("GET", f"/v1/chat/completions/{job}", params={"stream": "true"}) as answer:
        assert answer.status_code == 200, answer.read()
        lines = answer.iter_lines()
        first = json.loads(next(lines).removeprefix("data: "))  # nobody makes the job: it has not ended
        assert first["choices"][0]["finish_reason"] is None
        kit.studio.jobs_table.finish(job, "cancelled")
        kit.studio.loop.run(told(kit, job))
        assert [line for line in lines if line][-1] == "data: [DONE]"


def test_links_lead_through_the_proxy_and_pieces_can_be_fetched(
    outside: httpx.Client, video: dict[str, Any], anyone: httpx.Client
):
    found = outside.get(f"/v1/videos/{video['id']}").json()
    assert found["url"].startswith(f"{outside.base_url}".rstrip("/") + "/media/")
    piece = outside.get(found["url"], headers={"range": "bytes=100-299"})
    assert piece.status_code == 206
    assert piece.headers["content-range"].startswith("bytes 100-299/")
    assert piece.content == anyone.get(video["url"]).content[100:300]
    content = outside.get(f"/v1/videos/{video['id']}/content")
    assert content.content == anyone.get(video["url"]).content


def test_an_upload_goes_through(kit: Kit, outside: httpx.Client):
    files = {"input_reference": ("long.png", b"\x00" * UPLOAD, "image/png")}
    answer = outside.post("/v1/videos", data={"prompt": "A kite", "model": "sora-2"}, files=files)
    assert answer.status_code == 400
    problem = answer.json()["error"]
    assert problem["type"] == "invalid_request_error"
    row = next(row for row in kit.studio.requests.latest(20) if row["client"] == CLIENT)
    assert "50 MB" in row["asked"]


def test_it_is_the_client_who_stands_in_the_log(kit: Kit, outside: httpx.Client):
    answer = outside.get("/v1/models", headers={"x-forwarded-host": "elsewhere.example"})
    assert answer.status_code == 200
    row = next(row for row in kit.studio.requests.latest(20) if row["path"] == "/v1/models")
    assert row["client"] == CLIENT


@pytest.mark.parametrize("path", ["/metrics", "/admin/jobs", "/docs", "/openapi.json"])
def test_what_is_kept_inside(outside: httpx.Client, path: str):
    answer = outside.get(path)
    assert answer.status_code in (403, 404)
    assert "x-request-id" not in answer.headers  # it was the proxy that said so
