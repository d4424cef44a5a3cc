"""Backends by name.

A backend is named in `BUILT_IN` or by an installed package, as an entry point of the group
``sora_kit.backends``. Its module is imported when it is first asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from sora_kit.backends.base import Renderer
from sora_kit.errors import InvalidInput

__all__ = ("get", "names")

BUILT_IN = {"animatic": "sora_kit.backends.animatic.renderer:Animatic"}
GROUP = "sora_kit.backends"


def names() -> tuple[str, ...]:
    """Names of all backends, built-in ones first."""
    return (*BUILT_IN, *(point.name for point in entry_points(group=GROUP) if point.name not in BUILT_IN))


@cache
def get(name: str) -> Renderer:
    """The backend of that name.

    Raises:
        InvalidInput: There is none.
    """
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        return cast("Renderer", getattr(import_module(module), attribute)())
    for point in entry_points(group=GROUP, name=name):
        return cast("Renderer", point.load()())
    raise InvalidInput(
        f"There is no backend {name!r}",
        why=f"This version has {', '.join(names())}",
        fix="Check SORA_KIT_BACKEND and the backend=… argument",
        param="backend",
        code="unknown_backend",
    )
