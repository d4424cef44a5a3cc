"""Every failure as OpenAI's error envelope.

Clients know one form: ``{"error": {"message", "type", "param", "code"}}``. The SDK shows only the
message, so it holds all three texts of a `SoraKitError`: what, why and what to do. `explain` maps any
exception to a `Problem`; the table of backend failures is `sora_kit.backends.base.EFFECTS`.

The SDK repeats 408, 409, 429 and 5xx answers by itself and sends no idempotency key, so a job that
exists could be bought twice: answers that come after a job was made carry ``x-should-retry: false``.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from sora_kit.backends.base import EFFECTS, BackendError, Overloaded, QuotaExhausted
from sora_kit.errors import (
    InvalidInput,
    JobNeedsYou,
    LimitReached,
    NotAllowed,
    NotFound,
    ServerError,
    SoraKitError,
    UnknownModel,
    WorkspaceError,
    WorkspaceFull,
)
from sora_kit.server.trace import trace_of

if TYPE_CHECKING:
    from sora_kit.store import JobRecord

__all__ = ("Failure", "KeyRefused", "Problem", "answer", "explain", "explain_job")

log = logging.getLogger("sora_kit.server")


class KeyRefused(SoraKitError):
    """No API key came with the request, or none that is valid here."""

    code = "invalid_api_key"


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure in OpenAI's words."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """OpenAI's coarse class of the failure."""
        if self.status in (401, 404) or self.status < 402:
            return "invalid_request_error"
        by_status = {402: "insufficient_quota", 403: "permission_error", 429: "rate_limit_error"}
        return by_status.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")

    def body(self) -> dict[str, Any]:
        """The envelope; also the payload of an event in a stream."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}

    def final(self) -> Problem:
        """The same, telling clients not to repeat the request by themselves."""
        return replace(self, headers={**self.headers, "x-should-retry": "false"})


class Failure(Exception):
    """A failure whose answer is known already, raised by a handler."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


_STATUS: tuple[tuple[type[SoraKitError], int], ...] = (
    (KeyRefused, 401),
    (NotAllowed, 403),
    (LimitReached, 429),
    (UnknownModel, 404),
    (InvalidInput, 400),
    (NotFound, 404),
    (WorkspaceFull, 507),
    (WorkspaceError, 503),
    (JobNeedsYou, 400),
    (ServerError, 503),
)
"""Classes outside the backends' tree, the more special first; all others are 500."""

_BY_CODE: dict[str, int] = {
    **{kind.code: effect.http_status for kind, effect in EFFECTS.items()},
    **{kind.code: status for kind, status in _STATUS if issubclass(kind, InvalidInput)},
    **{kind.code: 400 for kind in InvalidInput.__subclasses__() if kind is not UnknownModel},
    "cancelled": 400,
    "needs_you": 400,
    "internal_error": 500,
}
"""How a job that failed answers a client that waited for it, by the stable word of its error."""

_BY_TYPE: dict[str, int] = {
    **{kind.__name__: status for kind, status in _STATUS},
    **{kind.__name__: effect.http_status for kind, effect in EFFECTS.items()},
}
"""The same by the class of its error, which tells more: backends have words of their own."""

_UNFINISHED: dict[str, dict[str, str]] = {
    "cancelled": {"what": "The job was cancelled", "code": "cancelled"},
    "needs_you": {
        "what": "The job waits for a decision",
        "why": "It is not known whether it was bought",
        "fix": "Decide in the studio; do not send the request again",
        "code": "needs_you",
    },
}

TEXTS = ("what", "why", "fix")

_HTTP: dict[int, tuple[str, str, str | None]] = {
    400: ("The request could not be read", "Check the body and its Content-Type", "invalid_request"),
    404: (
        "There is nothing at this address",
        (
            "A client's base URL ends in /v1. Of OpenAI's APIs there are models, videos, images and chat "
            "completions, not responses; /openapi.json lists all addresses"
        ),
        "not_found",
    ),
    405: (
        "This address does not take that method",
        "See /openapi.json for what it takes",
        "method_not_allowed",
    ),
    413: (
        "The request is too large",
        "Send a smaller picture or clip, or a link to it",
        "request_too_large",
    ),
    415: (
        "This kind of body cannot be read",
        "Send application/json, multipart/form-data or application/x-www-form-urlencoded",
        "unsupported_media_type",
    ),
}


def explain(exc: BaseException) -> Problem:
    """What to tell the client about an exception. Never shows internals of an unexpected one."""
    if isinstance(exc, Failure):
        return exc.problem
    if isinstance(exc, BackendError):
        status = next((EFFECTS[kind].http_status for kind in type(exc).__mro__ if kind in EFFECTS), 502)
        return Problem(status, str(exc), exc.code, exc.param, _retry_after(exc))
    if isinstance(exc, SoraKitError):
        status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 500)
        problem = Problem(status, str(exc), exc.code, exc.param)
        if status == 401:
            return replace(problem, headers={"www-authenticate": "Bearer"})
        if isinstance(exc, LimitReached):
            return _limited(problem, exc)
        return problem.final() if status >= 500 else problem
    if isinstance(exc, ValidationException):
        return _invalid_parameter(exc)
    if isinstance(exc, HTTPException) and exc.status_code < 500:
        status = 400 if exc.status_code == 422 else exc.status_code
        what, fix, code = _HTTP.get(status, ("The request was refused", "", None))
        headers = {k: v for k, v in (exc.headers or {}).items() if k.lower() == "allow"}
        return Problem(status, f"{what}. {fix}.".removesuffix(" ."), code, headers=headers)
    return Problem(
        500,
        "Something went wrong inside the server. Its log has the details under this answer's x-request-id.",
        "internal_error",
    ).final()


def explain_job(record: JobRecord, *, known: int | None = None) -> Problem:
    """What to tell a client about a job that ended without a result.

    Args:
        record: A job that is failed, cancelled or needs a person.
        known: A status for all of them, where the failure itself is old news.
    """
    error: Mapping[str, Any] = {**(record.error or {}), **_UNFINISHED.get(record.state, {})}
    if record.state == "needs_you":  # the engine's own words say what there is to decide
        error = {**error, **{k: v for k, v in (record.error or {}).items() if k in TEXTS and v}}
    texts = (str(error.get(name) or "").rstrip(".") for name in TEXTS)
    message = " ".join(f"{text}." for text in texts if text) or "The job failed."
    code = str(error.get("code") or "job_failed")
    status = _BY_CODE.get(code) or _BY_TYPE.get(str(error.get("type"))) or 500
    wait = error.get("retry_at")
    headers = {"retry-after": str(max(1, round(wait - time.time())))} if isinstance(wait, int | float) else {}
    return Problem(known or status, message, code, error.get("param"), headers).final()


def answer(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """Litestar's exception handler for everything."""
    problem = explain(exc)
    trace = trace_of(request.scope)
    trace.error = problem.code or str(problem.status)
    if isinstance(exc, HTTPException) and exc.status_code >= 500:
        # Litestar's word for a client that left while it was still sending
        trace.error = "client_left"
        log.info("%s %s was not read to its end (%s)", request.method, request.url.path, trace.id)
    elif problem.status == 500:
        # The path only: a query, a header or a body may hold a secret or a private prompt.
        log.error("%s %s failed (%s)", request.method, request.url.path, trace.id, exc_info=exc)
    return Response(problem.body(), status_code=problem.status, headers=dict(problem.headers))


def _invalid_parameter(exc: ValidationException) -> Problem:
    """Litestar's refusal of a query parameter; its ``extra`` names the parameter and what was expected."""
    first = exc.extra[0] if isinstance(exc.extra, list) and exc.extra else {}
    name, reason = str(first.get("key") or ""), str(first.get("message") or "")
    what = f"The parameter {name!r} is not valid" if name else "A parameter is not valid"
    if name == "data" and first.get("source") == "body":
        what, name = "The body is not valid", ""
        reason = "It is empty" if reason == "'data'" else reason
    message = ". ".join(filter(None, (what, reason.rstrip("."), "See /openapi.json for what it takes.")))
    return Problem(400, message, "invalid_value", name or None)


def _limited(problem: Problem, exc: LimitReached) -> Problem:
    """When to come back. What is refused when a job is accepted may have a sibling that was (``n=4``)."""
    if exc.retry_after is not None:
        problem = replace(problem, headers={"retry-after": str(max(1, math.ceil(exc.retry_after)))})
    return problem if exc.code == LimitReached.code else problem.final()


def _retry_after(exc: BackendError) -> dict[str, str]:
    seconds: float | None = None
    if isinstance(exc, Overloaded):
        seconds = exc.retry_after
    elif isinstance(exc, QuotaExhausted) and exc.resets_at is not None:
        seconds = exc.resets_at - time.time()
    return {} if seconds is None else {"retry-after": str(max(1, round(seconds)))}
