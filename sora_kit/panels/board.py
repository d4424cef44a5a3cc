"""`Board`: a storyboard as it is edited on a page, its pictures, its animatic, its files.

The board works on a `Draft`, whose text stays the one truth: a board is read out of it, every edit is
one method of `Storyboard`, and the result is written back as text. So a prompt panel on the same draft
shows the same storyboard, and undo is a list of texts.

Pictures and the animatic come from one request that the panel builds itself (`Board.request`), which
needs no fitting length: a board that is too long for its model can still be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import BadStoryboard, NotFound, SoraKitError
from sora_kit.language import Request, Storyboard, find_model
from sora_kit.language.interchange import FORMS, read_board, write_board
from sora_kit.language.shots import MARK, read_shots
from sora_kit.language.tags import find_characters, read_style
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.boardview import code_of, counted, shown
from sora_kit.panels.contact_sheet import draw_sheet
from sora_kit.panels.draft import Draft, card
from sora_kit.panels.feed import Item
from sora_kit.panels.reaching import shown as shown_at
from sora_kit.panels.retakes import Retakes
from sora_kit.panels.shotpictures import ShotPictures, keys_of
from sora_kit.panels.takes import words_of
from sora_kit.panels.tiles import tile

if TYPE_CHECKING:
    from sora_kit.engine.job import Job
    from sora_kit.store.jobs import JobRecord
    from sora_kit.studio import Studio

__all__ = ("Board",)

_SEED = 0
"""Seed of the pictures and of the animatic, so that both show the same."""

_LONG_SIDE = 960
"""Pixels of an animatic's longer side: sharp enough for the panel, drawn in half the time of 720p."""

_UNDO = 50
"""Steps that can be taken back."""

_NEW_SECONDS = 2.0
"""Length of a new shot when the board is full already."""


class Board(Retakes):
    """The strip and the rows.

    Args:
        studio: The open workspace.
        draft: The draft whose text is edited.
    """

    _esm = script("storyboard")
    _css = sheet("storyboard")

    board = traitlets.Dict().tag(sync=True)
    """What the page shows; see `sora_kit.panels.boardview.shown`."""
    status = traitlets.Dict().tag(sync=True)
    """``said``: a sentence; ``error``: a card."""
    forms: traitlets.List[Any] = traitlets.List().tag(sync=True)
    """Forms that can be written: id and label."""
    readable = traitlets.Unicode(".txt,.md,.fountain,.csv,.tsv").tag(sync=True)
    alone = traitlets.Bool(False).tag(sync=True)
    """Whether no prompt panel stands beside it, so that the board itself shows notes and errors."""

    def __init__(self, studio: Studio, draft: Draft, *, alone: bool = False) -> None:
        self.draft = draft
        self.value = Storyboard()
        self.mine: dict[str, str] = {}
        """Jobs that were started here → ``film``, or the name of what a shot says."""
        self._undo: list[str] = []
        self._written = draft.text
        """What the last edit made of the text; another text was typed elsewhere and is not undone."""
        self._broken: dict[str, str] | None = None
        self.pictures = ShotPictures(studio, lambda key, data: self.send({"drawn": {key: data}}))
        super().__init__(
            studio,
            alone=alone,
            forms=[{"id": name, "label": form.label} for name, form in FORMS.items() if form.write]
            + [{"id": "pdf", "label": "PDF contact sheet"}],
        )
        self.draft.observe(
            lambda _: self._read(), ["text", "model", "source", "video", "takes", "seed", "backend"]
        )
        self._read()

    def load(self) -> None:
        """Nothing: a board shows only what was started on it."""

    # -- what is shown

    @property
    def length(self) -> float:
        """Length of the chosen model's videos in seconds; 0 for pictures."""
        model = find_model(self.draft.model)
        return model.seconds if model.kind == "video" else 0.0

    def _read(self) -> None:
        """Take the board out of the draft's text; a text that is no board leaves the last one."""
        try:
            board = Storyboard.parse(self.draft.text)
            request = self.request(board) if board.shots else None
            self.value, self._broken = board, None
        except BadStoryboard as error:
            self._broken = card(error)
            request = self.request() if self.value.shots else None
        if self.draft.text != self._written:
            self._undo, self._written = [], self.draft.text
        taken = self.draft.taken if self._broken is None else {}
        self.still_asking()
        self.board = shown(
            self.value, keys_of(request) if request else [], words_of(self.value), self.unfit(), taken,
            self.draft.reading, find_model(self.draft.model),
            undo=bool(self._undo), broken=self._broken, alone=self.alone, code=self._code(taken),
        )  # fmt: skip
        if request is not None:
            self.pictures.want(request)

    def request(self, board: Storyboard | None = None) -> Request:
        """The request that the pictures and the animatic of a board are drawn from.

        Args:
            board: At least one shot; the one that is edited if not given.
        """
        reading = read_style((board or self.value).to_prompt())
        prompt, shots = read_shots(reading.text)
        model = find_model(self.draft.model if self.length else "sora2-landscape-10s")
        scale = _LONG_SIDE / max(model.width, model.height)
        return Request(
            "video", prompt, model.id, style=next(iter(reading.styles), None), shots=shots,
            seconds=round(sum(shot.seconds for shot in shots), 3), seed=_SEED, backend="animatic",
            characters=find_characters(prompt, *(shot.text for shot in shots)),
            width=round(model.width * scale / 2) * 2, height=round(model.height * scale / 2) * 2,
        )  # fmt: skip

    def _code(self, taken: Mapping[int, str]) -> str:
        if not self.value.shots:
            return ""
        return code_of(self.value, self.draft.model, backend=self.draft.backend, takes=taken)

    # -- edits: one method of the value each

    def do_word(self, index: int, text: str) -> None:
        """Change the words of a shot."""
        self._edit(self.value.reword(index, text))

    def do_instruct(self, text: str) -> None:
        """Change what holds for all shots; marks in it become shots, before the others."""
        written = Storyboard.parse(text)
        self._edit(Storyboard(written.instruction, (*written.shots, *self.value.shots)))

    def do_resize(self, index: int, seconds: float) -> None:
        """Change the length of a shot."""
        self._edit(self.value.resize(index, seconds))

    def do_move(self, index: int, to: int) -> None:
        """Put a shot in another place."""
        self._edit(self.value.move(index, to))

    def do_split(self, index: int) -> None:
        """Cut a shot in two."""
        self._edit(self.value.split(index))

    def do_merge(self, index: int) -> None:
        """Join a shot and the next one."""
        self._edit(self.value.merge(index))

    def do_remove(self, index: int) -> None:
        """Take a shot out."""
        self._edit(self.value.remove(index))
        self.status = {"said": f"Shot {index + 1} was removed.", "error": None}

    def do_fit(self) -> None:
        """Scale all shots to the model's length."""
        self._edit(self.value.fit(self.length))

    def do_stretch(self) -> None:
        """Let the last shot take up the difference."""
        self._edit(self.value.stretch(self.length))

    def do_add(self, text: str) -> None:
        """Add a shot, which fills what is left over; or all shots of a pasted storyboard."""
        if MARK.search(text) or "\n" in text.strip():
            self._append(text, "")
            return
        left = self.value.left(self.length)
        self._edit(self.value.shot(min(left, 5.0) if left >= 0.5 else _NEW_SECONDS, text))

    def do_take_in(self, name: str, text: str) -> None:
        """Read a file; its shots take the place of all there are."""
        board = read_board(text, name)
        self._edit(board if board.instruction else Storyboard(self.value.instruction, board.shots))
        self.status = {"said": f"{counted(board)} read from {name}.", "error": None}

    def do_undo(self) -> None:
        """Take the last edit back."""
        if self._undo:
            self._written = self._undo.pop()
            self.draft.text = self._written
            self._read()  # also where the text is the same: one step less can be taken back
        self.status = {}

    def do_fix(self, index: int) -> None:
        """Take a correction over."""
        self.draft.fix(index)

    def _append(self, text: str, name: str) -> None:
        """Shots of a pasted text, behind those that there are."""
        board = read_board(text, name)
        instruction = self.value.instruction or board.instruction
        shots = (*self.value.shots, *board.shots)
        self._edit(Storyboard.parse(Storyboard(instruction, shots).to_prompt()))
        self.status = {"said": f"{counted(board)} added.", "error": None}

    def _edit(self, board: Storyboard) -> None:
        self.status = {}
        if board == self.value and not self._broken:
            self._again()
            return
        self._undo = [*self._undo, self.draft.text][-_UNDO:]
        self._written = board.to_prompt()
        self.draft.text = self._written

    def _again(self) -> None:
        """Let the page show the board anew: it may still show what it sent, such as 2.04 s."""
        self.board = {**self.board, "again": self.board.get("again", 0) + 1}

    # -- jobs

    def do_play(self) -> None:
        """Draw the whole board as an animatic; pressed again without a change, the same one."""
        self._show("film", self.request())

    def do_again(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Start a job again that failed; it is shown in the same place."""
        self._start(self.mine[id], self.studio.record(id).request)

    def show(self, job: Job) -> None:
        """Show a job of this board, such as the video itself, where the animatic plays."""
        self.mine[job.id] = "film"
        self.take([job.record])

    def _show(self, role: str, request: Request) -> None:
        for job_id, known in self.mine.items():
            record = self.studio.record(job_id)
            stale = record.state in ("failed", "cancelled") or (record.done and not self._there(record))
            if known == role == "film" and record.request == request and not stale:
                self.send({"film": job_id})
                return
        self._start(role, request)

    def _start(self, role: str, request: Request) -> None:
        job = self.studio.submit(request)
        self.mine[job.id] = role
        self.take([job.record])
        if role == "film":
            self.send({"film": job.id})

    def _there(self, record: JobRecord) -> bool:
        try:
            return bool([self.studio.clip(clip) for clip in record.clips])
        except NotFound:
            return False

    def item(self, record: JobRecord) -> Item | None:
        """A job of this board, as a tile of the gallery has it; None for all others."""
        if record.id not in self.mine:
            return None
        role = {"role": self.mine[record.id], "seed": record.seed}
        if record.state != "completed" or not self._there(record):
            return tile(record) | role
        clip = self.studio.clip(record.clips[0])
        self.keep(record, clip)
        return tile(record, clip, **shown_at(self.studio, clip)) | role

    # -- the page

    def do_hello(self) -> None:
        """A page has connected: tell it everything."""
        super().do_hello()
        self.send({"drawn": dict(self.pictures.drawn)})

    def do_export(self, form: str) -> None:
        """Send the board to the page as a file."""
        if not self.value.shots:
            raise BadStoryboard("There is nothing to export", fix="Add a shot first")
        if form == "pdf":
            self.status = {"said": "Drawing the contact sheet.", "error": None}
            self.studio.loop.submit(self._send_sheet(self.value, self.request()))
            return
        known = FORMS[form]
        self._send_file(known.ending, known.media_type, write_board(self.value, form).encode())

    async def _send_sheet(self, board: Storyboard, request: Request) -> None:
        try:
            pdf = await draw_sheet(self.studio, board, request, self.studio.workspace.name)
        except SoraKitError as error:
            self.fault(card(error))
            return
        self._send_file(".pdf", "application/pdf", pdf)
        self.status = {}

    def _send_file(self, ending: str, media_type: str, data: bytes) -> None:
        self.send({"file": f"storyboard{ending}", "type": media_type}, buffers=[data])

    def fault(self, error: dict[str, str]) -> None:
        """Shown above the rows; what the page shows goes back to what holds."""
        self.status = {"said": "", "error": error}
        self._again()

    def close(self) -> None:
        """Stop drawing and following."""
        self.pictures.stop()
        super().close()
