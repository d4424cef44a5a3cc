"""What planning must know of the workspace: the clips that a request uses, and the characters.

Planning reads no tables. Whoever asks for a plan tells it these few facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from sora_kit.language.request import Shot

__all__ = ("Origin", "Role", "Take")


@dataclass(frozen=True, slots=True)
class Origin:
    """The video that a request remixes or extends."""

    native: bool
    """Whether the backend can start from it: it draws from the file, or it made the clip itself."""

    prompt: str = ""
    """What the source shows, its own sources' words included; empty when nobody knows."""

    shots: tuple[Shot, ...] = ()
    """Its storyboard."""

    seconds: float = 0.0
    """Its length, or 0 when it was not looked at yet."""


@dataclass(frozen=True, slots=True)
class Role:
    """A character of the workspace, as planning sees it."""

    name: str
    """As in ``@name``."""

    backend: str
    """Where it was made."""

    description: str = ""
    """What it looks like, in words that can stand in a prompt (``a grey kitten``)."""

    known_upstream: bool = False
    """Whether that backend knows the name itself; otherwise its description stands in for it."""


@dataclass(frozen=True, slots=True)
class Take:
    """A clip that takes the place of a shot."""

    backend: str
    """Who made it."""

    seconds: float
    """Its length."""
