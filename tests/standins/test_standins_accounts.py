"""Accounts: profile, plan, quota, invites, names, tokens."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from sora_kit.standins.sora_web import Clock, NewAccount, SoraWebStandin

REFRESH = {"client_id": "app_x", "grant_type": "refresh_token", "redirect_uri": "app://callback"}
COOKIE = "__Secure-next-auth.session-token"


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def error(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["error"]
    return found


async def test_me_and_plan(a: httpx.AsyncClient) -> None:
    me = (await a.get("/me")).json()
    assert (me["email"], me["name"], me["username"]) == ("a@example.com", "A Example", "a")
    plan = (await a.get("/billing/subscriptions")).json()["data"][0]
    assert plan["plan"] == {"id": "chatgpt_plus", "title": "ChatGPT Plus"}
    assert plan["end_ts"].endswith("Z")


async def test_an_account_without_plan_or_name() -> None:
    with SoraWebStandin([NewAccount("x@example.com", plan="", username=None)]) as standin:
        token = standin.accounts["x@example.com"].access_token
        async with httpx.AsyncClient(
            base_url=standin.backend_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as client:
            assert (await client.get("/billing/subscriptions")).json() == {"data": []}
            assert (await client.get("/me")).json()["username"] is None


async def test_usernames(a: httpx.AsyncClient, b: httpx.AsyncClient) -> None:
    async def free(name: str) -> bool:
        answer = await b.post("/project_y/profile/username/check", json={"username": name})
        return bool(answer.json()["available"])

    assert await free("jane42")
    answer = await a.post("/project_y/profile/username/set", json={"username": "jane42"})
    assert answer.json()["username"] == "jane42"
    assert not await free("jane42")
    refused = await b.post("/project_y/profile/username/set", json={"username": "jane42"})
    assert refused.status_code == 400
    assert (await a.get("/me")).json()["username"] == "jane42"


async def test_invites(a: httpx.AsyncClient, b: httpx.AsyncClient) -> None:
    mine = (await a.get("/project_y/invite/mine")).json()
    assert mine["redeemed_count"] == 0
    code = {"invite_code": mine["invite_code"]}
    assert (await a.post("/project_y/invite/accept", json=code)).status_code == 400
    first = (await b.post("/project_y/invite/accept", json=code)).json()
    again = (await b.post("/project_y/invite/accept", json=code)).json()
    assert (first, again) == (
        {"success": True, "already_accepted": False},
        {"success": True, "already_accepted": True},
    )
    assert (await a.get("/project_y/invite/mine")).json()["redeemed_count"] == 1


async def test_an_account_must_be_onboarded() -> None:
    with SoraWebStandin([NewAccount("x@example.com", onboarded=False)]) as standin:
        token = standin.accounts["x@example.com"].access_token
        async with httpx.AsyncClient(
            base_url=standin.backend_url, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as client:
            refused = await client.get("/project_y/invite/mine")
            assert refused.status_code == 401
            assert error(refused)["message"].startswith("Unauthorized")
            assert (await client.get("/m/bootstrap")).status_code == 200
            assert (await client.get("/project_y/invite/mine")).status_code == 200


async def test_a_country_is_refused() -> None:
    with SoraWebStandin([NewAccount("x@example.com", country="FR")]) as standin:
        headers = {"Authorization": f"Bearer {standin.accounts['x@example.com'].access_token}"}
        answer = httpx.get(f"{standin.backend_url}/me", headers=headers, trust_env=False)
    assert (error(answer)["code"], error(answer)["param"]) == ("unsupported_country_code", "FR")


async def test_quota_counts_down_and_comes_back() -> None:
    with SoraWebStandin(
        [NewAccount("x@example.com", quota=1, period=3600)], latency=10, clock=Clock(0)
    ) as standin:
        headers = {"Authorization": f"Bearer {standin.accounts['x@example.com'].access_token}"}
        async with httpx.AsyncClient(
            base_url=standin.backend_url, headers=headers, trust_env=False
        ) as client:

            async def balance() -> dict[str, Any]:
                found: dict[str, Any] = (await client.get("/nf/check")).json()[
                    "rate_limit_and_credit_balance"
                ]
                return found

            body = {
                "kind": "video",
                "prompt": "a",
                "orientation": "portrait",
                "n_frames": 300,
                "model": "sy_8",
                "inpaint_items": [],
            }
            assert (await balance())["estimated_num_videos_remaining"] == 1
            accepted = (await client.post("/nf/create", json=body)).json()
            assert accepted["rate_limit_and_credit_balance"]["rate_limit_reached"] is True
            standin.clock.advance(600)
            refused = await client.post("/nf/create", json=body)
            assert refused.status_code == 429
            assert refused.json()["type"] == "rate_limit_exhausted"
            assert refused.json()["rate_limit_and_credit_balance"]["access_resets_in_seconds"] == 3000
            assert (await balance())["access_resets_in_seconds"] == 3000
            standin.clock.advance(3000)
            assert (await balance())["estimated_num_videos_remaining"] == 1
            assert (await client.post("/nf/create", json=body)).status_code == 200


async def test_tokens_that_are_not_good(
    standin: SoraWebStandin, a: httpx.AsyncClient, anyone: httpx.AsyncClient
) -> None:
    for token in ("rubbish", "a.b.c", f"{a.headers['Authorization'][7:]}x"):
        answer = await anyone.get("/backend/me", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert error(answer)["message"].startswith("Could not parse your authentication token")
    standin.world.revoke(standin.accounts["a@example.com"])
    answer = await a.get("/me")
    assert (answer.status_code, error(answer)["code"]) == (401, "token_invalidated")
    assert answer.json()["status"] == 401


async def test_a_token_tells_its_end_and_keeps_to_it(standin: SoraWebStandin, a: httpx.AsyncClient) -> None:
    told = claims(standin.accounts["a@example.com"].access_token)
    assert told["https://api.openai.com/profile"]["email"] == "a@example.com"
    assert told["https://api.openai.com/auth"]["chatgpt_user_id"].startswith("user-")
    standin.clock.advance(told["exp"] - standin.clock.time() - 1)
    assert (await a.get("/me")).status_code == 200
    standin.clock.advance(1)
    answer = await a.get("/me")
    assert (answer.status_code, error(answer)["code"]) == (401, "token_expired")


async def test_a_refresh_token_is_good_once(standin: SoraWebStandin, anyone: httpx.AsyncClient) -> None:
    old = standin.accounts["a@example.com"].refresh_token
    answer = (await anyone.post("/oauth/token", json=REFRESH | {"refresh_token": old})).json()
    assert answer["expires_in"] == 8 * 86400
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert (await anyone.get("/backend/me", headers=headers)).json()["email"] == "a@example.com"
    refused = await anyone.post("/oauth/token", json=REFRESH | {"refresh_token": old})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    again = await anyone.post("/oauth/token", json=REFRESH | {"refresh_token": answer["refresh_token"]})
    assert again.status_code == 200


async def test_a_refresh_needs_all_fields(standin: SoraWebStandin, anyone: httpx.AsyncClient) -> None:
    whole = REFRESH | {"refresh_token": standin.accounts["a@example.com"].refresh_token}
    for lacks in whole:
        body = {name: value for name, value in whole.items() if name != lacks}
        assert (await anyone.post("/oauth/token", json=body)).status_code == 400
    assert (await anyone.post("/oauth/token", json=whole)).status_code == 200


async def test_a_session_gives_the_same_token_until_it_expires(
    standin: SoraWebStandin, anyone: httpx.AsyncClient
) -> None:
    cookie = {"Cookie": f"{COOKIE}={standin.accounts['a@example.com'].session_token}"}
    first = (await anyone.get("/api/auth/session", headers=cookie)).json()
    assert first["user"]["email"] == "a@example.com"
    assert (await anyone.get("/api/auth/session", headers=cookie)).json() == first
    standin.clock.advance(9 * 86400)
    renewed = (await anyone.get("/api/auth/session", headers=cookie)).json()
    assert renewed["accessToken"] != first["accessToken"]
    headers = {"Authorization": f"Bearer {renewed['accessToken']}"}
    assert (await anyone.get("/backend/me", headers=headers)).status_code == 200
    assert (await anyone.get("/api/auth/session")).json() == {}


def test_a_plan_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no plan"):
        NewAccount("x@example.com", plan="gold")
    with pytest.raises(ValueError, match="two accounts"):
        SoraWebStandin(["x@example.com", "x@example.com"])
