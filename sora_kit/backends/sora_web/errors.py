"""The one parser from an answer, or a failed call, to a typed failure.

What an answer means is told by its ``code`` (or ``type``), then by its status, and only where the
wire gives neither by its words. Nothing outside this module looks at words. Codes that other
deployments may use for the same thing are recognised by the word in them (`_FAMILIES`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError

from sora_kit.backends.base import (
    AccountUnfit,
    AuthExpired,
    BackendError,
    ContentRefused,
    InvalidRequest,
    Overloaded,
    QuotaExhausted,
    TooManyConcurrent,
    TransportFailed,
    UpstreamBroken,
)
from sora_kit.backends.sora_web.answers import decode, moment, number, retry_after, text

__all__ = ("broken", "from_answer", "from_exception", "is_refusal", "refused")

_AUTH = frozenset({"token_invalidated", "token_expired", "invalid_token", "invalid_grant", "token_revoked"})
_UNFIT = {
    "unsupported_country_code": ("Sora does not serve the country of this account", "Use another account"),
    "phone_number_required": ("The account needs a phone number", "Add one to the account"),
    "sentinel_block": (
        "The bot protection refused the call",
        "Give the account the extra headers that its deployment wants",
    ),
    "not_onboarded": ("The account was never set up for Sora", "Set it up, or use another account"),
}
_FAMILIES: tuple[tuple[type[BackendError], re.Pattern[str]], ...] = (
    (ContentRefused, re.compile(r"moderation|violation|content_policy|guardrail|unsafe|safety|likeness")),
    (TooManyConcurrent, re.compile(r"too_many_concurrent|concurren")),
    (QuotaExhausted, re.compile(r"rate_limit_exhausted|quota|credits?_exhausted|no_credits")),
    (
        Overloaded,
        re.compile(r"heavy_load|overload|capacity|rate_limit|too_many_requests|service_unavailable"),
    ),
    (AccountUnfit, re.compile(r"plan|upgrade|subscription|not_eligible|not_entitled|account_deactivated")),
)
"""Which failure a code means, by a word in it; the first that fits."""

_TAKEN = re.compile(r"(?:user)?name_(?:is_)?(?:already_)?(?:taken|unavailable|exists|in_use)")
_REFUSAL = re.compile(
    r"content[ _-]?(?:policy|violation)|guardrail|moderation|violat\w+ (?:our|the|of)|usage polic",
    re.IGNORECASE,
)
_BUSY = re.compile(r"in progress|concurrent", re.IGNORECASE)
_LOAD = re.compile(r"heavy[ _]load", re.IGNORECASE)
_PLAN = re.compile(r"\b(?:plan|upgrade|subscri\w+|chatgpt pro|pro (?:users?|accounts?))\b", re.IGNORECASE)
_TOKEN = re.compile(r"eyJ[\w.-]{8,}|(?<=Bearer )\S+|\b[\w.-]{60,}")

_PROXY = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
_LATER = "Wait for a while; it is tried again"
_CALL = "Try again; if it stays so, the deployment speaks another dialect"


def from_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> BackendError:
    """The failure that an answer means.

    Args:
        status: HTTP status.
        headers: Of the answer; names in lower case or case-insensitive.
        body: Of the answer, as it came.
        now: Unix seconds; the clock's if not given. Waiting times on the wire are relative.

    Returns:
        One of the typed failures; never raises.
    """
    now = time.time() if now is None else now
    if status == 407:
        return TransportFailed(
            "The proxy wants a name and a password",
            fix="Write them into the address of the account's proxy",
            sent=False,
        )
    try:
        data = decode(body)
    except ValueError:
        return _garbage(status, headers, body, now)
    if not isinstance(data, dict):
        return _garbage(status, headers, body, now)
    words = [text(data, "error", "code"), text(data, "error", "type"), text(data, "code")]
    words += [text(data, "type"), text(data, "error")]  # OAuth puts its code right there
    codes = [word.lower() for word in words if word]
    message = text(data, "error", "message") or text(data, "message") or text(data, "error_description")
    if not message and isinstance(data.get("detail"), str):
        message = text(data, "detail")
    return (
        _by_code(codes, message, data, headers, now)
        or _by_status(status, codes, message, headers, now)
        or UpstreamBroken(f"Sora answered with status {status}", why=_said(message), fix=_CALL)
    )


def _by_code(
    codes: list[str], message: str, data: dict[str, Any], headers: Mapping[str, str], now: float
) -> BackendError | None:
    for code in codes:
        if code in _AUTH:
            return _expired(message)
        if code in _UNFIT:
            what, fix = _UNFIT[code]
            place = text(data, "error", "param")
            return AccountUnfit(what, why=place if len(place) == 2 else _said(message), fix=fix, code=code)
        if _TAKEN.fullmatch(code):
            return InvalidRequest(
                "That name is taken",
                why=_said(message),
                fix="Choose another name",
                param="name",
                code="username_taken",
            )
    for code in codes:
        for kind, pattern in _FAMILIES:
            if pattern.search(code):
                return _of(kind, message, data, headers, now)
    if _LOAD.search(message):
        return _of(Overloaded, message, data, headers, now)
    return None


def _of(
    kind: type[BackendError], message: str, data: dict[str, Any], headers: Mapping[str, str], now: float
) -> BackendError:
    if kind is ContentRefused:
        return refused(message)
    if kind is TooManyConcurrent:
        return TooManyConcurrent(
            "The account already makes as many videos as it may", why=_said(message), fix=_LATER
        )
    if kind is QuotaExhausted:
        return QuotaExhausted(
            "The account has no generations left",
            why=_said(message),
            fix="Wait until its quota is renewed, or add another account",
            resets_at=_resets(data, headers, now),
        )
    if kind is Overloaded:
        return Overloaded(
            "Sora is overloaded", why=_said(message), fix=_LATER, retry_after=retry_after(headers, now)
        )
    return AccountUnfit(
        "The plan of the account does not allow this",
        why=_said(message),
        fix="Use an account with a larger plan, or a smaller model",
        code="plan_refused",
    )


def _by_status(
    status: int, codes: list[str], message: str, headers: Mapping[str, str], now: float
) -> BackendError | None:
    if status == 401:
        if message.startswith("Unauthorized"):
            what, fix = _UNFIT["not_onboarded"]
            return AccountUnfit(what, why=_said(message), fix=fix, code="not_onboarded")
        return _expired(message)
    if status in {400, 403, 422} and _REFUSAL.search(message):
        return refused(message)
    if status == 402 or (status in {400, 403} and _PLAN.search(message)):
        return _of(AccountUnfit, message, {}, headers, now)
    if status == 403:
        return AccountUnfit(
            "Sora refused this account", why=_said(message), fix="Test the account, or use another one"
        )
    if status in {429, 503, 529}:
        busy = status == 429 and _BUSY.search(message)
        return _of(TooManyConcurrent if busy else Overloaded, message, {}, headers, now)
    if status in {404, 410}:
        return InvalidRequest(
            "Sora does not know that",
            why=_said(message) or "It was removed, or belongs to another account",
            fix="Use the account that made it",
            code="not_found_upstream",
        )
    if 400 <= status < 500 and status not in {408, 425}:
        return InvalidRequest(
            "Sora did not accept the request",
            why=_said(message) or (f"Its code is {codes[0][:60]}" if codes else ""),
            fix="Change the prompt or the settings",
        )
    return None


def from_exception(error: BaseException, *, sent: bool) -> BackendError:
    """The failure that a failed call means.

    Args:
        error: From aiohttp or from below it.
        sent: Whether the request may have been accepted (see `connectors.Leaving`).
    """
    if isinstance(error, BackendError):
        return error
    if isinstance(error, aiohttp.TooManyRedirects) or _undecoded(error):
        return broken("It cannot be decoded, or leads in circles")
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return UpstreamBroken("The address of a call makes no sense", fix=_CALL, sent=sent)
    after = "It may have been accepted nevertheless" if sent else "Nothing was sent"
    if isinstance(error, TimeoutError):
        what = "Sora did not answer in time" if sent else "Sora could not be reached in time"
    elif isinstance(error, _PROXY) or not isinstance(error, aiohttp.ClientError | OSError):
        # What else comes from below aiohttp is the SOCKS handshake.
        what = "The connection broke" if sent else "The proxy refused the connection"
    elif sent:
        what = "The answer of Sora broke off"
    else:
        what = "Sora could not be reached"
    return TransportFailed(what, why=after, fix="Check the network and the account's proxy", sent=sent)


def _undecoded(error: BaseException) -> bool:
    return isinstance(error, ContentEncodingError) or isinstance(error.__cause__, ContentEncodingError)


def broken(why: str, *, sent: bool = True) -> UpstreamBroken:
    """The failure for an answer that reports success and makes no sense."""
    return UpstreamBroken("The answer of Sora makes no sense", why=why, fix=_CALL, sent=sent)


def refused(reason: str = "") -> ContentRefused:
    """The failure for a prompt, picture or result that policy does not allow."""
    return ContentRefused(
        "Sora refused the content", why=_said(reason), fix="Change the prompt or the picture", param="prompt"
    )


def is_refusal(*words: str) -> bool:
    """Whether the code or reason of a failed task means that policy refused it."""
    return any(_FAMILIES[0][1].search(word.lower()) or _REFUSAL.search(word) for word in words)


def _expired(message: str) -> AuthExpired:
    return AuthExpired(
        "Sora no longer accepts the account's token",
        why=_said(message),
        fix="Refresh it, or add the account again",
    )


def _garbage(status: int, headers: Mapping[str, str], body: bytes, now: float) -> BackendError:
    """For an answer that is no JSON object: a page of some box in between, or nothing."""
    if status == 401:
        return _expired("")
    if status in {429, 503, 529}:
        return Overloaded("Sora is overloaded", fix=_LATER, retry_after=retry_after(headers, now))
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    page = start.startswith((b"<!doctype html", b"<html")) or "text/html" in headers.get("content-type", "")
    if status == 403 and page:
        return UpstreamBroken(
            "A web page came instead of an answer",
            why="A protection in front of Sora stopped the call",
            fix="Use another proxy for the account",
            code="edge_blocked",
            sent=False,
        )
    what = "A web page came instead of an answer" if page else "The answer of Sora makes no sense"
    return UpstreamBroken(what, why=f"Its status is {status}", fix=_CALL)


def _resets(data: dict[str, Any], headers: Mapping[str, str], now: float) -> float | None:
    for path in (("rate_limit_and_credit_balance",), ("error", "details"), ("error",), ()):
        if (seconds := number(data, *path, "access_resets_in_seconds")) is not None:
            return now + max(seconds, 0.0)
        if (when := moment(data, *path, "resets_at")) is not None:
            return when
    wait = retry_after(headers, now)
    return None if wait is None else now + wait


def _said(message: str) -> str:
    """A foreign text on one line, short, without anything that looks like a secret."""
    line = " ".join(_TOKEN.sub("…", message).split())
    return line if len(line) <= 300 else line[:297] + "..."
