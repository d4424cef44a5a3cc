"""Failures: every row of the table, and parsers that never raise anything else."""

from __future__ import annotations

import json

import aiohttp
import pytest
from aiohttp.http_exceptions import ContentEncodingError
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.backends.base import (
    EFFECTS,
    AccountUnfit,
    AuthExpired,
    ContentRefused,
    InvalidRequest,
    Overloaded,
    QuotaExhausted,
    TooManyConcurrent,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.backends.sora_web import answers
from sora_kit.backends.sora_web.errors import from_answer, from_exception, is_refusal

BALANCE = {"rate_limit_reached": True, "credit_remaining": 0, "access_resets_in_seconds": 46833}


def envelope(code: str | None = None, message: str = "", **more: object) -> dict:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code, **more}
    return {"error": error}


ROWS = [
    (400, envelope("sentinel_block"), AccountUnfit, "sentinel_block"),
    (400, envelope("invalid_request", "Unable to process request"), InvalidRequest, "invalid_request"),
    (401, envelope("token_invalidated") | {"status": 401}, AuthExpired, "auth_expired"),
    (401, envelope("token_expired"), AuthExpired, "auth_expired"),
    (403, envelope("token_expired"), AuthExpired, "auth_expired"),
    (401, envelope(None, "Could not parse your authentication token."), AuthExpired, "auth_expired"),
    (401, envelope(None, "Unauthorized: a user is required"), AccountUnfit, "not_onboarded"),
    (400, envelope("unsupported_country_code", param="CN"), AccountUnfit, "unsupported_country_code"),
    (403, envelope("unsupported_country_code", param="CN"), AccountUnfit, "unsupported_country_code"),
    (429, envelope("too_many_concurrent_tasks", details={"num_tasks": 3}), TooManyConcurrent, None),
    (429, envelope(None, "You already have 3 generations in progress"), TooManyConcurrent, None),
    (429, {"type": "rate_limit_exhausted", "rate_limit_and_credit_balance": BALANCE}, QuotaExhausted, None),
    (429, envelope("heavy_load"), Overloaded, "overloaded"),
    (500, envelope(None, "We are under heavy load, try later"), Overloaded, "overloaded"),
    (400, envelope(None, "heavy_load"), Overloaded, "overloaded"),
    (403, envelope("phone_number_required"), AccountUnfit, "phone_number_required"),
    (400, envelope("content_policy_violation", "no"), ContentRefused, "moderation_blocked"),
    (400, envelope("moderation_blocked", "no"), ContentRefused, "moderation_blocked"),
    (400, envelope("sora_content_violation"), ContentRefused, "moderation_blocked"),
    (400, envelope(None, "This may violate our content policy"), ContentRefused, "moderation_blocked"),
    (403, envelope("plan_not_allowed", "x"), AccountUnfit, "plan_refused"),
    (403, envelope(None, "Upgrade to Pro"), AccountUnfit, "plan_refused"),
    (402, envelope(None, "x"), AccountUnfit, "plan_refused"),
    (403, envelope(None, "x"), AccountUnfit, "account_unfit"),
    (404, envelope(None, "x"), InvalidRequest, "not_found_upstream"),
    (404, {"detail": "Not Found"}, InvalidRequest, "not_found_upstream"),
    (409, envelope("username_taken", "x"), InvalidRequest, "username_taken"),
    (429, envelope(None, "slow down"), Overloaded, "overloaded"),
    (503, envelope(None, "x"), Overloaded, "overloaded"),
    (500, envelope(None, "x"), UpstreamBroken, "upstream_broken"),
    (302, {}, UpstreamBroken, "upstream_broken"),
    (400, {"error": "invalid_grant", "error_description": "used"}, AuthExpired, "auth_expired"),
]


@pytest.mark.parametrize(("status", "body", "kind", "code"), ROWS, ids=lambda v: str(v)[:40])
def test_every_row(status: int, body: dict, kind: type, code: str | None) -> None:
    error = from_answer(status, {}, json.dumps(body).encode(), now=1000.0)
    assert type(error) is kind
    assert code is None or error.code == code
    assert error.what
    assert error.fix


def test_a_prompt_that_names_a_number_does_not_end_a_token() -> None:
    error = from_answer(400, {}, json.dumps(envelope("invalid_request", "401 seconds")).encode())
    assert type(error) is InvalidRequest


def test_times_to_wait() -> None:
    body = json.dumps({"type": "rate_limit_exhausted", "rate_limit_and_credit_balance": BALANCE}).encode()
    error = from_answer(429, {}, body, now=1000.0)
    assert isinstance(error, QuotaExhausted)
    assert error.resets_at == 47833.0
    for value, wait in [
        ("30", 30.0),
        ("Thu, 01 Jan 1970 00:17:10 GMT", 30.0),
        ("x", None),
        ("nan", None),
        ("-4", 0.0),
        ("", None),
    ]:
        for status, page in [(429, b"{}"), (503, b"<html>")]:
            error = from_answer(status, {"retry-after": value}, page, now=1000.0)
            assert isinstance(error, Overloaded)
            assert error.retry_after == wait


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (403, b"<!DOCTYPE html><html>Just a moment", UpstreamBroken, "edge_blocked"),
        (200, b"<html>", UpstreamBroken, "upstream_broken"),
        (502, b"<html>Bad gateway", UpstreamBroken, "upstream_broken"),
        (200, b'{"id": "task', UpstreamBroken, "upstream_broken"),
        (200, b"", UpstreamBroken, "upstream_broken"),
        (500, b"[1, 2]", UpstreamBroken, "upstream_broken"),
        (401, b"", AuthExpired, "auth_expired"),
        (429, b"<html>", Overloaded, "overloaded"),
        (407, b"", TransportFailed, "transport_failed"),
    ],
)
def test_garbage(status: int, body: bytes, kind: type, code: str) -> None:
    error = from_answer(status, {}, body)
    assert (type(error), error.code) == (kind, code)


def test_messages_of_others_are_short_and_hold_no_token() -> None:
    token = "eyJhbGciOi.eyJleHAi.c2ln"
    message = f"Bearer abc\n{token} " + "x" * 50 + " y" * 500
    error = from_answer(400, {}, json.dumps(envelope("x", message)).encode())
    assert token not in str(error)
    assert "abc" not in error.why
    assert "\n" not in error.why
    assert len(error.why) <= 300


@pytest.mark.parametrize(
    ("error", "sent", "kind"),
    [
        (aiohttp.ClientConnectionError("x"), False, TransportFailed),
        (aiohttp.ConnectionTimeoutError("x"), False, TransportFailed),
        (aiohttp.ClientHttpProxyError(None, (), status=407), False, TransportFailed),
        (aiohttp.SocketTimeoutError("x"), True, TransportFailed),
        (aiohttp.ClientOSError("x"), True, TransportFailed),
        (aiohttp.ClientOSError("x"), False, TransportFailed),
        (aiohttp.ServerDisconnectedError("x"), True, TransportFailed),
        (aiohttp.ClientPayloadError("x"), True, TransportFailed),
        (TimeoutError(), True, TransportFailed),
        (AssertionError(), False, TransportFailed),
        (ContentEncodingError("x"), True, UpstreamBroken),
        (aiohttp.TooManyRedirects(None, ()), True, UpstreamBroken),
        (aiohttp.NonHttpUrlClientError("x"), False, UpstreamBroken),
        (aiohttp.InvalidURL("x"), False, UpstreamBroken),
    ],
    ids=lambda v: type(v).__name__,
)
def test_failed_calls(error: Exception, sent: bool, kind: type) -> None:
    failure = from_exception(error, sent=sent)
    assert type(failure) is kind
    assert isinstance(failure, TransportFailed | UpstreamBroken)
    assert failure.sent is sent


def test_what_a_refusal_is() -> None:
    assert is_refusal("sora_content_violation")
    assert is_refusal("", "It goes against our content policy")
    assert not is_refusal("", "Generation failed", "internal_error")


KEYS = [
    *("error", "code", "type", "message", "param", "detail", "status", "details"),
    *("rate_limit_and_credit_balance", "access_resets_in_seconds", "resets_at"),
]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    st.integers(100, 599),
    JSON.map(lambda data: json.dumps(data).encode()) | st.binary(max_size=60),
    st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text(max_size=30)),
)
def test_any_answer_is_a_typed_failure(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = from_answer(status, headers, body, now=1e9)
    assert type(error) in EFFECTS
    assert error.what


@given(JSON)
def test_readers_take_anything(data: object) -> None:
    for path in [(), ("error",), ("error", "code"), ("error", 0)]:
        assert isinstance(answers.text(data, *path), str)
        assert isinstance(answers.items(data, *path), list)
        assert isinstance(answers.flag(data, *path), bool)
        for read in (answers.number, answers.whole, answers.moment):
            value = read(data, *path)
            assert value is None or isinstance(value, int | float)


def test_moments() -> None:
    assert answers.moment("2025-11-13T16:58:21Z") == 1763053101.0
    assert answers.moment("2025-11-13T16:58:21") == 1763053101.0
    assert answers.moment("2025-11-13T17:58:21+01:00") == 1763053101.0
    assert answers.moment(12.5) == 12.5
    assert answers.moment(True) is None
    assert answers.moment("soon") is None
