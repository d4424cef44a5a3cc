"""Backends by name.

A backend comes with sora_kit or with any installed package, as an entry point of the group
``sora_kit.backends`` that names a class with the methods of `sora_kit.backends.base.Renderer` (computes
on this machine) or of `sora_kit.backends.hosted.Hosted` (runs elsewhere). It is imported when it is first
asked for, and importing it must be cheap: planning asks every backend for its capabilities, the work
happens elsewhere.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Literal, cast, overload

from sora_kit.backends.base import Renderer
from sora_kit.backends.hosted import Hosted, is_hosted
from sora_kit.errors import InvalidInput

__all__ = ("Backend", "get", "hosted", "names")

Backend = Renderer | Hosted
"""Either kind."""

BUILT_IN = ("animatic", "sora_web")
GROUP = "sora_kit.backends"


@cache
def names() -> tuple[str, ...]:
    """Names of all backends, built-in ones first."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


@overload
def get(name: Literal["animatic"]) -> Renderer: ...
@overload
def get(name: Literal["sora_web"]) -> Hosted: ...
@overload
def get(name: str) -> Backend: ...
def get(name: str) -> Backend:
    """The backend of that name; always the same object.

    Raises:
        InvalidInput: There is none.
    """
    return _made(name)


def hosted(name: str) -> Hosted:
    """The backend of that name if it runs elsewhere, with accounts.

    Raises:
        InvalidInput: There is none, or it runs on this computer.
    """
    backend = get(name)
    if not is_hosted(backend):
        raise InvalidInput(f"The backend {name!r} has no accounts", why="It runs on this computer")
    return backend


@cache
def _made(name: str) -> Backend:
    if name == "animatic":
        from sora_kit.backends.animatic import Animatic

        return Animatic()
    if name == "sora_web":
        from sora_kit.backends.sora_web.hosted import SoraWebBackend

        return SoraWebBackend()
    for point in entry_points(group=GROUP, name=name):
        return cast("Backend", point.load()())
    raise InvalidInput(
        f"There is no backend {name!r}",
        why=f"This installation has {', '.join(names())}",
        fix="Check SORA_KIT_BACKEND and the backend=… argument",
        param="backend",
        code="unknown_backend",
    )
