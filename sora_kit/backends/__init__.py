"""Backends: what makes media.

`get` gives the backend of a name; nothing heavy is loaded before it is asked for. The contracts are
in `sora_kit.backends.base`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sora_kit.backends.base import Renderer
from sora_kit.errors import InvalidInput

__all__ = ("get", "names")


def _animatic() -> Renderer:
    from sora_kit.backends.animatic.renderer import Animatic

    return Animatic()


_BACKENDS: Mapping[str, Callable[[], Renderer]] = MappingProxyType({"animatic": _animatic})


def names() -> tuple[str, ...]:
    """Names of all backends that come with sora_kit."""
    return tuple(_BACKENDS)


def get(name: str) -> Renderer:
    """The backend of that name.

    Raises:
        InvalidInput: When there is none.
    """
    make = _BACKENDS.get(name.strip().lower())
    if make is None:
        raise InvalidInput(
            f"There is no backend named {name!r}",
            fix=f"The backends are {', '.join(_BACKENDS)}",
            param="backend",
            code="unknown_backend",
        )
    return make()
