"""The OpenAPI document against the server that it describes: schemathesis, and its validator.

The server's backend is the stand-in of the Sora web backend, which delivers a small ready clip at once:
every request that schemathesis makes is really carried out, and none of them draws anything.

What is not checked: that *every* value outside a schema is refused (``negative_data_rejection``), because
bodies are read leniently on purpose (``"8"`` and ``8``, one field under several names, unknown fields),
and that every value inside is taken, as a prompt may name a style or a video that does not exist.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from clients_toolbox import Toolbox
from sora_web_studio import sora_web_studio

from sora_kit.standins.sora_web import Latency, NewAccount, SoraWebStandin

if TYPE_CHECKING:
    from sora_kit.server import Server

pytestmark = [pytest.mark.clients, pytest.mark.timeout(600, func_only=True)]

ADMIN = "admin-password-9"
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance", "ignored_auth", "use_after_free"),
)
PACKAGES = ("schemathesis==4.32.5", "openapi-spec-validator>=0.7")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    latency = Latency(0.0, 0.05, 0.0)
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("SORA_KIT_ADMIN_PASSWORD", ADMIN)
        standin = stack.enter_context(
            SoraWebStandin([NewAccount("u@example.com", quota=100_000)], latency=latency, concurrency=50)
        )
        folder = tmp_path_factory.mktemp("schema") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin, video_seconds=30))
        (account,) = standin.accounts.values()
        studio.accounts.add("sora_web", access_token=account.access_token, video_cap=-1, image_cap=-1)
        yield studio.serve(port=0)


@pytest.fixture(scope="module")
def document(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The document, as a client with a key gets it."""
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    found = httpx.get(f"{server.url}/openapi.json", headers=key(server), trust_env=False)
    path.write_bytes(found.raise_for_status().content)
    return path


@pytest.fixture(scope="module")
def python(toolbox: Toolbox) -> Path:
    return toolbox.python("schemathesis", *PACKAGES)


def key(server: Server, secret: str | None = None) -> dict[str, str]:
    return {"authorization": f"Bearer {secret or server.new_key}"}


def test_the_document_is_valid(document: Path, python: Path) -> None:
    check = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
    with document.open() as file:
        ran = subprocess.run([str(python), "-c", check], stdin=file, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-3000:]


def test_the_document_names_every_route(server: Server, document: Path) -> None:
    """Each with a name of its own, a tag, an answer, and failures in the one envelope."""
    schema = json.loads(document.read_text())
    operations = [(path, one) for path, item in schema["paths"].items() for one in item.values()]
    names = [one["operationId"] for _, one in operations]
    assert len(set(names)) == len(names) > 50
    for path, one in operations:
        assert one["tags"], path
        assert one["summary"], path
        assert "200" in one["responses"], path
        assert bool(one.get("security")) == path.startswith(("/v1/", "/admin/")), path
    routes = {path for path in server._app.route_handler_method_map if path.startswith("/v1/")}
    assert {path.replace(":str", "").replace(":path", "") for path in routes} <= set(schema["paths"])


@pytest.mark.parametrize("part", ["Models", "Videos", "Images", "Chat", "Webhooks", "Media", "Health"])
def test_the_server_does_what_the_document_says(
    server: Server, document: Path, python: Path, part: str, tmp_path: Path
) -> None:
    run(server, document, python, part, tmp_path, key(server), examples=6)


def test_so_does_the_admin_api(server: Server, document: Path, python: Path, tmp_path: Path) -> None:
    run(server, document, python, "Admin", tmp_path, key(server, ADMIN), examples=3)


def run(
    server: Server, document: Path, python: Path, part: str, folder: Path, headers: dict[str, str],
    *, examples: int,
) -> None:  # fmt: skip
    """Let schemathesis ask all operations of a tag."""
    command = [
        str(python.with_name("schemathesis")), "run", str(document), "--url", server.url,
        "--include-tag", part, "--header", f"Authorization: {headers['authorization']}",
        "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(examples), "--seed", "1", "--no-shrink", "--request-timeout", "60",
        "--suppress-health-check", "all", "--warnings", "off",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=580)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
