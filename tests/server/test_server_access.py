"""Keys, the log, documentation, and the form of every refusal."""

from __future__ import annotations

import json
import time

import httpx
import pytest

pytestmark = pytest.mark.server


def refused(answer: httpx.Response, status: int, code: str) -> dict:
    """The envelope of a refusal, checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["x-request-id"].startswith("req_")
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["code"] == code
    return body["error"]


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}, {"x-api-key": "é"}]
)
def test_without_a_valid_key_nothing_is_answered(kit, headers: dict[str, str], anyone: httpx.Client):
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    for method, path in (("GET", "/v1/models"), ("GET", "/v1/videos"), ("POST", "/v1/chat/completions")):
        answer = anyone.request(method, kit.url + path, headers=raw)
        error = refused(answer, 401, "invalid_api_key")
        assert error["type"] == "invalid_request_error"
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["x-api-key", "api-key"])
def test_keys_come_in_other_headers_too(kit, name: str, anyone: httpx.Client):
    headers = {name: kit.key, "authorization": "token of-jupyter"}
    assert anyone.get(f"{kit.url}/v1/models", headers=headers).status_code == 200


def test_a_revoked_key_is_refused(kit, anyone: httpx.Client):
    new = kit.studio.keys.create("soon gone")
    headers = {"authorization": f"Bearer {new.secret}"}
    assert anyone.get(f"{kit.url}/v1/models", headers=headers).status_code == 200
    kit.studio.keys.revoke("soon gone")
    refused(anyone.get(f"{kit.url}/v1/models", headers=headers), 401, "invalid_api_key")


def test_the_key_of_the_environment_is_accepted(kit, monkeypatch: pytest.MonkeyPatch, anyone: httpx.Client):
    monkeypatch.setenv("SORA_KIT_API_KEY", "from-the-environment")
    headers = {"authorization": "Bearer from-the-environment"}
    assert anyone.get(f"{kit.url}/v1/models", headers=headers).status_code == 200


def test_unknown_addresses_and_methods(kit):
    refused(kit.http.get("/nope"), 404, "not_found")
    refused(kit.http.get("/v1/nope"), 404, "not_found")
    answer = kit.http.put("/v1/models")
    refused(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]
    refused(kit.http.get("/v1/videos", params={"limit": "many"}), 400, "invalid_value")


def test_health_needs_no_key(kit, anyone: httpx.Client):
    assert anyone.get(f"{kit.url}/healthz").status_code == 200
    until = time.monotonic() + 60  # a runner may be about to begin
    while (ready := anyone.get(f"{kit.url}/readyz")).status_code != 200:
        assert time.monotonic() < until, ready.text
        time.sleep(0.1)


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json"])
def test_documentation_is_open_here_and_needs_a_key_from_elsewhere(kit, path: str, anyone: httpx.Client):
    assert anyone.get(kit.url + path).status_code == 200
    forwarded = {"x-forwarded-for": "203.0.113.9"}
    refused(anyone.get(kit.url + path, headers=forwarded), 401, "invalid_api_key")
    assert kit.http.get(path, headers=forwarded).status_code == 200


def test_the_openapi_document_describes_every_route(kit):
    document = kit.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.")
    for path, methods in {
        "/v1/models": {"get"},
        "/v1/chat/completions": {"post"},
        "/v1/videos": {"get", "post"},
        "/v1/videos/{video}": {"get", "delete"},
        "/v1/videos/{video}/content": {"get"},
        "/v1/images/generations": {"post"},
    }.items():
        assert methods <= document["paths"][path].keys()
        for method in methods:
            assert document["paths"][path][method]["security"]
    assert "prompt" in json.dumps(document["paths"]["/v1/videos"]["post"]["requestBody"])


def test_the_documentation_page_loads_nothing_from_elsewhere(kit):
    page = kit.http.get("/docs").text
    assert "<script" not in page
    assert "<link" not in page
    assert "/v1/videos/{video}" in page


def test_browsers_of_other_pages_may_ask_but_bring_no_cookies(kit, anyone: httpx.Client):
    origin = {"origin": "https://chat.example.org"}
    asked = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,x-stainless-os",
    }
    preflight = anyone.options(f"{kit.url}/v1/videos", headers={**origin, **asked})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = kit.http.get("/v1/models", headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_each_request_leaves_a_row_without_secrets(kit, anyone: httpx.Client):
    kit.http.get("/v1/models/sora-2")
    row = kit.studio.log().iloc[0]
    assert (row["method"], row["path"], row["status"]) == ("GET", "/v1/models/sora-2", 200)
    anyone.get(
        f"{kit.url}/v1/videos", params={"secret": "s3cret"}, headers={"authorization": "Bearer s3cret"}
    )
    row = kit.studio.log().iloc[0]
    assert (row["path"], row["status"], row["error"]) == ("/v1/videos", 401, "invalid_api_key")
    assert "s3cret" not in kit.studio.log().to_csv()
    assert kit.server.requests[-1]["path"] == "/v1/videos"
    anyone.get(f"{kit.url}/healthz")
    assert kit.server.requests[-1]["path"] == "/v1/videos"


def test_a_surprise_is_a_500_that_tells_nothing(
    kit, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(_: object) -> list[object]:
        raise RuntimeError("the inside of the server")

    monkeypatch.setattr(kit.studio.jobs_table, "some", broken)
    answer = kit.http.get("/v1/videos", params={"order": "asc"}, headers={"x-private": "hush"})
    error = refused(answer, 500, "internal_error")
    assert error["type"] == "server_error"
    assert "inside of" not in answer.text
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-request-id"] in caplog.text
    assert kit.key not in caplog.text
    assert "hush" not in caplog.text


def test_models_are_the_catalogue(kit):
    from sora_kit.language import MODELS

    body = kit.http.get("/v1/models").json()
    assert body["object"] == "list"
    assert [model["id"] for model in body["data"]] == list(MODELS)
    assert len(body["data"]) == 33
    for model in body["data"]:
        assert model["object"] == "model"
        assert isinstance(model["created"], int)
        assert model["owned_by"]
        assert model["capabilities"]["kind"]
        assert kit.http.get(f"/v1/models/{model['id']}").json() == model


@pytest.mark.parametrize("name", ["nope", "a/b", "a%2Fb", "org/model/x"])
def test_unknown_models_even_with_slashes(kit, name: str):
    error = refused(kit.http.get(f"/v1/models/{name}"), 404, "model_not_found")
    assert error["param"] == "model"


def test_an_alias_finds_its_model(kit):
    assert kit.http.get("/v1/models/sora-image").json()["id"] == "gpt-image"
