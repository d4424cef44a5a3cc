"""Every model name, as data.

A *model* of the catalogue is a name that clients send: it fixes what is made (video, picture, text),
how large and how long. No backend is meant by it; planning finds one. The names are those that
clients of Sora2API already use, plus OpenAI's own ``sora-2`` and ``sora-2-pro``, whose size and
length are chosen per request.

`MODELS` is the table; `find_model` looks a name up and answers a misspelt one with the nearest;
`choose_model` goes the other way, from a wish to a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sora_kit.errors import InvalidInput, UnknownModel
from sora_kit.language.request import Kind
from sora_kit.language.styles import quoted

__all__ = (
    "MODELS",
    "Level",
    "Model",
    "Orientation",
    "Tier",
    "choose_model",
    "find_model",
    "models_for",
)

Orientation = Literal["landscape", "portrait", "square", ""]
Tier = Literal["standard", "pro", "pro-hd"]
Level = Literal["short", "medium", "long"]

LANDSCAPE = (1280, 720)
PORTRAIT = (720, 1280)
# Upstream calls the size of the pro-hd models "large" instead of "small"; users know it as 1080p.
LARGE = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
SMALL = {"landscape": LANDSCAPE, "portrait": PORTRAIT}

FPS = 30
"""Sora counts a video's length in frames, 30 for one second."""


@dataclass(frozen=True, slots=True)
class Model:
    """One name of the catalogue."""

    id: str
    """What clients send, for example ``sora2-landscape-10s``."""

    kind: Kind
    """What it makes."""

    label: str
    """A short name for menus."""

    description: str
    """One line for lists of models."""

    orientation: Orientation = ""
    """Empty where there is no picture, or where it follows the source clip."""

    width: int = 0
    height: int = 0
    """Default size in pixels; 0 × 0 where there is no picture or it follows the source clip."""

    seconds: float = 0.0
    """Default length in seconds; 0 for pictures. For `enhance`, of the video that the text is for."""

    n_frames: int = 0
    """Length in frames at 30 a second, as Sora counts; 1 for pictures, 0 for text."""

    tier: Tier = "standard"
    """Quality class."""

    pro_only: bool = False
    """Sora serves it to accounts with a Pro plan only."""

    level: Level | None = None
    """How far an `enhance` model expands."""

    aliases: tuple[str, ...] = ()
    """Older and dated names that mean the same."""

    readme: bool = True
    """One of the 31 names in the table of Sora2API."""

    sizes: tuple[tuple[int, int], ...] = ()
    """All sizes that a request may ask for, the default first."""

    lengths: tuple[float, ...] = ()
    """All lengths in seconds that a request may ask for, the default first."""

    def __str__(self) -> str:
        return self.id


OPENAI_PICTURES = (
    *("gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "gpt-image-2-2026-04-21"),
    *("gpt-image-2.5-sunburst", "gpt-image-2.5-sunburst-2026-09-08"),
    *("gpt-image-2.5-flare", "gpt-image-2.5-flare-2026-09-08"),
    *("gpt-image-2.6-sunburst", "gpt-image-2.6-flare"),
    *("chatgpt-image-latest", "dall-e-2", "dall-e-3"),
)
"""OpenAI's names for models of pictures, retired ones too: clients have them in their settings."""


def _image(orientation: Orientation, width: int, height: int) -> Model:
    tail = "" if orientation == "square" else f"-{orientation}"
    return Model(
        id=f"gpt-image{tail}",
        kind="image",
        label=f"Picture, {orientation}",
        description=f"{orientation.capitalize()} picture, {width}x{height}",
        orientation=orientation,
        width=width,
        height=height,
        n_frames=1,
        aliases=(f"sora-image{tail}", *(OPENAI_PICTURES if orientation == "square" else ())),
        sizes=((width, height),),
    )


def _video(tier: Tier, orientation: Orientation, seconds: int) -> Model:
    family = {"standard": "sora2", "pro": "sora2pro", "pro-hd": "sora2pro-hd"}[tier]
    name = {"standard": "Sora 2", "pro": "Sora 2 Pro", "pro-hd": "Sora 2 Pro HD"}[tier]
    width, height = (LARGE if tier == "pro-hd" else SMALL)[orientation]
    aliases: list[str] = []
    if tier == "standard" and seconds in (10, 15):
        aliases.append(f"sora-video-{orientation}-{seconds}s")
        if seconds == 10:
            aliases.append(f"sora-video-{orientation}")
        if orientation == "landscape":  # the older names without an orientation meant this one
            aliases.append(f"sora-video-{seconds}s")
        if orientation == "landscape" and seconds == 10:
            aliases.append("sora-video")
    return Model(
        id=f"{family}-{orientation}-{seconds}s",
        kind="video",
        label=f"{name}, {orientation}, {seconds} s",
        description=f"{orientation.capitalize()} video, {seconds} s, {width}x{height}",
        orientation=orientation,
        width=width,
        height=height,
        seconds=float(seconds),
        n_frames=seconds * FPS,
        tier=tier,
        # Sora asks for a Pro plan for 25 s even of the standard model.
        pro_only=tier != "standard" or seconds == 25,
        aliases=tuple(aliases),
        sizes=((width, height),),
        lengths=(float(seconds),),
    )


def _extension(seconds: int) -> Model:
    return Model(
        id=f"sora2-extension-{seconds}s",
        kind="extend",
        label=f"Extend by {seconds} s",
        description=f"Continues an earlier video by {seconds} s, in its own size",
        seconds=float(seconds),
        n_frames=seconds * FPS,
        sizes=(LANDSCAPE, PORTRAIT, LARGE["landscape"], LARGE["portrait"]),
        lengths=(float(seconds),),
    )


def _enhance(level: Level, seconds: int) -> Model:
    return Model(
        id=f"prompt-enhance-{level}-{seconds}s",
        kind="enhance",
        label=f"Enhance prompt, {level}, {seconds} s",
        description=f"Writes a {level} shooting script for a {seconds} s video from a few words",
        seconds=float(seconds),
        level=level,
        lengths=(float(seconds),),
    )


def _openai(
    id_: str, label: str, tier: Tier, sizes: tuple[tuple[int, int], ...], dated: tuple[str, ...]
) -> Model:
    return Model(
        id=id_,
        kind="video",
        label=label,
        description="OpenAI's name; size and length (4 to 20 s) are chosen with the request",
        orientation="portrait",
        width=PORTRAIT[0],
        height=PORTRAIT[1],
        seconds=4.0,
        n_frames=4 * FPS,
        tier=tier,
        pro_only=tier != "standard",
        aliases=dated,
        readme=False,
        sizes=sizes,
        lengths=(4.0, 8.0, 12.0, 16.0, 20.0),
    )


def _catalogue() -> Iterator[Model]:
    """All models in the order in which Sora2API lists them, then OpenAI's."""
    both: tuple[Orientation, ...] = ("landscape", "portrait")
    levels: tuple[Level, ...] = ("short", "medium", "long")
    yield _image("square", 360, 360)
    yield _image("landscape", 540, 360)
    yield _image("portrait", 360, 540)
    for seconds in (10, 15):
        yield from (_video("standard", way, seconds) for way in both)
    yield from (_extension(seconds) for seconds in (10, 15))
    yield from (_video("standard", way, 25) for way in both)
    yield from (_video("pro", way, seconds) for seconds in (10, 15, 25) for way in both)
    yield from (_video("pro-hd", way, seconds) for seconds in (10, 15) for way in both)
    yield from (_enhance(level, seconds) for level in levels for seconds in (10, 15, 20))
    yield Model(
        id="avatar-create",
        kind="character",
        label="Create a character",
        description="Makes a character, to be mentioned as @name, from a video of a person or thing",
        orientation="portrait",
    )
    small = (PORTRAIT, LANDSCAPE)
    yield _openai("sora-2", "OpenAI Sora 2", "standard", small, ("sora-2-2025-10-06", "sora-2-2025-12-08"))
    large = (*small, (1024, 1792), (1792, 1024), LARGE["portrait"], LARGE["landscape"])
    yield _openai("sora-2-pro", "OpenAI Sora 2 Pro", "pro", large, ("sora-2-pro-2025-10-06",))


MODELS: Mapping[str, Model] = MappingProxyType({model.id: model for model in _catalogue()})
"""All models by id."""

_BY_NAME: Mapping[str, Model] = {
    name: model for model in MODELS.values() for name in (model.id, *model.aliases)
}


def find_model(name: str | Model) -> Model:
    """The model of that name or alias, in any case.

    Raises:
        UnknownModel: With the nearest names.
    """
    if isinstance(name, Model):
        return name
    key = str(name).strip().lower()
    if key in _BY_NAME:
        return _BY_NAME[key]
    import difflib  # only a misspelling needs it

    near = difflib.get_close_matches(key[:60], _BY_NAME, n=3, cutoff=0.6)
    raise UnknownModel(
        f"There is no model named {quoted(name)}",
        fix=f"Did you mean {_either(near)}? All names are in `sora-kit models`"
        if near
        else "Choose one of those that `sora-kit models` lists, for example 'sora2-landscape-10s'",
        param="model",
    )


def models_for(kind: Kind) -> tuple[Model, ...]:
    """The models that serve a kind of request, in the order of the catalogue.

    A remix is made by the video models.
    """
    wanted = "video" if kind == "remix" else kind
    return tuple(model for model in MODELS.values() if model.kind == wanted)


def choose_model(
    kind: Kind = "video",
    *,
    orientation: str | None = None,
    seconds: float | None = None,
    tier: str = "standard",
    level: str = "medium",
) -> str:
    """The id of the catalogue's model for a wish, for example ``sora2-portrait-15s``.

    Args:
        kind: What to make.
        orientation: ``landscape``, ``portrait`` or (pictures) ``square``; None takes the usual one,
            landscape for video and square for pictures.
        seconds: Length in seconds; None takes the shortest, 10.
        tier: ``standard``, ``pro`` or ``pro-hd``.
        level: ``short``, ``medium`` or ``long``, for `enhance`.

    Raises:
        InvalidInput: No model is like that; ``fix`` names those that come near.
    """
    models = [m for m in models_for(kind) if m.readme]
    way = orientation or ("square" if kind == "image" else "landscape")
    fits = [
        m
        for m in models
        if (not m.sizes or m.orientation in ("", way))
        and (seconds is None or not m.lengths or seconds in m.lengths)
        and (m.tier == tier or kind not in ("video", "remix"))
        and m.level in (None, level)
    ]
    if fits:
        return fits[0].id
    asked = [text for text in (orientation, f"{seconds:g} s" if seconds else None, tier) if text]
    same_tier = [m for m in models if m.tier == tier and (not orientation or m.orientation == orientation)]
    fix = f"There are {', '.join(m.id for m in same_tier or models)}"
    if kind in ("video", "remix"):
        fix += "; and sora-2 for 4, 8, 12, 16 or 20 s"
    raise InvalidInput(f"No {kind} model is {', '.join(asked)}", fix=fix, param="model")


def _either(names: list[str]) -> str:
    return " or ".join(repr(name) for name in names)
