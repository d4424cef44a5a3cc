"""From words to a `Request`, and back.

`parse` reads a prompt as people write it: a style tag ``{anime}`` anywhere, a storyboard of
``[5.0s]`` shots, a link to a Sora video to remix, a ``gen_…`` id to extend, ``@names``. Nothing is
guessed and nothing is lost: what is no tag, id or mark stays in the text, and what looks like a
mistake becomes a `Note`.

The order of reading matters. Ids go first, then style tags, then shot marks; each step leaves gaps
(see `sora_kit.language.tags`), so no step can create work for an earlier one. Hence the law that the
tests hold::

    parse(to_prompt(r), model=r.model, kind=r.kind, seconds=r.seconds, ...) == r

for every request that `parse` made, except for notes about what was removed or shortened, which are
said once.
"""

from __future__ import annotations

import re
from typing import get_args

from sora_kit.errors import BadPrompt, InvalidInput
from sora_kit.language.catalogue import Model, find_model, models_for
from sora_kit.language.request import Kind, MediaRef, Note, Request
from sora_kit.language.shots import LEAST_SECONDS, MARK, MOST_SECONDS, print_shots, read_shots, total_of
from sora_kit.language.sizes import Size, fit_length, fit_size, read_seconds, suitable_model
from sora_kit.language.storyboard import Storyboard
from sora_kit.language.styles import Style, find_style, quoted
from sora_kit.language.tags import cut_out, find_characters, find_generations, find_posts, read_style

__all__ = ("MOST_CHARACTERS", "parse", "to_prompt")

MOST_CHARACTERS = 32_000
"""Longest prompt, in characters; OpenAI's limit too."""

TIMED: frozenset[Kind] = frozenset({"video", "remix", "extend"})
"""Kinds that make a video and so may have a storyboard."""

NEAR_MARK = re.compile(
    r"\[\s{0,9}([+-]?(?:[0-9][0-9.,，e+-]{0,19}|nan|inf|infinity))\s{0,9}"
    r"(?:s|secs?|seconds?|秒)\s{0,9}\]",
    re.IGNORECASE | re.ASCII,
)
"""What people write when they mean a shot mark."""

MOST_NOTES = 20

NUMBER = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,3})?")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(
    text: str | Storyboard,
    *,
    model: str | Model | None = None,
    style: str | Style | None = None,
    seconds: float | str | None = None,
    size: Size | None = None,
    seed: int | None = None,
    backend: str | None = None,
    image: MediaRef | None = None,
    video: MediaRef | None = None,
    source: str | None = None,
    kind: Kind | None = None,
) -> Request:
    """Read a prompt.

    Args:
        text: The prompt, at most 32,000 characters, or a storyboard.
        model: Name or alias from the catalogue. Without one, the standard model that suits the
            kind, length, size and storyboard.
        style: Beats a style tag in the text.
        seconds: Length in seconds, for models that offer several.
        size: ``1280x720``, ``16:9``, ``720p``, ``portrait`` or (width, height).
        seed: Same seed, same picture, where the backend can.
        backend: Name of a backend that must be used.
        image: Reference picture.
        video: Reference clip, for characters, remixes and extensions.
        source: Id of the clip to remix or extend; beats one in the text.
        kind: What to make; follows from the model and the text if not given.

    Returns:
        The request, with notes on what was not understood.

    Raises:
        InvalidInput: Always of one of its kinds: BadPrompt, BadStoryboard, UnknownModel,
            UnknownStyle, or itself for a size, length or source that does not fit.
    """
    text = _checked(text)
    known = find_model(model) if model is not None else None
    wanted = find_style(style).id if style else None
    kind = _kind(kind, known)
    notes: list[Note] = []

    text, source = _read_source(text, kind, source, notes)
    if kind == "video" and source:
        kind = "remix"
    reading = read_style(text)
    notes += _about_styles(reading.styles, wanted)
    notes += reading.notes
    if kind in TIMED:
        prompt, shots = read_shots(reading.text)
        notes += _about_marks(reading.text)
    else:
        prompt, shots = reading.text, ()
        if kind == "image" and (mark := MARK.search(prompt)):
            notes.append(Note(mark[0], "A storyboard needs a video model; the mark stays in the text"))
    _check_wish(kind, prompt or (shots and "shots"), source, video)

    length = read_seconds(seconds)
    total = total_of(shots)
    if known is None:
        known = suitable_model(kind, length or None, size, total)
        if size is None and len(known.sizes) > 1 and kind != "extend":
            size = "landscape"  # as all models that we choose ourselves
    duration, short = fit_length(known, length or None, total)
    width, height = fit_size(known, size)
    if short:
        notes.append(short)
    return Request(
        kind=kind,
        prompt=prompt,
        model=known.id,
        style=wanted or next(iter(reading.styles), None),
        shots=shots,
        seconds=duration,
        width=width,
        height=height,
        image=image,
        video=video,
        source=source,
        characters=find_characters(prompt, *(shot.text for shot in shots)),
        level=known.level,
        seed=_seed(seed),
        backend=backend or None,
        notes=tuple(notes),
    )


def to_prompt(request: Request) -> str:
    """The request as one text: style tag, id of the source, instruction and shots.

    What is not text (model, length, size, seed, pictures, a ``clip_…`` source) is not in it.
    """
    body = print_shots(request.prompt, request.shots) if request.shots else request.prompt
    head = [f"{{{request.style}}}"] if request.style else []
    finders = {"remix": find_posts, "extend": find_generations, "character": find_generations}
    if request.source and (find := finders.get(request.kind)):
        head += [name for name, _ in find(request.source) if name == request.source]
    return " ".join([*head, body] if body else head)


def _checked(text: object) -> str:
    """The text, if it is one that can be read and stored."""
    if isinstance(text, Storyboard):
        text = text.to_prompt()
    if not isinstance(text, str):
        raise BadPrompt(
            f"The prompt is a {type(text).__name__}, not text", fix="Give a string", param="prompt"
        )
    if len(text) > MOST_CHARACTERS:
        raise BadPrompt(
            f"The prompt is {len(text):,} characters long",
            why=f"At most {MOST_CHARACTERS:,} are allowed",
            fix=f"Shorten it by {len(text) - MOST_CHARACTERS:,} characters",
            param="prompt",
        )
    if LONE_SURROGATE.search(text):
        raise BadPrompt(
            "The prompt contains half of a character",
            why="A lone surrogate cannot be stored or sent as UTF-8",
            fix="Type the prompt anew, or repair its encoding",
            param="prompt",
        )
    # NUL cannot be stored in PostgreSQL; it never means anything.
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _kind(kind: Kind | None, model: Model | None) -> Kind:
    """What to make, from the argument or the model."""
    if kind is None:
        return model.kind if model else "video"
    if kind not in get_args(Kind):
        raise InvalidInput(
            f"{quoted(kind)} is not a kind", fix=f"Use one of {', '.join(get_args(Kind))}", param="kind"
        )
    served = {"remix": ("video",), "extend": ("extend", "video")}.get(kind, (kind,))
    if model and model.kind not in served:
        names = ", ".join(m.id for m in models_for(kind)[:4])
        raise InvalidInput(
            f"{model.id} is not for {kind}", fix=f"Use {names}, or leave the model out", param="model"
        )
    return kind


def _read_source(text: str, kind: Kind, source: str | None, notes: list[Note]) -> tuple[str, str | None]:
    """Take the ids of earlier videos out of the text; the argument beats the text."""
    source = source.strip() if source else None
    if source and (linked := find_posts(source)):
        source = linked[0][0]  # a link is as good as its id
    posts = find_posts(text)
    if kind == "extend" and (posts or find_posts(source or "")):
        raise InvalidInput(
            f"{(posts or find_posts(source or ''))[0][0]} cannot be extended",
            why="s_… names a published video; only a gen_… draft or a clip of this workspace can",
            fix="Give its gen_… id, or remix it with a video model such as sora2-landscape-10s",
            param="prompt" if posts else "source",
        )
    if kind in ("video", "remix"):
        found = posts
    elif kind in ("extend", "character"):
        found = find_generations(text)
    else:
        if posts:
            notes.append(Note(posts[0][0], "Only a video model can remix; the id stays in the text"))
        return text, source
    if not found:
        return text, source
    names = list(dict.fromkeys(name for name, _ in found))
    chosen = source or names[0]
    other = next((name for name in names if name != chosen), None)
    if other:
        notes.append(Note(other, f"Only one earlier video can be used; it is {chosen[:60]}"))
    return cut_out(text, [span for _, span in found]), chosen


def _about_styles(tags: tuple[str, ...], wanted: str | None) -> list[Note]:
    chosen = wanted or next(iter(tags), None)
    beaten = (
        "The style given as an argument is used" if wanted else "Only one style can be used; the first is"
    )
    return [Note(f"{{{tag}}}", f"{beaten}: {chosen}") for tag in tags if tag != chosen]


def _about_marks(text: str) -> list[Note]:
    """A note for each thing that is almost a shot mark; it stays in the text."""
    notes: dict[str, Note] = {}
    for near in NEAR_MARK.finditer(text):
        if MARK.fullmatch(near[0]) or len(notes) == MOST_NOTES:
            continue
        number = near[1].replace("，", ",")
        plain = NUMBER.fullmatch(number.replace(",", ".", 1))
        if plain and LEAST_SECONDS <= float(plain[0]) <= MOST_SECONDS:
            meant = f"[{float(plain[0])}s]"
            note = Note(near[0], f"This is not a shot mark; write {meant}", meant)
        else:
            note = Note(near[0], "This is not a shot mark; write a length in seconds, as in [5.0s]", "[5.0s]")
        notes.setdefault(near[0], note)
    return list(notes.values())


def _check_wish(kind: Kind, words: object, source: str | None, video: MediaRef | None) -> None:
    """Everything that the kind of request needs is there."""
    if kind == "character":
        if not (source or video):
            raise InvalidInput(
                "A character needs a video",
                fix="Give a short video of the person or thing, or a gen_… id in the prompt",
                param="video",
            )
        return
    if kind in ("remix", "extend") and not (source or video):
        raise InvalidInput(
            f"There is nothing to {kind}",
            fix="Put the link or s_… id of the video into the prompt, or give the clip as source"
            if kind == "remix"
            else "Put the gen_… id of the video into the prompt, or give the clip as source",
            param="source",
        )
    if video and kind in ("video", "image", "enhance"):
        raise InvalidInput(
            "This model does not take a video",
            fix="Use avatar-create to make a character from it, or remix it",
            param="video",
        )
    if not words:
        fixes = {"extend": "Say how the video goes on", "remix": "Say what should change"}
        raise BadPrompt(
            "The prompt is empty",
            why="Only a tag or an id was given" if source else "",
            fix=fixes.get(kind, "Say what should be seen, for example: A kitten running across a meadow"),
            param="prompt",
        )


def _seed(seed: object) -> int | None:
    if seed is None:
        return None
    if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**63:
        return seed
    raise InvalidInput(
        f"{quoted(seed)} is not a seed", fix="Give a whole number from 0 to 2^63 - 1", param="seed"
    )
