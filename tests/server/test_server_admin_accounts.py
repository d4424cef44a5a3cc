"""Accounts, keys and jobs over /admin; nothing that went in as a secret comes out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sora_kit import Studio
from sora_kit.standins.sora_web import NewAccount, SoraWebStandin

pytestmark = pytest.mark.server

PASSWORD = "a long admin password"
TOKEN = "rt_PLANTED" + "a" * 30
PROXY = "http://someone:PLANTEDproxy@127.0.0.1:9"
HEADER = "PLANTEDheader"


@pytest.fixture(scope="module")
def served(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A studio of its own, with a stand-in of the Sora web backend; a client that may administer."""
    with pytest.MonkeyPatch.context() as patch, SoraWebStandin([NewAccount("ann@example.com")]) as upstream:
        patch.setenv("SORA_KIT_ADMIN_PASSWORD", PASSWORD)
        patch.setenv("SORA_KIT_SORA_WEB_URL", upstream.backend_url)
        with Studio(tmp_path_factory.mktemp("admin") / "workspace", role="client") as studio:
            server = studio.serve(port=0)
            token = httpx.post(f"{server.url}/admin/login", json={"password": PASSWORD}).json()["token"]
            headers = {"authorization": f"Bearer {token}"}
            with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
                yield studio, http, next(iter(upstream.accounts.values()))


@pytest.fixture
def admin(served: Any) -> Iterator[httpx.Client]:
    studio, http, _ = served
    yield http
    for one in studio.accounts.list():
        if not one.id.startswith("local-"):
            studio.accounts.remove(one.id)


def good(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert "PLANTED" not in answer.text
    return answer.json()


def bad(answer: httpx.Response, status: int, words: str, param: str | None = None) -> None:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert words in error["message"]
    assert error["param"] == param
    assert "PLANTED" not in answer.text


def add(admin: httpx.Client, label: str = "main", **fields: Any) -> dict[str, Any]:
    body = {"refresh_token": f"{TOKEN}{label}", "client_id": "app_1", "label": label, **fields}
    found: dict[str, Any] = good(admin.post("/admin/accounts", json=body))
    return found


def test_an_account_is_added_changed_switched_and_forgotten(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    made = add(admin, proxy=PROXY, write_headers={"x-extra": HEADER}, video_cap=2, remark="mine")
    account = made["account"]
    assert (made["new"], account["video_cap"], account["remark"]) == (True, 2, "mine")
    assert account["refresh_token"].startswith("rt_P…"), "masked"
    assert account["proxy"] == "http://…@127.0.0.1:9"
    assert account["write_headers"] == ["x-extra"]
    assert add(admin)["new"] is False, "the same token is the same account"
    assert studio.accounts.private(account["id"])["refresh_token"] == f"{TOKEN}main"
    changed = good(
        admin.patch("/admin/accounts/main", json={"remark": "", "video_cap": None, "label": "second"})
    )
    assert (changed["account"]["remark"], changed["account"]["video_cap"]) == ("", -1)
    assert changed["account"]["proxy"] == "http://…@127.0.0.1:9", "what is left out stays"
    assert changed["events"][0]["what"] == "updated"
    assert good(admin.post("/admin/accounts/second/disable"))["account"]["enabled"] is False
    assert good(admin.post("/admin/accounts/second/enable"))["account"]["enabled"] is True
    details = good(admin.get(f"/admin/accounts/{account['id']}"))
    assert [one["what"] for one in details["events"]][:2] == ["enabled", "disabled"]
    gone = good(admin.delete("/admin/accounts/second"))
    assert gone == {"id": account["id"], "deleted": True, "object": "account.deleted"}
    bad(admin.get("/admin/accounts/second"), 404, "no account 'second'", "account")
    history = good(admin.get("/admin/accounts/events", params={"account": account["id"]}))["data"]
    assert history[0]["what"] == "removed"


def test_what_cannot_be_an_account_is_refused(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    post = "/admin/accounts"
    bad(admin.post(post, json={"label": "main"}), 400, "something to sign in with", "access_token")
    bad(admin.post(post, json={"refresh_tokn": TOKEN}), 400, "unknown field `refresh_tokn`")
    bad(admin.post(post, json={"refresh_token": 5}), 400, "Expected `str | null`, got `int`", "refresh_token")
    bad(
        admin.post(post, json={"refresh_token": TOKEN, "proxy": "PLANTED"}),
        400,
        "address of a proxy",
        "proxy",
    )
    bad(admin.post(post, json={"refresh_token": TOKEN, "video_cap": 5000}), 400, "no limit", "video_cap")
    bad(admin.post(post, json={"refresh_token": TOKEN, "backend": "animatic"}), 400, "has no accounts")
    bad(admin.post(post, json={"refresh_token": TOKEN, "backend": "nope"}), 400, "nope", "backend")
    bad(admin.post(post, content=b"refresh_token=PLANTED"), 400, "could not be read")
    bad(admin.post(post), 400, "The body is not valid. It is empty.")
    bad(admin.delete("/admin/accounts/local-animatic"), 400, "This account stays")
    assert [one.id for one in studio.accounts.list()] == ["local-animatic"]


def test_an_account_is_tested_and_renewed_at_its_backend(served: Any, admin: httpx.Client) -> None:
    _, _, upstream = served
    body = {"access_token": upstream.access_token, "label": "real", "test": True}
    made = good(admin.post("/admin/accounts", json=body))
    assert made["test"]["ok"] is True, made
    assert made["account"]["email"] == "ann@example.com"
    again = good(admin.post("/admin/accounts/ann@example.com/test"))
    assert again["ok"] is True
    assert again["account"]["checked"]
    renewed = good(admin.post("/admin/accounts/real/renew"))
    assert renewed["ok"] is False
    assert "no session token" in renewed["why"]
    bad(admin.post("/admin/accounts/real/explode"), 400, "deed", "deed")


def test_reset_forgets_what_went_wrong_and_nothing_else(served: Any, admin: httpx.Client) -> None:
    from sora_kit.backends.base import AccountUnfit, TooManyConcurrent

    studio, _, _ = served
    one = add(admin)["account"]["id"]
    studio.accounts.failed(one, TooManyConcurrent("Too many"))
    studio.accounts.failed(one, AccountUnfit("No phone"))
    before = studio.accounts.get(one)
    assert (before.state, before.errors > 0, before.eased_cap is not None) == ("unfit", True, True)
    studio.accounts.disable(one)
    after = good(admin.post(f"/admin/accounts/{one}/reset"))["account"]
    assert (after["state"], after["errors"], after["eased_cap"], after["last_error"]) == (
        "ready",
        0,
        None,
        "",
    )
    assert after["enabled"] is False


def test_accounts_are_listed_in_pages_and_filtered(served: Any, admin: httpx.Client) -> None:
    for label in ("ann", "bob", "carl"):
        add(admin, label)
    admin.post("/admin/accounts/bob/disable")
    page = good(admin.get("/admin/accounts", params={"limit": 2, "order": "label", "descending": True}))
    assert [one["label"] for one in page["data"]] == ["carl", "bob"]
    assert (page["total"], page["has_more"]) == (3, True)
    rest = good(admin.get("/admin/accounts", params={"limit": 2, "offset": 2, "order": "label"}))
    assert ([one["label"] for one in rest["data"]], rest["has_more"]) == (["carl"], False)
    off = good(admin.get("/admin/accounts", params={"state": "disabled"}))
    assert [one["label"] for one in off["data"]] == ["bob"]
    assert good(admin.get("/admin/accounts", params={"text": "AR"}))["total"] == 1
    bad(admin.get("/admin/accounts", params={"state": "happy"}), 400, "is no state", "state")
    bad(admin.get("/admin/accounts", params={"order": "secrets"}), 400, "is no order", "order")
    bad(admin.get("/admin/accounts", params={"limit": 0}), 400, "limit", "limit")


def test_many_at_once(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    ids = {label: add(admin, label)["account"]["id"] for label in ("ann", "bob", "carl")}
    batch = "/admin/accounts/batch"
    done = good(admin.post(batch, json={"action": "disable", "accounts": [ids["ann"], "bob", "bob"]}))
    assert (done["done"], done["failed"]) == (2, 0)
    assert [one["label"] for one in done["data"]] == ["ann", "bob"]
    good(admin.post(batch, json={"action": "proxy", "filter": {}, "proxy": PROXY}))
    assert {one["proxy"] for one in good(admin.get("/admin/accounts"))["data"]} == {"http://…@127.0.0.1:9"}
    tested = good(admin.post(batch, json={"action": "test", "filter": {"state": "ready"}}))
    assert (tested["done"], tested["failed"]) == (0, 1)
    assert tested["data"][0]["why"]
    removed = good(admin.post(batch, json={"action": "remove", "filter": {"state": "disabled"}}))
    assert removed["done"] == 2
    assert [one.label for one in studio.accounts.list() if one.id.startswith("acc_")] == ["carl"]
    bad(admin.post(batch, json={"action": "remove"}), 400, "which accounts", "accounts")
    bad(admin.post(batch, json={"action": "remove", "filter": {}, "accounts": []}), 400, "which", "accounts")
    bad(admin.post(batch, json={"action": "explode", "filter": {}}), 400, "explode", "action")
    bad(admin.post(batch, json={"action": "remove", "accounts": ["nobody"]}), 404, "nobody", "account")
    assert len(studio.accounts.list()) == 2


def test_import_and_export_in_both_forms(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    rows = [
        {"email": "ann@example.com", "refresh_token": TOKEN, "client_id": "app_1", "image_concurrency": -1},
        {"email": "bob@example.com"},
    ]
    done = good(admin.post("/admin/accounts/import", json={"accounts": rows}))
    assert [one["outcome"] for one in done["data"]] == ["added", "failed"]
    assert (done["added"], done["failed"]) == (1, 1)
    text = f"# a file\nrt_PLANTED{'b' * 30}\n\nwhat is this PLANTED\n"
    done = good(admin.post("/admin/accounts/import", json={"text": text, "defaults": {"client_id": "app_2"}}))
    assert [(one["row"], one["outcome"]) for one in done["data"]] == [(2, "added"), (4, "failed")]
    seed = json.dumps({"tokens": [{"email": "carl@example.com", "access_token": "PLANTED" + "c" * 30}]})
    assert good(admin.post("/admin/accounts/import", json={"text": seed}))["added"] == 1
    whole = good(admin.get("/admin/accounts/export"))
    assert {row["email"] for row in whole} >= {"ann@example.com", "carl@example.com"}
    assert {row["client_id"] for row in whole} >= {"app_1", "app_2"}
    lines = admin.get("/admin/accounts/export", params={"form": "text"}).text
    assert len(lines.splitlines()) == 3
    assert "PLANTED" not in lines
    masked = good(admin.post("/admin/accounts/import", json={"accounts": whole}))
    assert masked["failed"] == 3, "masked tokens are no tokens"
    bad(admin.post("/admin/accounts/import", json={}), 400, "nothing to import", "text")
    bad(admin.post("/admin/accounts/import", json={"text": "{"}), 400, "not valid JSON")
    bad(admin.post("/admin/accounts/import", json={"text": "x", "mode": "xx"}), 400, "mode", "mode")
    assert len(studio.accounts.list()) == 4


def test_keys_are_made_changed_and_revoked(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    name = f"ann {time.time_ns()}"
    wish = {"name": name, "scopes": ["videos"], "models": "sora-2", "budget": 2, "expires": "30d"}
    answer = admin.post("/admin/keys", json=wish)
    made = answer.json()
    assert studio.keys.check(made["secret"]).name == name
    assert (made["scopes"], made["models"], made["budget"], made["state"]) == (
        ["videos"],
        ["sora-2"],
        2.0,
        "valid",
    )
    listed = admin.get("/admin/keys")
    assert made["secret"] not in listed.text
    assert made["id"] in {one["id"] for one in listed.json()["data"]}
    changed = good(admin.patch(f"/admin/keys/{made['id']}", json={"budget": None, "at_once": 2}))
    assert (changed["budget"], changed["at_once"], changed["expires"]) == (None, 2, made["expires"])
    assert changed["usage"] == {"running": 0, "jobs": 0, "spent": 0.0}
    bad(admin.patch(f"/admin/keys/{made['id']}", json={"budgt": 5}), 400, "unknown field `budgt`")
    bad(
        admin.patch(f"/admin/keys/{made['id']}", json={"scopes": "vidos"}),
        400,
        "Did you mean videos",
        "scopes",
    )
    bad(admin.post("/admin/keys", json={"name": name}), 400, "already", "name")
    bad(admin.post("/admin/keys", json={}), 400, "required field `name`")
    gone = good(admin.delete(f"/admin/keys/{made['id']}"))
    assert gone["state"] == "revoked"
    assert studio.keys.check(made["secret"]) is None
    bad(admin.patch(f"/admin/keys/{made['id']}", json={"enabled": True}), 400, "was revoked", "key")
    bad(admin.get("/admin/keys/key_nope"), 404, "no key 'key_nope'", "name")
    studio.requests.flush()
    assert made["secret"] not in str(studio.requests.latest(50))


def test_no_secret_is_in_the_log(served: Any, admin: httpx.Client) -> None:
    studio, _, _ = served
    add(admin, proxy=PROXY, write_headers={"x-extra": HEADER})
    admin.post("/admin/accounts/import", json={"text": TOKEN})
    rows = studio.requests.latest(50)
    assert {"/admin/accounts", "/admin/accounts/import"} <= {row["path"] for row in rows}
    assert "PLANTED" not in str(rows)
    assert PASSWORD not in str(rows)
