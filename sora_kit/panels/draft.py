"""The draft: the prompt that is being written, and what it means so far.

The text is the one truth. A style button writes a tag into it, an example replaces it, a correction
edits it; after every change the whole text is read again and `Draft.reading` is set, which is all
that the widgets show. So two widgets on one draft cannot disagree, and the same words typed by hand
give the same video. Beside the text a draft has only what the text cannot say: the model, and the
clip that is being remixed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import SoraKitError
from sora_kit.language import to_prompt
from sora_kit.language.request import Note, Request
from sora_kit.language.styles import find_style, is_style
from sora_kit.panels.choices import DEFAULT

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
    """Id of the clip that is remixed, or empty."""

    reading = traitlets.Dict()
    """What the text means now; see `Draft.read`."""

    request: Request | None = None
    """The request of the last reading; None while the text cannot be honoured."""

    def __init__(self, studio: Studio, text: str = "", model: str = DEFAULT) -> None:
        super().__init__(text=text, model=model)
        self.studio = studio
        self.observe(self._changed, ["text", "model", "source"])
        self._changed()

    def _changed(self, _: object = None) -> None:
        self.reading = self.read()

    def read(self) -> dict[str, Any]:
        """Read the text and plan it; nothing is started or written.

        Returns:
            Plain JSON types: ``chips`` (label and value of everything understood), ``notes`` (text,
            message, suggestion), ``style``, ``estimate`` (lead and rest of one sentence), ``plan``
            (steps with text), ``code`` (the same as Python), ``error`` (what, why, fix) or None.
        """
        blank: dict[str, Any] = {
            "chips": [], "notes": [], "style": None, "plan": [], "code": "", "error": None,
            "estimate": {"lead": "", "rest": "Write a prompt to see what it takes."},
        }  # fmt: skip
        self.request = None
        if not retag(self.text, None).strip():  # nothing yet, or only a style: not worth an error
            return blank | {"style": tag_of(self.text)}
        try:
            plan = self.studio.plan(self.text, model=self.model, **self._beside())
        except SoraKitError as error:
            return blank | {"error": card(error), "estimate": {"lead": "", "rest": ""}}
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
            "estimate": {"lead": lead, "rest": found.lstrip() + rest},
            "plan": [{"text": step.title} for step in plan.steps],
            "code": self.code(),
        }

    def code(self) -> str:
        """The same wish as Python."""
        more = f", source={self.source!r}" if self.source else ""
        verb = "image" if self.model.startswith("gpt-image") else "video"
        return (
            "from sora_kit import Studio\n\nstudio = Studio()\n"
            f"job = studio.{verb}({self.text!r}, model={self.model!r}{more})\n"
            "job  # the card; `await job` gives the clip\n"
        )

    def choose_style(self, style: str | None) -> None:
        """Write a style tag into the text, in place of the one it has; None takes it out."""
        self.text = retag(self.text, style)

    def fix(self, index: int) -> None:
        """Put the suggestion of note number ``index`` into the text. An old number does nothing."""
        notes = self.reading["notes"]
        if 0 <= index < len(notes) and notes[index]["suggestion"]:
            self.text = self.text.replace(notes[index]["text"], notes[index]["suggestion"], 1)

    def start(self, text: str) -> None:
        """Begin anew with this text."""
        with self.hold_trait_notifications():
            self.source = ""
            self.text = text

    def remix(self, clip_id: str) -> None:
        """Start a variation of a clip: its words as the text, the clip as the source.

        Raises:
            NotFound: No such clip here.
        """
        clip = self.studio.clip(clip_id)
        with self.hold_trait_notifications():
            self.source = clip.id if clip.kind == "video" else ""
            self.model = clip.model
            self.text = to_prompt(clip.request)

    def submit(self, key: str | None = None) -> Job:
        """Start the job.

        Args:
            key: Idempotency key: the same key starts one job only, however often it is given.

        Raises:
            InvalidInput: The prompt cannot be honoured as it stands; nothing was started.
        """
        start = self.studio.image if self.model.startswith("gpt-image") else self.studio.video
        return start(self.text, model=self.model, key=key, **self._beside())

    def _beside(self) -> dict[str, Any]:
        return {"source": self.source} if self.source and not self.model.startswith("gpt-image") else {}


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
