"""Every way in which the backend says no, each with its status and body.

Most bodies are the envelope ``{"error": {message, type, param, code}}``. Where the protocol's body is
unknown (plans, moderation at submission, overload), the envelope is used with a word of our own, and
`docs/standins.md` says so.
"""

from __future__ import annotations

from typing import Any

__all__ = ("CHALLENGE", "REFUSALS", "Refusal", "envelope", "invalid", "missing", "refusal")

CHALLENGE = (
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head>"
    "<body><noscript>Enable JavaScript and cookies to continue</noscript></body></html>"
)


class Refusal(Exception):
    """An answer that is not a success.

    Args:
        status: HTTP status.
        body: JSON object, or text for an HTML page.
    """

    def __init__(self, status: int, body: dict[str, Any] | str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def envelope(message: str, code: str | None, *, param: str | None = None, **more: Any) -> dict[str, Any]:
    """The usual body of an error; ``more`` goes inside the ``error`` object."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return {"error": error | more}


def invalid(param: str, why: str) -> Refusal:
    """A field that cannot be accepted. Upstream only says that it is unable to process the request."""
    return Refusal(400, envelope(f"Unable to process request: {why}", "invalid_request", param=param))


def missing(what: str) -> Refusal:
    """404: no such thing, or not this account's, which looks the same."""
    return Refusal(404, envelope(f"{what} not found", "not_found"))


def _exhausted(seconds: int) -> dict[str, Any]:
    balance = {
        "estimated_num_videos_remaining": 0,
        "estimated_num_purchased_videos_remaining": 0,
        "rate_limit_reached": True,
        "credit_remaining": 0,
        "access_resets_in_seconds": seconds,
    }
    return {
        "type": "rate_limit_exhausted",
        "message": "You've used all of your video generations for today.",
        "rate_limit_and_credit_balance": balance,
    }


REFUSALS: dict[str, tuple[int, dict[str, Any] | str]] = {
    "sentinel_block": (400, envelope("We are unable to process your request.", "sentinel_block")),
    "invalid_request": (400, envelope("Unable to process request", "invalid_request")),
    "token_invalidated": (
        401,
        {
            **envelope("Your authentication token has been invalidated.", "token_invalidated"),
            "status": 401,
        },
    ),
    "token_expired": (401, envelope("Provided authentication token is expired.", "token_expired")),
    "bad_token": (
        401,
        envelope("Could not parse your authentication token. Please try signing in again.", None),
    ),
    "unauthorized": (401, envelope("Unauthorized: a user is required", None)),
    "challenge_page": (403, CHALLENGE),
    "unsupported_country_code": (
        403,
        envelope("Sora is not available in your country right now", "unsupported_country_code", param="DE"),
    ),
    "too_many_concurrent_tasks": (
        429,
        envelope(
            "You already have 3 generations in progress. Please wait for one to finish.",
            "too_many_concurrent_tasks",
            details={"num_tasks": 3},
        ),
    ),
    "rate_limit_exhausted": (429, _exhausted(46_833)),
    "heavy_load": (503, envelope("We are under heavy load, please try again later.", "heavy_load")),
    "phone_number_required": (
        403,
        envelope("A phone number is required to use this feature.", "phone_number_required"),
    ),
    "plan_not_allowed": (403, envelope("Your plan does not include this.", "plan_not_allowed")),
    "content_policy": (
        400,
        envelope("This content may violate our content policies.", "content_policy_violation"),
    ),
}
"""Status and body by the name of the fault that asks for it."""


def refusal(
    kind: str, *, param: str | None = None, tasks: int | None = None, resets: int | None = None
) -> Refusal:
    """The refusal of a name in `REFUSALS`.

    Args:
        kind: The name.
        param: The error's ``param``: a field, or the country.
        tasks: How many are running, for ``too_many_concurrent_tasks``.
        resets: Seconds until the quota is whole, for ``rate_limit_exhausted``.
    """
    status, body = REFUSALS[kind]
    if resets is not None:
        body = _exhausted(resets)
    if isinstance(body, dict) and param is not None:
        body = {**body, "error": {**body["error"], "param": param}}
    if isinstance(body, dict) and tasks is not None:
        message = f"You already have {tasks} generations in progress. Please wait for one to finish."
        body = {**body, "error": {**body["error"], "message": message, "details": {"num_tasks": tasks}}}
    return Refusal(status, body)
