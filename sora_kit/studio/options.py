"""What qualifies a prompt: the keywords of `Studio.video` and its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from sora_kit.language import Model, Style, find_model
from sora_kit.store import Clip

__all__ = ("AS_SOURCE", "Options", "known_options", "makes_videos", "source_id")


class Options(TypedDict, total=False):
    """Keywords of `Studio.video` and its neighbours."""

    model: str | Model | None
    """Catalogue name, such as ``sora2-landscape-10s``."""
    style: str | Style | None
    """Style name, such as ``anime``."""
    seconds: float | str | None
    """Length in seconds."""
    size: str | tuple[int, int] | None
    """``1280x720``, ``16:9``, ``portrait`` or (width, height)."""
    image: Any
    """Reference picture: path, URL, bytes, PIL image or numpy array."""
    video: Any
    """Reference clip: path, URL or bytes. A video model remixes it, one that extends continues it."""
    takes: Mapping[int, str | Clip]
    """Shots of a storyboard that are there already: number of the shot, from 0, and its clip or that one's
    id. They are joined with the shots that are made."""
    seed: int | None
    """Same seed, same picture."""
    backend: str | None
    """Backend to use."""


AS_SOURCE = frozenset({"model", "size", "seconds"})
"""Options that a remix takes from its source unless one of them is given."""


def known_options(options: Options) -> None:
    """Refuse keywords that do not exist.

    Raises:
        TypeError: With the known ones.
    """
    if unknown := set(options) - set(Options.__annotations__):
        known = ", ".join(Options.__annotations__)
        raise TypeError(f"unknown option {', '.join(sorted(map(repr, unknown)))}; there are {known}")


def source_id(source: str | Clip | None, nothing: str | None = None) -> Any:
    """The id in what somebody gave as a source.

    Raises:
        TypeError: It is neither a clip nor an id.
    """
    if source is None:
        return nothing
    if isinstance(source, Clip):
        return source.id
    if isinstance(source, str):
        return source
    raise TypeError(f"a source is a clip or its id, not {type(source).__name__}")


def makes_videos(model: str | Model | None) -> bool:
    """Whether a model makes new videos, as one that nobody named does."""
    return model is None or find_model(model).kind == "video"
