"""The draft: the prompt that is being written, and what it means so far.

The text is the one truth. A style button writes a tag into it, an example replaces it, a correction
edits it; after every change the whole text is read again and `Draft.reading` is set, which is all
that the widgets show. So two widgets on one draft cannot disagree, and the same words typed by hand
give the same video. Beside the text a draft has only what the text cannot say: the model, the clip
that is remixed or extended, a picture to begin with, the shots that are there already, the seed and the
backend.

`Draft.kept` is all of that as plain JSON. The browser keeps it for a page that is loaded again (see
``static/memory.js``) and hands it to `Draft.restore`, which believes none of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import NotFound, SoraKitError
from sora_kit.language import MODELS, MediaRef, find_model, to_prompt
from sora_kit.language.catalogue import models_for
from sora_kit.language.parser import MOST_CHARACTERS
from sora_kit.language.request import Note, Request
from sora_kit.language.styles import find_style, is_style
from sora_kit.language.tags import find_characters
from sora_kit.panels.choices import DEFAULT
from sora_kit.panels.makers import left, usable
from sora_kit.panels.takes import takes_in

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.studio import Studio

__all__ = ("EXAMPLES", "Draft", "card", "retag")

EXAMPLES = (
    "{anime}A kitten running across a meadow",
    "A sailboat on the ocean at sunset, pull back",
    "[4.0s]A dog in a snowy forest [3.5s]Close-up, it looks up [2.5s]It runs home at night",
)
"""Prompts to start with: a style, a camera, a storyboard."""

_GROUP = re.compile(r"\{\s*([^{}]*?)\s*\}")
_SHA = re.compile(r"[0-9a-f]{64}")
_MOST_SEED = 2**31 - 1


class Draft(traitlets.HasTraits):
    """A prompt in the making.

    Args:
        studio: The open workspace.
        text: The first text.
        model: The first model, any name of the catalogue.
    """

    text = traitlets.Unicode()
    """The prompt as typed."""

    model = traitlets.Unicode(DEFAULT)
    """The chosen model."""

    source = traitlets.Unicode()
    """Id of the clip that is remixed, or extended with an extension's model; or empty."""

    image = traitlets.Unicode()
    """Content (SHA-256) of a picture in the workspace that the video begins with, or empty."""

    video = traitlets.Unicode()
    """Content (SHA-256) of a clip in the workspace that is changed, or continued with an extension's model;
    or empty."""

    takes = traitlets.Dict()
    """Shots that are there already: what they say (`sora_kit.panels.takes`) → id of the clip."""

    seed = traitlets.Int(None, allow_none=True)
    """Same seed, same picture; None for a new one each time."""

    backend = traitlets.Unicode()
    """Who shall make it; empty for the studio's own choice."""

    reading = traitlets.Dict()
    """What the text means now; see `Draft.read`."""

    kept = traitlets.Dict()
    """What a page that is loaded again begins with."""

    asked = traitlets.Int()
    """Counts how often somebody sent something here from another view, which then wants to be seen."""

    request: Request | None = None
    """The request of the last reading; None while the text cannot be honoured."""

    taken: Mapping[int, str] = {}
    """Shots of the last reading that take a clip over, by their number from 0, and that clip's id."""

    def __init__(self, studio: Studio, text: str = "", model: str = DEFAULT) -> None:
        super().__init__(text=text, model=model)
        self.studio = studio
        self.observe(self._changed, [*_KEPT])
        self._changed()

    def _changed(self, _: object = None) -> None:
        self.kept = {name: getattr(self, name) for name in _KEPT}
        self.reading = self.read()

    def read(self) -> dict[str, Any]:
        """Read the text and plan it; nothing is started or written.

        Returns:
            Plain JSON types: ``chips`` (label and value of everything understood), ``notes`` (text,
            message, suggestion), ``style``, ``estimate`` (lead and rest of a sentence, and what is
            left), ``plan`` (steps with text), ``code`` (the same as Python), ``error`` (what, why, fix)
            or None.
        """
        self.taken = {}
        blank: dict[str, Any] = {
            "chips": [], "notes": [], "style": None, "plan": [], "code": "", "error": None,
            "estimate": {"lead": "", "rest": "Write a prompt to see what it takes.", "left": ""},
        }  # fmt: skip
        self.request = None
        if not retag(self.text, None).strip():  # nothing yet, or only a style: not worth an error
            return blank | {"style": tag_of(self.text)}
        try:
            self.taken = self._takes()
            plan = self.studio.plan(self.text, **self._options())
            remaining = left(self.studio, plan.backend)
        except SoraKitError as error:
            nothing = {"lead": "", "rest": "", "left": ""}
            return blank | {"error": card(error), "style": tag_of(self.text), "estimate": nothing}
        self.request = plan.request
        lead, found, rest = plan.estimate.sentence.partition(" on ")
        return blank | {
            "chips": [
                {"label": name, "value": value}
                for name, value in plan.understood
                if value != self.source  # told as "remix of", with the source's own words
            ],
            "notes": _notes(plan.notes),
            "style": plan.request.style,
            "estimate": {"lead": lead, "rest": found.lstrip() + rest, "left": remaining},
            "plan": [{"text": step.title} for step in plan.steps],
            "code": self.code(),
        }

    def code(self) -> str:
        """The same wish as Python."""
        verb = "image" if self.is_picture else "video"
        options = {name: value for name, value in self._options().items() if name not in _MEDIA}
        given = [f"{name}={value!r}" for name, value in options.items()]
        lines = ["from sora_kit import Studio\n", "studio = Studio()"]
        for option, variable in _MEDIA.items():
            if sha256 := getattr(self, option):
                lines.append(f"{variable} = studio.workspace.media.find({sha256!r})")
                given.append(f"{option}={variable}")
        lines.append(f"job = studio.{verb}({self.text!r}, {', '.join(given)})")
        return "\n".join([*lines, "job  # the card; `await job` gives the clip\n"])

    # -- what changes it

    def choose_style(self, style: str | None) -> None:
        """Write a style tag into the text, in place of the one it has; None takes it out."""
        self.text = retag(self.text, style)

    def fix(self, index: int) -> None:
        """Put the suggestion of note number ``index`` into the text. An old number does nothing."""
        notes = self.reading["notes"]
        if 0 <= index < len(notes) and notes[index]["suggestion"]:
            self.text = self.text.replace(notes[index]["text"], notes[index]["suggestion"], 1)

    def mention(self, name: str) -> None:
        """Put a character into the text, at its end, unless it is there."""
        if name not in find_characters(self.text):
            self.text = f"{self.text.rstrip()} @{name} ".lstrip()
        self.asked += 1

    def start(self, text: str) -> None:
        """Begin anew with this text."""
        with self.hold_trait_notifications():
            self.leave_source()
            self.text = text
        self.asked += 1

    def leave_source(self) -> None:
        """Make a new video, neither remix nor extension."""
        self.source = self.video = ""
        if find_model(self.model).kind == "extend":
            self.model = DEFAULT

    def remix(self, clip_id: str) -> None:
        """Start a variation of a clip: its words as the text, the clip as the source.

        Raises:
            NotFound: No such clip here.
        """
        clip = self.studio.clip(clip_id)
        with self.hold_trait_notifications():
            self.source, self.video = (clip.id if clip.kind == "video" else ""), ""
            self.model = DEFAULT if find_model(clip.model).kind == "extend" else clip.model
            self.text = to_prompt(clip.request.with_(source=None))
        self.asked += 1

    def extend(self, clip_id: str) -> None:
        """Continue a clip; the text is what happens next, and is yet to be written.

        Raises:
            NotFound: No such clip here.
        """
        clip = self.studio.clip(clip_id)
        with self.hold_trait_notifications():
            self.source, self.image, self.video, self.text = clip.id, "", "", ""
            self.model = models_for("extend")[0].id
        self.asked += 1

    def restore(self, kept: Any) -> None:
        """Go back to a `kept` that a browser has held; what no longer fits is left out.

        Args:
            kept: Anything at all.
        """
        if not isinstance(kept, dict):
            return
        text, model, seed = kept.get("text"), kept.get("model"), kept.get("seed")
        with self.hold_trait_notifications():
            if isinstance(text, str) and len(text) <= MOST_CHARACTERS:
                self.text = text
            if isinstance(model, str) and model in MODELS and MODELS[model].kind in _MADE_HERE:
                self.model = model
            if isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed <= _MOST_SEED:
                self.seed = seed
            if isinstance(kept.get("backend"), str) and kept["backend"] in usable(self.studio):
                self.backend = kept["backend"]
            self.image = kept["image"] if self._has(kept.get("image")) else ""
            self.source = kept["source"] if self._is_clip(kept.get("source")) else ""
            self.video = kept["video"] if not self.source and self._has(kept.get("video")) else ""
            takes = kept.get("takes")
            if isinstance(takes, dict):
                self.takes = {key: one for key, one in takes.items() if self._is_clip(one)}
            if not (self.source or self.video):
                self.leave_source()

    def submit(self, key: str | None = None) -> Job:
        """Start the job.

        Args:
            key: Idempotency key: the same key starts one job only, however often it is given.

        Raises:
            InvalidInput: The prompt cannot be honoured as it stands; nothing was started.
        """
        start = self.studio.image if self.is_picture else self.studio.video
        return start(self.text, key=key, **self._options())

    @property
    def is_picture(self) -> bool:
        """Whether a picture is asked for."""
        return find_model(self.model).kind == "image"

    def _options(self) -> dict[str, Any]:
        """What goes with the text to `Studio.plan` and `Studio.video`."""
        options: dict[str, Any] = {"model": self.model}
        if self.source and not self.is_picture:
            options["source"] = self.source
        if self.image:
            options["image"] = MediaRef(sha256=self.image)
        if self.video and not self.source and not self.is_picture:
            options["video"] = MediaRef(sha256=self.video)
        if self.taken:
            options["takes"] = dict(self.taken)
        if self.seed is not None:
            options["seed"] = self.seed
        if self.backend:
            options["backend"] = self.backend
        return options

    @property
    def maker(self) -> str:
        """Name of the backend that makes it."""
        return self.backend or self.studio.backend

    def _takes(self) -> dict[int, str]:
        model = find_model(self.model)
        if model.kind != "video" or self.source or self.video:
            return {}
        return takes_in(self.studio, self.text, self.takes, model, self.maker)

    def _has(self, sha256: Any) -> bool:
        if not isinstance(sha256, str) or not _SHA.fullmatch(sha256):
            return False
        try:
            return bool(self.studio.workspace.media.find(sha256))
        except NotFound:
            return False

    def _is_clip(self, clip_id: Any) -> bool:
        if not isinstance(clip_id, str) or not clip_id.startswith("clip_"):
            return False
        try:
            return self.studio.clip(clip_id).kind == "video"
        except NotFound:
            return False


_KEPT = ("text", "model", "source", "image", "video", "takes", "seed", "backend")
_MEDIA = {"image": "picture", "video": "clip"}
"""Trait → how it is called in code."""
_MADE_HERE = ("video", "image", "extend")


def tag_of(text: str) -> str | None:
    """The id of the first style that is named in the text."""
    return next((find_style(group[1]).id for group in _GROUP.finditer(text) if is_style(group[1])), None)


def retag(text: str, style: str | None) -> str:
    """The text with one style tag: ``style``, or none.

    A tag that stands in the text is changed where it stands, further ones are taken out; a new one
    goes to the front. Braces that are no style stay.
    """
    tags = [group for group in _GROUP.finditer(text) if is_style(group[1])]
    if not tags:
        return f"{{{style}}}{text}" if style else text
    out, end = [], 0
    for number, tag in enumerate(tags):
        out.append(text[end : tag.start()])
        if number == 0 and style:
            out.append(f"{{{style}}}")
        end = tag.end()
    out.append(text[end:])
    return "".join(out) if style else "".join(out).strip()


def card(error: SoraKitError) -> dict[str, str]:
    """What a panel shows of an error."""
    return {"what": error.what, "why": error.why, "fix": error.fix}


def _notes(notes: tuple[Note, ...]) -> list[dict[str, str]]:
    """Each piece of the text once: a misspelt tag is also a word that is not drawn."""
    shown: list[Note] = []
    for note in notes:
        if not any(note.text in earlier.text for earlier in shown):
            shown.append(note)
    return [{"text": n.text, "message": n.message, "suggestion": _suggestion(n)} for n in shown]


def _suggestion(note: Note) -> str:
    """What takes the place of the note's text, so with its braces."""
    bare = note.suggestion and note.text.startswith("{") and not note.suggestion.startswith("{")
    return f"{{{note.suggestion}}}" if bare else note.suggestion
