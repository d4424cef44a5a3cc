"""Webhooks over HTTP: the real SDK's own calls, and ``/admin/webhooks``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import openai
import pytest

pytestmark = pytest.mark.server

PASSWORD = "a long password of nobody"


@pytest.fixture
def client(kit, another_key: Callable[[], dict[str, str]]) -> Iterator[openai.OpenAI]:
    """The SDK with a key of its own."""
    secret = another_key()["authorization"].removeprefix("Bearer ")
    with openai.OpenAI(base_url=f"{kit.url}/v1", api_key=secret, max_retries=0) as made:
        yield made
    for one in kit.studio.webhooks.list():
        kit.studio.webhooks.remove(one.id)


@pytest.fixture
def admin(kit, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
    headers = {"authorization": f"Bearer {PASSWORD}"}
    with httpx.Client(base_url=f"{kit.url}/admin", headers=headers, timeout=30) as made:
        yield made


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_ALLOW_PRIVATE_URLS", "1")


def test_the_sdk_manages_its_endpoints(kit, client: openai.OpenAI):
    if not hasattr(client.webhooks, "create"):
        pytest.skip("this SDK only unwraps")
    made = client.webhooks.create(
        event_types=["video.completed", "video.failed"], name="shop", url="https://hook.example/a"
    )
    assert made.signing_secret.startswith("whsec_")
    assert made.object == "webhook_endpoint"
    second = client.webhooks.create(event_types=["video.failed"], name="", url="https://hook.example/b")
    assert [one.id for one in client.webhooks.list(limit=1)] == [made.id, second.id]
    found = client.webhooks.retrieve(made.id)
    assert (found.name, found.url) == ("shop", "https://hook.example/a")
    assert made.signing_secret not in found.model_dump_json()
    assert found.signing_secret_hint == f"whsec_…{made.signing_secret[-4:]}"
    changed = client.webhooks.update(made.id, url="https://hook.example/c")
    assert (changed.name, changed.url) == ("shop", "https://hook.example/c")
    new = client.webhooks.rotate_secret(made.id)
    assert new.signing_secret not in ("", made.signing_secret)
    assert kit.studio.webhooks.signing(made.id) == (new.signing_secret,)
    assert client.webhooks.event_types.list().data == ["video.completed", "video.failed"]
    assert client.webhooks.delete(made.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.webhooks.retrieve(made.id)


def test_an_endpoint_belongs_to_its_key(kit, client: openai.OpenAI, another_key, anyone: httpx.Client):
    headers = another_key()
    body = {"url": "https://hook.example/mine", "event_types": ["video.completed"]}
    made = anyone.post(f"{kit.url}/v1/webhook_endpoints", json=body, headers=headers).json()
    hers = client.get("/webhook_endpoints", cast_to=httpx.Response).json()
    assert hers["data"] == []
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("DELETE", ""),
        ("POST", "/test"),
        ("POST", "/rotate_secret"),
    ):
        answer = kit.http.request(method, f"/v1/webhook_endpoints/{made['id']}{path}")
        assert answer.status_code == 404, (method, path)
    assert kit.studio.webhooks.get(made["id"]).owner == kit.studio.keys.list()[-1].id


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"event_types": ["video.completed"]}, "url"),
        ({"url": "https://hook.example/", "event_types": ["batch.completed"]}, "event_types"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://a:b@hook.example/"}, "url"),
    ],
)
def test_what_is_no_endpoint_is_refused_by_name(kit, body: dict, param: str):
    answer = kit.http.post("/v1/webhook_endpoints", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param


def test_a_sample_tells_what_came_of_it(kit, client: openai.OpenAI, private: None):
    made = kit.http.post("/v1/webhook_endpoints", json={"url": f"{kit.url}/v1/models"}).json()
    path = f"/v1/webhook_endpoints/{made['id']}/test"
    told = kit.http.post(path, json={"event_type": "video.failed"}).json()
    assert told["status_code"] == 405
    assert told["webhook_endpoint_id"] == made["id"]
    gone = kit.http.post("/v1/webhook_endpoints", json={"url": "http://127.0.0.1:9999/"}).json()
    answer = kit.http.post(f"/v1/webhook_endpoints/{gone['id']}/test", json={})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "webhook_unreachable"


def test_inner_addresses_are_not_reached_by_a_sample(kit, client: openai.OpenAI):
    made = kit.http.post("/v1/webhook_endpoints", json={"url": f"{kit.url}/v1/models"}).json()
    answer = kit.http.post(f"/v1/webhook_endpoints/{made['id']}/test", json={})
    assert answer.status_code == 400
    assert "public internet" in answer.json()["error"]["message"]


def test_admins_see_all_of_them(kit, client: openai.OpenAI, admin: httpx.Client, private: None):
    made = admin.post("/webhooks", json={"url": f"{kit.url}/healthz", "name": "all"}).json()
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["video.completed", "video.failed"]
    kit.http.post("/v1/webhook_endpoints", json={"url": "https://hook.example/key"})
    listed = admin.get("/webhooks")
    assert len(listed.json()["data"]) == 2
    assert made["secret"] not in listed.text
    assert listed.headers["cache-control"] == "no-store"
    address = f"/webhooks/{made['id']}"
    assert admin.patch(address, json={"enabled": False}).json()["enabled"] is False
    assert admin.patch(address, json={"nonsense": 1}).status_code == 400
    assert admin.get(address).json()["name"] == "all"
    assert admin.post(f"{address}/test").json() == {
        "taken": False, "status": 405, "error": "It did not take the message: status 405",
        "object": "webhook.test",
    }  # fmt: skip
    rotated = admin.post(f"{address}/rotate", params={"keep_old": "true"}).json()
    assert kit.studio.webhooks.signing(made["id"]) == (rotated["secret"], made["secret"])
    sent = kit.studio.webhooks.outbox.add(made["id"], "video.completed", "job_x")
    page = admin.get(f"{address}/deliveries").json()
    assert [one["id"] for one in page["data"]] == [sent.id]
    assert admin.post(f"/webhooks/deliveries/{sent.id}/retry").json()["state"] == "waiting"
    assert admin.delete(address).json()["id"] == made["id"]
    assert admin.get(address).status_code == 404
    assert admin.post(f"/webhooks/deliveries/{sent.id}/retry").status_code == 404


def test_keys_do_not_open_it(kit):
    assert kit.http.get("/admin/webhooks").status_code in (401, 403)
