"""What a backend is, what it can do, and how it fails.

A *backend* makes media. Planning looks only at its `Capabilities`; the engine only calls the
methods of the protocol. A backend that computes on this machine is a `Renderer`: it is a plain
synchronous object, called in a process of its own (see `sora_kit.engine.pool`), so it may block and
crash without harm to anyone.

Every failure of a backend is one of the classes below; what each does to the job and to the HTTP
answer stands in one table, `EFFECTS`. Nothing outside a backend's own parser looks at message texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from sora_kit.errors import SoraKitError
from sora_kit.language.request import Kind, Request

__all__ = (
    "EFFECTS",
    "AccountUnfit",
    "AuthExpired",
    "BackendError",
    "Cancelled",
    "Capabilities",
    "ContentRefused",
    "Effect",
    "InvalidRequest",
    "Output",
    "Overloaded",
    "QuotaExhausted",
    "Renderer",
    "Report",
    "Stop",
    "Task",
    "TooManyConcurrent",
    "TransportFailed",
    "UpstreamBroken",
)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a backend can do natively. Planning lowers the rest to steps that it can do."""

    kinds: frozenset[Kind]
    """Kinds of request it serves by itself."""

    max_seconds: float = 0.0
    """Longest single video in seconds."""

    storyboard: bool = False
    """Takes several timed shots in one request."""

    first_frame: bool = False
    """Takes a picture as the first frame of a video."""

    styles: bool = False
    """Has the ten styles of its own; otherwise they become words in the prompt."""

    extends: bool = False
    """Makes an extension by itself, the source included; otherwise the new part is joined to it."""

    lengths: tuple[float, ...] = ()
    """The only lengths in seconds that a video can have, ascending; empty for any."""

    foreign_sources: bool = False
    """Takes sources that were never in this workspace, by their id upstream (``s_…``, ``gen_…``)."""

    preview: bool = False
    """Makes a labelled preview (an animatic), never footage."""

    price_per_second: float = 0.0
    """In US dollars, for estimates; 0 is free."""

    speed: float = 1.0
    """Seconds of work for one second of 720p video, roughly, for estimates."""


@dataclass(frozen=True, slots=True)
class Task:
    """One step's order to a backend. Pictures and clips are local files by now."""

    request: Request
    """What to make: for a lowered step a request of its own (one shot, say)."""

    seed: int
    """Always set here: chosen by the job when the user gave none."""

    image: Path | None = None
    """Reference picture, already checked and decodable."""

    video: Path | None = None
    """Reference clip, already checked and decodable."""

    options: dict[str, Any] = field(default_factory=dict)
    """Backend-specific settings from the workspace; unknown ones are ignored."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a backend made."""

    path: Path | None = None
    """The media file inside the folder it was given; None when the result is text."""

    text: str = ""
    """The result of an `enhance` request."""

    width: int = 0
    height: int = 0
    seconds: float = 0.0
    """Actual size in pixels and length in seconds (0 for images and text)."""

    understood: dict[str, Any] = field(default_factory=dict)
    """What the backend made of the prompt, JSON types, kept as provenance."""


Report = Callable[[float, str], None]
"""``report(progress 0…100, stage in plain words)``; may raise `Cancelled`."""

Stop = Callable[[], bool]
"""True when the job was cancelled; look at it at least every 0.2 s."""


@runtime_checkable
class Renderer(Protocol):
    """A backend that computes on this machine."""

    name: str
    """Short lower-case name, as in ``SORA_KIT_BACKEND``."""

    capabilities: Capabilities

    def render(self, task: Task, folder: Path, report: Report, stop: Stop) -> Output:
        """Make the media of ``task`` inside ``folder``.

        Args:
            task: What to make.
            folder: An empty folder of this attempt; it is removed afterwards.
            report: Called as work goes on.
            stop: Asked between frames.

        Returns:
            The finished file, complete and closed.

        Raises:
            Cancelled: When ``stop()`` became true.
            BackendError: Any of the typed failures.
        """
        ...


class Cancelled(Exception):
    """Raised by a renderer that was told to stop. Not an error."""


class BackendError(SoraKitError):
    """Base of what backends answer."""

    code = "backend_error"


class ContentRefused(BackendError):
    """The prompt or picture was refused by policy. Repeating it cannot help."""

    code = "moderation_blocked"


class InvalidRequest(BackendError):
    """The backend cannot do this request."""

    code = "invalid_request"


class AuthExpired(BackendError):
    """The account's credentials are no longer accepted; a refresh may help."""

    code = "auth_expired"


class AccountUnfit(BackendError):
    """This account can never do it (plan, region, onboarding); another one might."""

    code = "account_unfit"


class QuotaExhausted(BackendError):
    """The account has nothing left until ``resets_at`` (Unix seconds, or None if unknown)."""

    code = "insufficient_quota"

    def __init__(self, what: str, *, resets_at: float | None = None, **texts: Any) -> None:
        super().__init__(what, **texts)
        self.resets_at = resets_at


class TooManyConcurrent(BackendError):
    """The account runs as many tasks as it may; wait."""

    code = "too_many_concurrent"


class Overloaded(BackendError):
    """The backend asks everybody to wait ``retry_after`` seconds (None if it did not say)."""

    code = "overloaded"

    def __init__(self, what: str, *, retry_after: float | None = None, **texts: Any) -> None:
        super().__init__(what, **texts)
        self.retry_after = retry_after


class TransportFailed(BackendError):
    """The backend could not be reached, or the answer was cut off.

    ``sent`` tells whether the request may have been accepted. Only where it is False may a paid
    request be repeated without asking the backend first.
    """

    code = "transport_failed"

    def __init__(self, what: str, *, sent: bool = True, **texts: Any) -> None:
        super().__init__(what, **texts)
        self.sent = sent


class UpstreamBroken(BackendError):
    """The backend answered something that makes no sense, or crashed.

    ``sent`` as in `TransportFailed`: a senseless answer may hide a request that was accepted.
    """

    code = "upstream_broken"

    def __init__(self, what: str, *, sent: bool = True, **texts: Any) -> None:
        super().__init__(what, **texts)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Effect:
    """What a class of failure does."""

    http_status: int
    """Status of the HTTP answer, where the failure is known before the answer starts."""

    retry: bool
    """Whether the engine may try the step again by itself, as long as nothing was bought."""

    account: Literal["nothing", "refresh", "unfit", "cool", "ease", "rest"] = "nothing"
    """What it does to the account: new credentials, set aside until a person acts, cooled until its
    quota returns, fewer tasks at once for a while, or a pause if it happens again and again."""


EFFECTS: dict[type[BackendError], Effect] = {
    ContentRefused: Effect(400, retry=False),
    InvalidRequest: Effect(400, retry=False),
    AuthExpired: Effect(502, retry=True, account="refresh"),
    AccountUnfit: Effect(403, retry=True, account="unfit"),
    QuotaExhausted: Effect(429, retry=True, account="cool"),
    TooManyConcurrent: Effect(429, retry=True, account="ease"),
    Overloaded: Effect(503, retry=True),
    TransportFailed: Effect(502, retry=True, account="rest"),
    UpstreamBroken: Effect(502, retry=True, account="rest"),
}
"""The one table: class of failure → effect on the HTTP answer, the job and the account."""
