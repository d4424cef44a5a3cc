"""Exchanging credentials, and what access tokens say."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sora_web_wire import Reply

from sora_kit.backends.base import AuthExpired, InvalidRequest
from sora_kit.backends.sora_web import read_token
from sora_kit.backends.sora_web.tokens import Claims

COOKIE = "__Secure-next-auth.session-token"


def jwt(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{body}.c2ln"


TOKEN = jwt(
    {
        "exp": 1_800_000_000,
        "https://api.openai.com/profile": {"email": "a@example.com"},
        "https://api.openai.com/auth": {"chatgpt_user_id": "user-1"},
    }
)


async def test_a_session_gives_a_token_and_perhaps_a_new_session(upstream, web) -> None:
    body = {"accessToken": TOKEN, "user": {"email": "b@example.com"}, "expires": "2027-06-01T00:00:00.000Z"}
    upstream.on(
        "GET",
        "/api/auth/session",
        Reply(body),
        Reply(body, headers={"Set-Cookie": f"{COOKIE}=st-2; Path=/; Secure; HttpOnly"}),
        Reply(body, headers={"Set-Cookie": f"{COOKIE}=st-1; Path=/"}),
    )
    tokens = web().tokens
    access = await tokens.from_session("st-1")
    assert (access.access_token, access.expires_at, access.email) == (TOKEN, 1_800_000_000, "b@example.com")
    assert access.session_token == ""
    assert upstream.last.headers["cookie"] == f"{COOKIE}=st-1"
    assert "authorization" not in upstream.last.headers
    assert (await tokens.from_session("st-1")).session_token == "st-2"
    # No cookie is kept: the next call sends what it was given.
    assert (await tokens.from_session("st-1")).session_token == ""
    assert upstream.last.headers["cookie"] == f"{COOKIE}=st-1"
    assert TOKEN not in repr(access)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b'{"accessToken": ""}'])
async def test_a_session_that_is_over(upstream, web, body: bytes) -> None:
    upstream.on("GET", "/api/auth/session", Reply(body))
    with pytest.raises(AuthExpired):
        await web().tokens.from_session("st-1")


async def test_session_tokens_that_are_none(upstream, web) -> None:
    for token in ("", "a; b=c", "a\r\nb", "é"):
        with pytest.raises(AuthExpired):
            await web().tokens.from_session(token)
    assert not upstream.seen


async def test_a_refresh_token_is_used_up_once(upstream, web) -> None:
    upstream.on(
        "POST",
        "/oauth/token",
        Reply({"access_token": TOKEN, "refresh_token": "rt-2", "expires_in": 864_000}),
        Reply({"access_token": TOKEN}),
        Reply({"error": {"code": "invalid_grant", "message": "used"}}, 400),
        Reply({"error": "invalid_grant", "error_description": "used"}, 403),
        Reply({}),
    )
    tokens = web().tokens
    using = {"client_id": "app_1", "redirect_uri": "com.example://cb"}
    access = await tokens.from_refresh("rt-1", **using)
    assert upstream.last.json() == {"grant_type": "refresh_token", "refresh_token": "rt-1", **using}
    assert "authorization" not in upstream.last.headers
    assert (access.refresh_token, access.email) == ("rt-2", "a@example.com")
    assert access.expires_at == pytest.approx(time.time() + 864_000, abs=60)
    access = await tokens.from_refresh("rt-2", **using)
    assert (access.refresh_token, access.expires_at) == ("", 1_800_000_000)
    for _ in range(3):
        with pytest.raises(AuthExpired):
            await tokens.from_refresh("rt-2", **using)
    with pytest.raises(InvalidRequest):
        await tokens.from_refresh("rt-2", client_id="", redirect_uri="x")


def test_claims() -> None:
    assert read_token(TOKEN) == Claims(1_800_000_000, "a@example.com", "user-1")
    assert read_token(jwt({"exp": "soon", "https://api.openai.com/profile": 3})) == Claims()


@given(st.text() | st.tuples(st.text(), st.text(), st.text()).map(".".join))
def test_any_text_has_claims(text: str) -> None:
    assert isinstance(read_token(text), Claims)


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s))
)
def test_any_payload_has_claims(payload: object) -> None:
    assert isinstance(read_token(jwt(payload)), Claims)
