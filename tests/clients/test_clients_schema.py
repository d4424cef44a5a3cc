"""The OpenAPI document against the server that it describes: schemathesis, and its validator.

The server's backend is the stand-in of the Sora web backend, which delivers a small ready clip at once:
every request that schemathesis makes is really carried out, and none of them draws anything. There is one
of everything on it (`clients_world`), so that each operation also gives its answer of success, which is
asserted.

What is not checked: that *every* value outside a schema is refused (``negative_data_rejection``), because
bodies are read leniently on purpose (``"8"`` and ``8``, one field under several names, unknown fields),
and that every value inside is taken, as a prompt may name a style or a video that does not exist.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from clients_toolbox import Toolbox
from clients_world import listener, peopled, with_examples
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
ACCOUNTS = ("used@example.com", "added@example.com")
DOORS = ("/admin/login", "/admin/logout")
"""Tried last: wrong passwords lock their sender out for a while."""


@pytest.fixture(scope="module")
def standin() -> Iterator[SoraWebStandin]:
    accounts = [NewAccount(name, quota=100_000) for name in ACCOUNTS]
    with SoraWebStandin(accounts, latency=Latency(0.0, 0.05, 0.0), concurrency=50) as running:
        yield running


@pytest.fixture(scope="module")
def hook() -> Iterator[str]:
    with listener() as address:
        yield address


@pytest.fixture(scope="module")
def server(standin: SoraWebStandin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("SORA_KIT_ADMIN_PASSWORD", ADMIN)
        patch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")  # the listener is on this machine
        folder = tmp_path_factory.mktemp("schema") / "workspace"
        studio = stack.enter_context(sora_web_studio(folder, standin, video_seconds=30, poll_seconds=0.1))
        token = standin.accounts[ACCOUNTS[0]].access_token
        studio.accounts.add("sora_web", access_token=token, video_cap=-1, image_cap=-1)
        yield studio.serve(port=0)


@pytest.fixture
def document(server: Server) -> dict[str, Any]:
    """The document, as a client with a key gets it."""
    found = httpx.get(f"{server.url}/openapi.json", headers=key(server), trust_env=False)
    return dict(found.raise_for_status().json())


@pytest.fixture
def known(server: Server, standin: SoraWebStandin, hook: str, document: dict[str, Any]) -> dict[str, Any]:
    """The document with the ids of what there is."""
    with (
        httpx.Client(base_url=server.url, headers=key(server), trust_env=False, timeout=60) as user,
        httpx.Client(base_url=server.url, headers=key(server, ADMIN), trust_env=False, timeout=60) as admin,
    ):
        world = peopled(user, admin, hook, standin.accounts[ACCOUNTS[1]].access_token)
    return with_examples(document, world)


@pytest.fixture(scope="module")
def python(toolbox: Toolbox) -> Path:
    return toolbox.python("schemathesis", *PACKAGES)


def key(server: Server, secret: str | None = None) -> dict[str, str]:
    return {"authorization": f"Bearer {secret or server.new_key}"}


def test_the_document_is_valid(document: dict[str, Any], python: Path) -> None:
    check = "import json, sys; from openapi_spec_validator import validate; validate(json.load(sys.stdin))"
    ran = subprocess.run(
        [str(python), "-c", check], input=json.dumps(document), capture_output=True, text=True
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-3000:]


def test_the_document_names_every_route(server: Server, document: dict[str, Any]) -> None:
    """Each with a name of its own, a tag, an answer, and failures in the one envelope."""
    operations = [(path, one) for path, item in document["paths"].items() for one in item.values()]
    names = [one["operationId"] for _, one in operations]
    assert len(set(names)) == len(names) > 50
    for path, one in operations:
        assert one["tags"], path
        assert one["summary"], path
        assert "200" in one["responses"], path
        locked = path.startswith(("/v1/", "/admin/")) and path != "/admin/login"
        assert bool(one.get("security")) == locked, path
    routes = {path for path in server._app.route_handler_method_map if path.startswith("/v1/")}
    assert {path.replace(":str", "").replace(":path", "") for path in routes} <= set(document["paths"])


@pytest.mark.parametrize("tag", ["Models", "Videos", "Images", "Chat", "Webhooks", "Media", "Health"])
def test_the_server_does_what_the_document_says(
    server: Server, known: dict[str, Any], python: Path, tag: str, tmp_path: Path
) -> None:
    wanted = {path for path, item in known["paths"].items() if tag in next(iter(item.values()))["tags"]}
    run(server, known, wanted, python, tmp_path, key(server), examples=6)


def test_so_does_the_admin_api(server: Server, known: dict[str, Any], python: Path, tmp_path: Path) -> None:
    known["paths"]["/admin/login"]["post"]["requestBody"]["content"]["application/json"]["example"] = {
        "password": ADMIN
    }
    inside = {path for path in known["paths"] if path.startswith("/admin/")} - {*DOORS}
    for wanted in (inside, {*DOORS}):
        run(server, known, wanted, python, tmp_path, key(server, ADMIN), examples=3)


def run(
    server: Server, document: dict[str, Any], wanted: set[str], python: Path, folder: Path,
    headers: dict[str, str], *, examples: int,
) -> None:  # fmt: skip
    """Let schemathesis ask all operations of some paths; each must have succeeded at least once."""
    (folder / "openapi.json").write_text(json.dumps(document))
    traffic = folder / "traffic.har"
    command = [
        str(python.with_name("schemathesis")), "run", "openapi.json", "--url", server.url,
        *(part for path in sorted(wanted) for part in ("--include-path", path)),
        "--header", f"Authorization: {headers['authorization']}",
        "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(examples), "--seed", "1", "--no-shrink", "--request-timeout", "60",
        "--suppress-health-check", "all", "--warnings", "off", "--report-har-path", str(traffic),
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=580)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    good = succeeded(json.loads(traffic.read_text()), server.url)
    for path in wanted:
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        for method in document["paths"][path]:
            assert any(one == method and pattern.fullmatch(asked) for one, asked in good), (method, path)


def succeeded(traffic: dict[str, Any], url: str) -> set[tuple[str, str]]:
    """Method and path of what was answered with success."""
    return {
        (entry["request"]["method"].lower(), entry["request"]["url"].removeprefix(url).partition("?")[0])
        for entry in traffic["log"]["entries"]
        if 200 <= entry["response"]["status"] < 300
    }
