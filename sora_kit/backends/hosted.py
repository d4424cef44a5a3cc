"""What a backend that runs elsewhere is.

A *hosted* backend makes media on somebody else's machines, for an account, in minutes rather than
seconds, and often for money. The engine therefore takes its work apart, so that each part can be
repeated, or must not be:

    prepare   uploads and the like: free, may be repeated
    submit    the paid call: never repeated blindly (see `sora_kit.engine.journal`)
    find      what became of a submission whose answer was lost
    look      how tasks stand: one call for all tasks of an account
    fetch     the finished media into a file
    tidy      take down what `prepare` put up

Everything is asynchronous, runs on the background loop, and fails with the typed errors of
`sora_kit.backends.base`. A backend keeps no truth of its own: what it must know later stands in the
JSON values that it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeGuard, runtime_checkable
from weakref import WeakKeyDictionary

from sora_kit.backends.base import BackendError, Capabilities, Output, Task
from sora_kit.language.request import Request

__all__ = (
    "Balance",
    "Done",
    "Ended",
    "Feature",
    "Found",
    "Guard",
    "Hosted",
    "Login",
    "Missing",
    "Need",
    "Renewed",
    "Running",
    "Standing",
    "Started",
    "Status",
    "is_hosted",
)

Feature = Literal["video", "image", "other"]
"""What a slot of an account is for. ``other`` (texts, characters) is not limited in number."""

Guard = Callable[[], None]
"""Called immediately before the first byte of a paid request leaves; may raise to stop it."""


@dataclass(frozen=True, slots=True)
class Login:
    """An account as its backend needs to see it. Nothing secret is in its repr."""

    account: str
    """Id in the pool."""

    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``access_token``, ``session_token``, ``refresh_token``, ``api_key``; only those there are."""

    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """``client_id``, ``redirect_uri``, ``device_id``, ``write_headers`` (name → value), …"""

    proxy: str = field(default="", repr=False)
    """URL of the proxy for every call, media included; the global one if the account has none."""


@dataclass(frozen=True, slots=True)
class Need:
    """What an account must have to carry out a step."""

    backend: str
    feature: Feature
    plan: str = ""
    """Id of the plan that it must have (``chatgpt_pro``), or empty for any."""

    account: str = ""
    """The only account that can do it (it owns the source), or empty."""

    without: frozenset[str] = frozenset()
    """Accounts that failed at it already."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account may still make."""

    remaining: int | None = None
    """Generations, or None if it was not told."""

    exhausted: bool = False
    resets_at: float | None = None
    """Unix seconds, or None if it was not told."""


@dataclass(frozen=True, slots=True)
class Started:
    """A submission that was accepted."""

    task: str
    """The backend's id of it."""

    balance: Balance | None = None
    done: Done | None = None
    """Set where the answer holds the result itself (a text)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A task that may be a submission whose answer was lost."""

    task: str
    created: float | None
    """Unix seconds by the backend's clock, or None if it is not told."""

    same: bool | None
    """Whether prompt and parameters are those that were sent; None if they are not told."""


@dataclass(frozen=True, slots=True)
class Running:
    """It is being made."""

    progress: float | None = None
    """0 to 100, or None if it is not told."""

    stage: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """In no list at the moment. It may come back."""


@dataclass(frozen=True, slots=True)
class Done:
    """Finished; its media can be fetched."""

    data: dict[str, Any]
    """What `Hosted.fetch` needs, JSON types."""


@dataclass(frozen=True, slots=True)
class Ended:
    """It ended without a result."""

    error: BackendError


Status = Running | Missing | Done | Ended


@dataclass(frozen=True, slots=True)
class Renewed:
    """New credentials, to be stored before they are used: the old ones may be void already."""

    secrets: Mapping[str, str] = field(repr=False)
    """The ones that changed."""

    expires: float | None = None
    """End of the access token, Unix seconds."""

    email: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account is, as its backend tells it. None and empty where it does not."""

    email: str = ""
    name: str = ""
    username: str = ""
    user: str = ""
    """The backend's own id of the user."""

    plan: str = ""
    plan_title: str = ""
    plan_ends: float | None = None
    onboarded: bool | None = None
    """Whether it was set up for videos."""

    invite_code: str = ""
    invites_used: int | None = None
    invites_total: int | None = None
    balance: Balance | None = None
    expires: float | None = None
    """End of the access token, Unix seconds."""


@runtime_checkable
class Hosted(Protocol):
    """A backend that runs elsewhere."""

    name: str
    """Short lower-case name, as in ``SORA_KIT_BACKEND``."""

    capabilities: Capabilities

    poll_seconds: float
    """Usual time between two looks at an account's tasks."""

    settle_seconds: float
    """A submission whose answer was lost and that `find` has not shown by then never arrived. Longer
    than the longest time that a request can be under way."""

    def need(self, request: Request) -> Need:
        """What an account must have for a request.

        Raises:
            InvalidRequest: The backend cannot do it at all.
        """
        ...

    async def prepare(self, login: Login, task: Task) -> dict[str, Any]:
        """What comes before the paid call and may be repeated; its answer goes to `submit`.

        ``task.options["source"]`` holds the ``upstream`` of the clip that the request starts from, if
        it was made on this backend.

        Raises:
            BackendError: Any of the typed failures.
        """
        ...

    async def submit(
        self, login: Login, task: Task, prepared: Mapping[str, Any], token: str, guard: Guard
    ) -> Started:
        """The paid call, made once.

        Args:
            login: The account.
            task: What to make.
            prepared: What `prepare` returned.
            token: A name for this submission, for backends that take idempotency keys.
            guard: See `Guard`.

        Raises:
            BackendError: Any of the typed failures. After `TransportFailed` or `UpstreamBroken` with
                ``sent`` true it may have been accepted.
        """
        ...

    async def find(self, login: Login, task: Task, token: str, since: float) -> list[Found] | None:
        """Tasks of the account that began at or after ``since`` and may be this submission.

        Returns:
            None if the backend cannot be asked that.

        Raises:
            BackendError: Any of the typed failures.
        """
        ...

    async def look(self, login: Login, tasks: Mapping[str, Task], since: float) -> dict[str, Status]:
        """How tasks stand: few calls, however many tasks there are.

        Args:
            login: The account.
            tasks: By the backend's ids.
            since: Unix seconds; the oldest of them was submitted then.

        Raises:
            BackendError: Any of the typed failures, where nothing can be told of any task.
        """
        ...

    async def fetch(self, login: Login, task: Task, done: Done, folder: Path) -> Output:
        """Save the media, bit for bit as the backend sends them.

        Returns:
            The file and, in ``understood``, what the backend's own methods want to know of it later
            (under the key ``upstream``).

        Raises:
            BackendError: Any of the typed failures. `UpstreamBroken` with code ``media_url_expired``
                asks for another `look`, which gives a fresh link.
        """
        ...

    async def tidy(self, login: Login, prepared: Mapping[str, Any]) -> None:
        """Take down what `prepare` put up for others to see. Called when the job has ended.

        Raises:
            BackendError: Any of the typed failures.
        """
        ...

    async def cancel(self, login: Login, task: str) -> bool:
        """Stop a task, where the backend can.

        Raises:
            BackendError: Any of the typed failures.
        """
        ...

    async def renew(self, login: Login) -> Renewed:
        """New credentials from longer-lived ones.

        Raises:
            AuthExpired: There are none, or they are no longer accepted.
            BackendError: Any of the other failures.
        """
        ...

    async def inspect(self, login: Login) -> Standing:
        """Test an account, and read what it is.

        Raises:
            BackendError: Any of the typed failures.
        """
        ...

    async def close(self) -> None:
        """Close connections. The object may be used again."""
        ...


def is_hosted(backend: object) -> TypeGuard[Hosted]:
    """Whether a backend runs elsewhere; `isinstance` alone looks at every method, each time."""
    kind = type(backend)
    if kind not in _KNOWN:
        _KNOWN[kind] = isinstance(backend, Hosted)
    return _KNOWN[kind]


_KNOWN: WeakKeyDictionary[type, bool] = WeakKeyDictionary()
