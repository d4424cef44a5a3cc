"""Backends by name.

A backend comes with sora_kit or with any installed package, as an entry point of the group
``sora_kit.backends`` that names a class with the methods of `sora_kit.backends.base.Renderer`. It is
imported when it is first asked for, and importing it must be cheap: planning asks every backend for
its capabilities, drawing happens elsewhere.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import cast

from sora_kit.backends.base import Renderer
from sora_kit.errors import InvalidInput

__all__ = ("get", "names")

BUILT_IN = ("animatic",)
GROUP = "sora_kit.backends"


@cache
def names() -> tuple[str, ...]:
    """Names of all backends, built-in ones first."""
    return (*BUILT_IN, *sorted({point.name for point in entry_points(group=GROUP)} - set(BUILT_IN)))


@cache
def get(name: str) -> Renderer:
    """The backend of that name.

    Raises:
        InvalidInput: There is none.
    """
    if name == "animatic":
        from sora_kit.backends.animatic import Animatic

        return Animatic()
    for point in entry_points(group=GROUP, name=name):
        return cast("Renderer", point.load()())
    raise InvalidInput(
        f"There is no backend {name!r}",
        why=f"This installation has {', '.join(names())}",
        fix="Check SORA_KIT_BACKEND and the backend=… argument",
        param="backend",
        code="unknown_backend",
    )
