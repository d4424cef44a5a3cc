"""What is wanted, in no backend's words.

`Request` is the one value that every face produces (a cell, a panel, the command, an HTTP body) and
that planning consumes. It is frozen, compares by value and turns to and from plain JSON, so that it
can be stored, repeated and shown as provenance of a clip.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

__all__ = ("Kind", "MediaRef", "Note", "Request", "Shot")

Kind = Literal["video", "image", "enhance", "remix", "extend", "character"]
"""What the request asks for. `remix` and `extend` make videos from an earlier one."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot of a storyboard."""

    seconds: float
    """Length in seconds, > 0, kept as typed (``5.0``)."""

    text: str
    """What is seen, without its ``[5.0s]`` mark."""


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A picture or clip that the request refers to. Exactly one of the two fields is set."""

    sha256: str = ""
    """Content address of media that already lies in the workspace."""

    url: str = ""
    """An http(s) or data URL that has not been fetched yet. A stored request never has one."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something in the prompt that was not understood; shown to the user, never fatal."""

    text: str
    """The piece of the prompt, as typed."""

    message: str
    """Why it was left alone, in a sentence."""

    suggestion: str = ""
    """What was probably meant (``anime`` for ``{anmie}``), or empty."""


@dataclass(frozen=True, slots=True)
class Request:
    """One wish: a prompt and everything that qualifies it.

    Build it with `sora_kit.language.parse`, which reads tags, storyboards and references out of the
    text, rather than by hand.
    """

    kind: Kind
    """What is asked for."""

    prompt: str
    """The text without style tags and references. With `shots`, the general instruction (may be empty)."""

    model: str
    """Canonical catalogue id, for example ``sora2-landscape-10s``."""

    style: str | None = None
    """Style id (``anime``) or None."""

    shots: tuple[Shot, ...] = ()
    """The storyboard, in order; empty for a plain prompt."""

    seconds: float = 0.0
    """Length of the video in seconds (of the new part, for `extend`; of the video that an `enhance` text
    is for); 0 for images and characters."""

    width: int = 0
    """Width in pixels; 0 for text, and for `extend`, which keeps the size of its source."""

    height: int = 0
    """Height in pixels; 0 as for the width."""

    image: MediaRef | None = None
    """Reference picture: the first frame of a video, or the base of an image."""

    video: MediaRef | None = None
    """Reference clip, for characters and edits."""

    source: str | None = None
    """Id of the clip that is remixed or extended: ``clip_…`` of ours, or ``s_…`` / ``gen_…`` of Sora."""

    takes: tuple[str, ...] = ()
    """With `shots`: for each of them the id of the clip (``clip_…``) that takes its place, or "" where the
    shot is made; empty where all are made."""

    characters: tuple[str, ...] = ()
    """Names mentioned as ``@name`` (they stay in the text), in order of first mention."""

    name: str = ""
    """For `character`: how prompts shall mention it, without the ``@``; empty lets the backend choose."""

    label: str = ""
    """For `character`: how people shall see it."""

    span: tuple[float, float] | None = None
    """For `character`: seconds of the clip, from and to, that show it."""

    level: Literal["short", "medium", "long"] | None = None
    """How far an `enhance` request expands."""

    seed: int | None = None
    """Same seed, same picture, where the backend can; None lets the job choose one."""

    backend: str | None = None
    """Name of a backend the user insists on; None lets planning choose."""

    notes: tuple[Note, ...] = ()
    """What was not understood."""

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, without fields that hold their default."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: written(value)
            for name, value in plain.items()
            if value not in (None, "", (), 0)
            or name in ("kind", "prompt", "model")
            or (name == "seed" and value == 0)  # 0 is a seed; None is no seed
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_json`. Unknown keys are ignored (written by a newer version)."""
        fields = {key: data[key] for key in cls.__slots__ if key in data}
        fields["shots"] = tuple(Shot(**s) for s in data.get("shots", ()))
        fields["notes"] = tuple(Note(**n) for n in data.get("notes", ()))
        fields["characters"] = tuple(data.get("characters", ()))
        fields["takes"] = tuple(data.get("takes", ()))
        if data.get("span"):
            fields["span"] = tuple(data["span"])
        for key in ("image", "video"):
            if data.get(key):
                fields[key] = MediaRef(**data[key])
        return cls(**fields)


def written(value: Any) -> Any:
    """A field in plain JSON types."""
    if isinstance(value, tuple):
        return tuple(written(one) for one in value)
    return asdict(value) if isinstance(value, Shot | Note | MediaRef) else value
