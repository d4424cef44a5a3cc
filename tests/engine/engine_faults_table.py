"""What every fault of the stand-in does to every kind of job: the table behind `test_engine_faults`.

Each case has two accounts, *a* and *b*: the fault is set on *a*, and *a* is asked first. The table is
written in these words:

    here      completed on a
    moved     completed on b, after a failed
    failed    ended with that error
    asks      stopped, and a person has to decide
    waits     goes on waiting for a, which alone can do it

``tried`` are the attempts as they are listed for people, ``bought`` the accepted submissions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sora_kit.backends.base import (
    AccountUnfit,
    AuthExpired,
    BackendError,
    ContentRefused,
    InvalidRequest,
    UpstreamBroken,
)
from sora_kit.errors import JobNeedsYou, SoraKitError

__all__ = ("CASES", "FILMS", "FREE", "SUBMIT", "Case", "Ends")

SUBMIT = {
    "video": "nf_create",
    "remix": "nf_create",
    "storyboard": "storyboard",
    "image": "video_gen",
    "extend": "extension",
    "enhance": "enhance_prompt",
    "character": "character_upload",
}
"""The call that starts each kind of job."""


@dataclass(frozen=True)
class Ends:
    """What becomes of a case."""

    state: str
    tried: tuple[str, ...]
    """Attempts, each as account and outcome."""
    bought: int = 1
    """Accepted submissions. Texts and characters cost nothing and count as none."""
    error: type[SoraKitError] | None = None
    code: str = ""
    account: str = "ready"
    """State of a afterwards."""
    cause: str = ""
    """Words in the cause of that state."""
    errors: int = 0
    """Failures that are counted against a."""
    eased: bool = False
    """Whether a may run fewer at once for a while."""

    @property
    def ended(self) -> bool:
        """Whether it comes to an end, or to a question."""
        return self.state != "waiting"


def here(*tried: str, **more: Any) -> Ends:
    return Ends("completed", tried or ("a submitted",), **more)


def moved(code: str, account: str = "ready", cause: str = "", errors: int = 1, **more: Any) -> Ends:
    return Ends(
        "completed", (f"a {code}", "b submitted"), account=account, cause=cause, errors=errors, **more
    )


def failed(error: type[BackendError], code: str, *tried: str, bought: int = 0, **more: Any) -> Ends:
    return Ends("failed", tried or (f"a {code}",), bought=bought, error=error, code=code, **more)


def asks(code: str, *tried: str, bought: int = 1, **more: Any) -> Ends:
    tried = tried or ("a submitted",)
    return Ends("needs_you", tried, bought=bought, error=JobNeedsYou, code=code, **more)


@dataclass(frozen=True)
class Case:
    """One row."""

    job: str
    fault: str
    ends: Ends
    at: str = ""
    """Endpoint; that which starts the job if empty."""
    nth: int | None = 1
    seconds: float | None = None
    revoked: bool = False
    """The access token of a is no longer good from then on, but it has a session token to get another."""
    also: tuple[tuple[str, str, int | None], ...] = ()
    """More faults of a: kind, endpoint, nth."""
    picture: bool = False
    """The job starts from a picture."""

    def __str__(self) -> str:
        place = f"@{self.at}" if self.at else ""
        extra = "".join(f"+{kind}@{at}" for kind, at, _ in self.also) + ("+session" if self.revoked else "")
        return f"{self.job}-{self.fault}{place}{extra}"


ANYBODY = ("video", "storyboard", "remix", "image")
"""Kinds that any account can do, and that cost something."""
FREE = ("enhance", "character")
"""Kinds that any account can do, and that cost nothing."""
FILMS = ("video", "storyboard", "remix", "extend")

LOGIN = {"account": "expired", "cause": "no longer accepted"}
UNSENT = ("connection_reset", "transport_failed"), ("html_instead_of_json", "upstream_broken")
LOST = ("cut_after_acceptance", "transport_failed"), ("truncated_body", "transport_failed")

# fault, its code, and the state and cause of the account that it leaves: another account can help
OF_THE_ACCOUNT: tuple[tuple[str, str, type[BackendError], str, str], ...] = (
    ("sentinel_block", "sentinel_block", AccountUnfit, "unfit", "bot protection"),
    ("unauthorized", "not_onboarded", AccountUnfit, "unfit", "never set up"),
    ("unsupported_country_code", "unsupported_country_code", AccountUnfit, "unfit", "country"),
    ("phone_number_required", "phone_number_required", AccountUnfit, "unfit", "phone"),
    ("token_invalidated", "auth_expired", AuthExpired, "expired", "no longer accepted"),
    ("token_expired", "auth_expired", AuthExpired, "expired", "no longer accepted"),
    ("bad_token", "auth_expired", AuthExpired, "expired", "no longer accepted"),
)

# fault, class, code: nothing helps, and no account is to blame
OF_THE_ORDER = (
    ("content_policy", ContentRefused, "moderation_blocked"),
    ("invalid_request", InvalidRequest, "invalid_request"),
)


def rows() -> Iterator[Case]:
    """The table."""
    for fault, code, error, state, cause in OF_THE_ACCOUNT:
        for job in (*ANYBODY, *FREE):
            yield Case(job, fault, moved(code, state, cause))
        yield Case("extend", fault, failed(error, code, account=state, cause=cause, errors=1))
    for fault, error, code in OF_THE_ORDER:
        for job in SUBMIT:
            yield Case(job, fault, failed(error, code))

    # what the account's plan does not include says nothing against the account
    for job in (*ANYBODY, *FREE):
        yield Case(job, "plan_not_allowed", moved("plan_refused", errors=0))
    yield Case("extend", "plan_not_allowed", failed(AccountUnfit, "plan_refused"))

    # what passes: the next account, or the same one a little later
    for job in (*ANYBODY, *FREE):
        yield Case(job, "heavy_load", moved("overloaded", errors=0))
        yield Case(job, "too_many_concurrent_tasks", moved("too_many_concurrent", eased=True))
        yield Case(job, "rate_limit_exhausted", moved("insufficient_quota", "cooling", "comes back at"))
        yield Case(job, "challenge_page", moved("edge_blocked"))
    again = ("overloaded", 0, False), ("too_many_concurrent", 1, True), ("edge_blocked", 1, False)
    for fault, (code, errors, eased) in zip(
        ("heavy_load", "too_many_concurrent_tasks", "challenge_page"), again, strict=True
    ):
        yield Case("extend", fault, here(f"a {code}", "a submitted", errors=errors, eased=eased))
    quota = Ends("waiting", ("a insufficient_quota",), 0, account="cooling", cause="comes back at", errors=1)
    yield Case("extend", "rate_limit_exhausted", quota)

    # the way breaks before anything is done: asked for in the lists first, then ordered again
    for fault, code in UNSENT:
        for job in (*ANYBODY, *FREE):
            yield Case(job, fault, moved(code))
        yield Case("extend", fault, here(f"a {code}", "a submitted", errors=1))
    # the way breaks after it was accepted: found in the lists, and never ordered again
    for fault, code in LOST:
        for job in (*ANYBODY, "extend"):
            yield Case(job, fault, here(f"a {code}", "a adopted", errors=1))
        for job in FREE:
            yield Case(job, fault, moved(code))

    # what only looks odd
    for job in SUBMIT:
        yield Case(job, "slow", here(), seconds=1.5)
        yield Case(job, "clock_skew", here(), seconds=-7200, nth=None)
        yield Case(job, "duplicate_delivery", here(bought=2))
    for job in (*FILMS, "image"):
        yield Case(job, "progress_null", here())
        yield Case(job, "unknown_status", here())
        yield Case(job, "never_ends", asks("upstream_timeout"))
        yield Case(job, "no_url", asks("upstream_timeout"))
    # how a task ends: the account did what it could
    for job in FILMS:
        refused = ("a submitted", "a moderation_blocked")
        yield Case(
            job, "sora_content_violation", failed(ContentRefused, "moderation_blocked", *refused, bought=1)
        )
        broke = ("a submitted", "a upstream_broken")
        yield Case(job, "sora_error", failed(UpstreamBroken, "upstream_broken", *broke, bought=1))
    broke = ("a submitted", "a upstream_broken")
    yield Case("image", "image_failed", failed(UpstreamBroken, "upstream_broken", *broke, bought=1))
    nobody = ("a submitted", "a invalid_request")
    yield Case("character", "cameo_failed", failed(InvalidRequest, "invalid_request", *nobody))

    yield from beyond_the_call()


def beyond_the_call() -> Iterator[Case]:
    """Faults in what comes before and after the call that starts a job, and two at once."""
    # tokens that can be renewed are, and the account stays in use
    for job in ANYBODY:
        yield Case(job, "token_invalidated", moved("auth_expired"), revoked=True)
    renewed = here("a auth_expired", "a submitted", errors=1)
    yield Case("extend", "token_invalidated", renewed, revoked=True)
    yield Case("video", "token_invalidated", here(), at="pending", revoked=True)
    yield Case("image", "token_invalidated", here(), at="recent_tasks", revoked=True)
    # once it was bought, nothing makes it be bought again
    for fault in (
        *("heavy_load", "challenge_page", "connection_reset", "html_instead_of_json", "truncated_body"),
        *("slow", "duplicate_delivery", "clock_skew", "invalid_request", "sentinel_block"),
    ):
        seconds = {"slow": 1.5, "clock_skew": 7200.0}.get(fault)
        yield Case("video", fault, here(), at="pending", seconds=seconds)
        yield Case("video", fault, here(), at="drafts", seconds=seconds)
        yield Case("image", fault, here(), at="recent_tasks", seconds=seconds)
        yield Case("character", fault, here(), at="cameo_status", seconds=seconds)
    # what was uploaded before it may be uploaded again
    first = ("heavy_load", "overloaded", 0), ("challenge_page", "edge_blocked", 1)
    first += ("connection_reset", "transport_failed", 1), ("cut_after_acceptance", "transport_failed", 1)
    for fault, code, errors in first:
        yield Case("video", fault, moved(code, errors=errors), at="uploads", picture=True)
    yield Case("video", "slow", here(), at="uploads", picture=True, seconds=1.5)
    refused = failed(ContentRefused, "moderation_blocked")
    yield Case("video", "content_policy", refused, at="uploads", picture=True)
    # a lost answer, and then lists that tell nothing for ever: a person decides, nothing is bought
    lost = ("a transport_failed",)
    yield Case(
        "video",
        "cut_after_acceptance",
        asks("submission_unknown", *lost, errors=1),
        also=(("heavy_load", "pending", None),),
    )
    # a lost answer while clocks are wrong
    yield Case(
        "video",
        "cut_after_acceptance",
        here("a transport_failed", "a adopted", errors=1),
        also=(("clock_skew", "pending", None), ("clock_skew", "drafts", None)),
    )


CASES = list(dict.fromkeys(rows()))
