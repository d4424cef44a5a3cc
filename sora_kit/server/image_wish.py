"""What a body of the Images API asks for, and what of it is honoured.

| field | |
|---|---|
| ``size`` | a shape: OpenAI's sizes (``1024x1024``, ``1536x1024``, …) become the square, landscape or portrait picture of the catalogue; the answer's ``size`` says how large it is. A model with a shape of its own takes only its own size |
| ``n`` | as many jobs, one answer |
| ``output_format``, ``output_compression`` | the file is converted (`sora_kit.server.pictures`); compression only counts for ``jpeg`` and ``webp`` |
| ``response_format`` | ``url`` or ``b64_json``; both without it |
| ``background`` | ``transparent`` is refused: no backend makes it |
| ``mask``, ``markup`` | refused: no backend changes a part of a picture, and changing all of it is something else |
| ``quality``, ``moderation``, ``complexity``, ``input_fidelity`` | known words are accepted; backends have one quality, and rules of their own |
| ``style`` | ours (``anime``); OpenAI's ``vivid`` and ``natural`` change nothing |
| ``user``, ``safety_identifier`` | given back, as OpenAI does |
"""  # noqa: E501 - rows of a table

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import Model, choose_model, find_model
from sora_kit.language.parser import parse
from sora_kit.language.request import Request
from sora_kit.server import fields

if TYPE_CHECKING:
    from sora_kit.server.bodies import Tree

__all__ = (
    "DEFAULT",
    "MOST",
    "MOST_PICTURES",
    "Form",
    "Order",
    "orientation",
    "read_form",
    "read_order",
    "read_pictures",
    "wish_of",
)

MOST = 10
"""Pictures of one answer."""

MOST_PICTURES = 16
"""Pictures that one edit may start from."""

DEFAULT = "gpt-image"

QUALITIES = ("auto", "low", "medium", "high", "xhigh", "max", "standard", "hd")
BACKGROUNDS = ("auto", "opaque", "transparent")
FORMATS = {"png": "png", "jpeg": "jpeg", "jpg": "jpeg", "webp": "webp"}
PREVIEWS = ("gif", "svg")
LEGACY_STYLES = ("vivid", "natural")
SIDES = re.compile(r"([0-9]{1,5})[x:]([0-9]{1,5})", re.ASCII)
PICTURES = ("image", "images", "image_url", "url", "input_image")
"""The field of the pictures, and what JSON callers and other servers call it."""


@dataclass(frozen=True, slots=True)
class Form:
    """How pictures shall be given."""

    response: str = ""
    """``url``, ``b64_json``, or empty for both."""

    output: str = ""
    """``png``, ``jpeg``, ``webp``, or empty for the file as it was made."""

    compression: int | None = None
    """Quality of the encoder, 0 to 100."""


@dataclass(frozen=True, slots=True)
class Order:
    """A body, read."""

    model: str
    """As the client named it."""

    form: Form
    count: int
    stream: bool
    partials: int
    """How many rough pictures shall come before each finished one."""

    user: str
    """Who asks, in the client's words."""


def read_order(body: Tree) -> Order:
    """Everything but the prompt and the pictures.

    Raises:
        InvalidInput: A value is unknown, or cannot be honoured.
    """
    for name in ("mask", "markup"):
        if body.get(name) not in (None, ""):
            raise _cannot(
                f"A {name} cannot be used here",
                why="No backend changes a part of a picture; without it, all of the picture would change",
                fix=f"Leave the {name} out, and say in the prompt what shall change and what shall stay",
                param=name,
            )
    background = _word(body, "background", BACKGROUNDS)
    if background == "transparent":
        raise _cannot(
            "A transparent background cannot be made here",
            why="No backend makes pictures with transparency",
            fix="Send opaque or auto",
            param="background",
        )
    _word(body, "quality", QUALITIES)
    return Order(
        model=fields.text(body, "model") or DEFAULT,
        form=read_form(body),
        count=fields.whole(body, "n", low=1, high=MOST) or 1,
        stream=fields.flag(body, "stream"),
        partials=fields.whole(body, "partial_images", low=0, high=3) or 0,
        user=fields.text(body, "safety_identifier") or fields.text(body, "user"),
    )


def read_form(body: Tree) -> Form:
    """How pictures shall be given.

    Raises:
        InvalidInput: It is none of the ways.
    """
    output = fields.text(body, "output_format").strip().lower()
    if output in PREVIEWS:
        raise _cannot(
            f"Pictures cannot be given as {output} here", fix="Send png, jpeg or webp", param="output_format"
        )
    if output:
        output = FORMATS[_word(body, "output_format", tuple(FORMATS))]
    return Form(
        response=_word(body, "response_format", ("url", "b64_json")),
        output=output,
        compression=fields.whole(body, "output_compression", low=0, high=100),
    )


def read_pictures(body: Tree) -> list[fields.Medium]:
    """The pictures to start from, in order.

    Raises:
        InvalidInput: They are more than `MOST_PICTURES`, or one cannot be read.
    """
    values = [fields.unpacked(body.get(name)) for name in PICTURES]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    media = [fields.media({"image": one}, "image") for one in flat]
    found = [medium for medium in media if medium is not None]
    if len(found) > MOST_PICTURES:
        raise InvalidInput(f"{len(found)} pictures came", fix=f"Send at most {MOST_PICTURES}", param="image")
    return found


def wish_of(body: Tree, model: Model, shape: str | None = None) -> Request:
    """The request for one picture, without those it starts from.

    Args:
        body: The body.
        model: What it names.
        shape: Orientation of the picture that is edited, for a body that leaves the size open.

    Raises:
        InvalidInput: Something does not fit.
    """
    if model.kind != "image":
        raise InvalidInput(
            f"{model.id} makes no picture",
            fix="Use gpt-image, gpt-image-landscape or gpt-image-portrait",
            param="model",
        )
    size = fields.size(body)
    if model.id == DEFAULT:
        if size is None and shape is not None:
            model = find_model(choose_model("image", orientation=shape))
        elif size and (wanted := shape_of(size)):
            model, size = find_model(choose_model("image", orientation=wanted)), None
    style = fields.text(body, "style").strip()
    return parse(
        fields.text(body, "prompt", required=True),
        model=model,
        size=size,
        style=None if style.lower() in LEGACY_STYLES else style or None,
        seed=fields.whole(body, "seed", low=0, high=2**63 - 1 - MOST),
        backend=fields.text(body, "backend") or None,
    )


def shape_of(size: str) -> str | None:
    """Orientation of ``1024x1536``, ``3:2`` or ``portrait``; None for other words, which `parse` reads.

    Raises:
        InvalidInput: It is longer than OpenAI takes: more than three times as wide as high, or as high.
    """
    if size.lower() in ("square", "landscape", "portrait"):
        return size.lower()
    sides = SIDES.fullmatch(size)
    wide, high = (int(side) for side in sides.groups()) if sides else (0, 0)
    if not wide or not high:
        return None
    if not 1 / 3 <= wide / high <= 3:
        raise InvalidInput(
            f"{size} is too long for a picture",
            fix="Send a size between 1:3 and 3:1, such as 1536x1024",
            param="size",
            code="invalid_value",
        )
    return orientation(wide, high, slack=1.0)


def orientation(width: int, height: int, *, slack: float = 1.15) -> str:
    """The nearest of the catalogue's shapes; up to ``slack`` : 1 counts as square."""
    if max(width, height) <= slack * min(width, height):
        return "square"
    return "landscape" if width > height else "portrait"


def _word(body: Tree, name: str, known: tuple[str, ...]) -> str:
    """One of some words, in any case, or nothing."""
    word = fields.text(body, name).strip().lower()
    if word and word not in known:
        raise InvalidInput(
            f"{word[:40]!r} is not a {name}",
            fix=f"Send {', '.join(known[:-1])} or {known[-1]}",
            param=name,
            code="invalid_value",
        )
    return word


def _cannot(what: str, **texts: Any) -> InvalidInput:
    return InvalidInput(what, code="unsupported_value", **texts)
