"""``/admin/settings`` and ``/admin/backends``: what the workspace is set to, and what it can use.

`SETTINGS` is the whole list. A change is checked as a whole before any of it is written. What an argument or
the environment of a server says beats a setting; which setting is beaten so is said beside it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import msgspec
from litestar import get, patch
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from sora_kit import backends
from sora_kit.accounts import MODES
from sora_kit.accounts.account import shown_url
from sora_kit.accounts.fields import checked_proxy
from sora_kit.backends.hosted import is_hosted
from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.planning.prices import SETTING as PRICES
from sora_kit.planning.prices import read_prices
from sora_kit.server.limits import Limits
from sora_kit.server.manners import LONGEST, WAIT_SECONDS
from sora_kit.server.media_style import STYLES
from sora_kit.server.origins import origin
from sora_kit.store.requests import BODY, KEEP_DAYS, KEEP_ROWS
from sora_kit.store.settings import above_zero
from sora_kit.studio import Studio

__all__ = ("HANDLERS", "LIMITS", "SETTINGS", "Known")

Json = Any


@dataclass(frozen=True, slots=True)
class Known:
    """One setting."""

    default: Json
    about: str
    check: Callable[[str, Json], Json]
    """Gives the value as it is stored; raises `InvalidInput`."""
    variable: str = ""
    """Environment variable that beats it."""


def number(low: float, high: float, *, whole: bool = True) -> Callable[[str, Json], Json]:
    """A check for numbers."""

    def check(name: str, value: Json) -> Json:
        kinds = int if whole else int | float
        good = isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)
        if not good or not low <= value <= high:
            words = "a whole number" if whole else "a number"
            raise InvalidInput(
                f"{name} is {words} from {low:,.0f} to {high:,.0f}",
                fix="Send one, or null for the default",
                param=name,
            )
        return value

    return check


def word(*known: str) -> Callable[[str, Json], Json]:
    """A check for one of some words."""

    def check(name: str, value: Json) -> Json:
        if value not in (known or backends.names()):
            raise InvalidInput(
                f"{name} is not known by that value",
                fix=f"Send one of {', '.join(known or backends.names())}",
                param=name,
            )
        return value

    return check


def limit(default: float) -> Callable[[str, Json], Json]:
    """A check for limits of servers."""
    return lambda name, value: above_zero(name, value, default)


def origins(name: str, value: Json) -> Json:
    """A check for origins of web pages."""
    if not isinstance(value, list):
        raise InvalidInput(f"{name} is a list of origins", fix='Send ["https://app.example"]', param=name)
    return [origin(one) for one in value]


def proxy(name: str, value: Json) -> Json:
    """A check for proxies."""
    if not isinstance(value, str) or "…" in value:
        raise InvalidInput(f"{name} is no address of a proxy", fix="Send the whole of it", param=name)
    return checked_proxy(value)


def prices(_: str, value: Json) -> Json:
    """A check for prices of backends."""
    read_prices(value)
    return value


LIMITS = {
    f"server.{name}": Known(
        default,
        f"Limit of a server ({name.replace('_', ' ')}); counts from its next start on",
        limit(default),
    )
    for name, default in asdict(Limits()).items()
}

SETTINGS: Mapping[str, Known] = {
    "backend": Known(
        "animatic",
        "Backend of requests that name none; counts from the next start on",
        word(),
        "SORA_KIT_BACKEND",
    ),
    "accounts.mode": Known("round_robin", "How accounts take turns", word(*MODES)),
    "accounts.proxy": Known(
        "", "Proxy of accounts that have none of their own; shown without name and password", proxy
    ),
    "chat.media_style": Known("auto", "How the chat shows clips", word(*STYLES), "SORA_KIT_MEDIA_STYLE"),
    "chat.wait_seconds": Known(
        WAIT_SECONDS,
        "How long a request waits for its result at most",
        number(0, LONGEST, whole=False),
        "SORA_KIT_WAIT_SECONDS",
    ),
    "server.cors_origins": Known(
        ["*"], "Web pages whose code may ask; counts from a server's next start on", origins
    ),
    **LIMITS,
    "log.keep_rows": Known(KEEP_ROWS, "Rows of the request log that are kept", number(0, 10_000_000)),
    "log.keep_days": Known(
        KEEP_DAYS, "Days that rows of the request log are kept", number(0, 36_500, whole=False)
    ),
    "log.body_bytes": Known(BODY, "Characters kept of each body; 0 keeps none", number(0, 1_000_000)),
    PRICES: Known(
        {}, 'What backends cost: name → US dollars for an order, or "0.10/s" for a second of video', prices
    ),
    "media_port": Known(
        0, "Port that plays clips in notebooks while no API server runs; 0 takes any", number(0, 65_535)
    ),
}
"""All settings of a workspace that people choose."""


class Setting(msgspec.Struct):
    """One setting as it is now."""

    name: str
    value: Annotated[Any, Meta(description="As it is set, or the default")]
    default: Any
    about: str
    set: Annotated[bool, Meta(description="Whether somebody chose it")]
    beaten_by: Annotated[str, Meta(description="Environment variable that decides here instead, or empty")]


class SettingList(msgspec.Struct):
    """All settings."""

    data: list[Setting]
    object: Literal["list"] = "list"


class BackendInfo(msgspec.Struct):
    """A backend and what it can do."""

    name: str
    default: Annotated[bool, Meta(description="Takes the requests that name none")]
    hosted: Annotated[bool, Meta(description="Runs elsewhere, with accounts")]
    accounts: dict[str, int]
    capabilities: dict[str, Any]
    problem: Annotated[str, Meta(description="Why it cannot be used, or empty")] = ""


class BackendList(msgspec.Struct):
    """All backends of this installation."""

    data: list[BackendInfo]
    object: Literal["list"] = "list"


@get("/settings", summary="Read the settings")
async def read_settings(studio: NamedDependency[Studio]) -> SettingList:
    """All settings of the workspace with their defaults. None of them is a secret."""
    return SettingList([current(studio, name) for name in SETTINGS])


@patch("/settings", summary="Change settings")
async def change_settings(studio: NamedDependency[Studio], data: JSONBody[dict[str, Any]]) -> SettingList:
    """Set what is given, by its name; null brings a default back. One mistake, and nothing is changed."""
    if unknown := [name for name in data if name not in SETTINGS]:
        raise InvalidInput(
            f"There is no setting {unknown[0][:60]!r}",
            fix=f"There are {', '.join(SETTINGS)}",
            param=unknown[0],
        )
    values = {
        name: None if value is None else SETTINGS[name].check(name, value) for name, value in data.items()
    }
    for name, value in values.items():
        put(studio, name, value)
    return SettingList([current(studio, name) for name in SETTINGS])


@get("/backends", summary="List the backends")
async def list_backends(studio: NamedDependency[Studio]) -> BackendList:
    """All backends of this installation, what they can do, and their accounts by state."""
    return BackendList([backend_info(studio, name) for name in backends.names()])


def put(studio: Studio, name: str, value: Json) -> None:
    """Write one value that was checked; None brings the default back."""
    if name == "accounts.mode":
        studio.accounts.set_mode(value or SETTINGS[name].default)
    elif name == "accounts.proxy":
        studio.accounts.set_global_proxy(value or "")
    elif value is None:
        studio.settings.remove(name)
    else:
        studio.settings.set(name, value)


def current(studio: Studio, name: str) -> Setting:
    """One setting as it is now."""
    known = SETTINGS[name]
    value = studio.settings.get(name)
    chosen = value not in (None, "")
    if name == "accounts.proxy" and chosen:
        try:
            value = shown_url(studio.accounts.global_proxy())
        except SoraKitError as error:  # the key of the workspace is not here
            value = error.what
    beaten = known.variable if known.variable and os.environ.get(known.variable) else ""
    return Setting(name, value if chosen else known.default, known.default, known.about, chosen, beaten)


def backend_info(studio: Studio, name: str) -> BackendInfo:
    """One backend."""
    default = name == studio.backend
    try:
        backend = backends.get(name)
        can = asdict(backend.capabilities)
    except Exception as error:  # a package of somebody else's may fail as it likes
        return BackendInfo(name, default, False, {}, {}, f"It cannot be loaded ({type(error).__name__})")
    states: dict[str, int] = {}
    for account in studio.accounts.list(backend=name):
        state = account.state if account.enabled else "disabled"
        states[state] = states.get(state, 0) + 1
    can = {key: sorted(value) if isinstance(value, frozenset) else value for key, value in can.items()}
    return BackendInfo(name, default, is_hosted(backend), states, can)


HANDLERS = (read_settings, change_settings, list_backends)
