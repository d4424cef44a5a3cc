"""`Retakes`: the part of the storyboard editor that makes one shot anew.

A retake is made by the backend that is chosen, with the model that is chosen. What costs nothing starts
at once; anything else says first what it takes, and where a seed can be given. When it is done it stands
in for its shot (`sora_kit.panels.takes`): the next video is joined from it and from what is still to be
made, and the estimate counts only that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import InvalidInput
from sora_kit.language import Request, Storyboard, find_model
from sora_kit.panels.choices import DEFAULT
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.makers import left
from sora_kit.panels.takes import clip_of, why_not, words_of
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit.store.clips import Clip
    from sora_kit.store.jobs import JobRecord

__all__ = ("Retakes", "as_seed")


class Retakes(Feed):
    """Base of the board: its shots one by one."""

    draft: Draft
    value: Storyboard
    mine: dict[str, str]

    asking = traitlets.Dict().tag(sync=True)
    """The retake that is about to be ordered: ``index``, ``take`` (the name of its words), ``sentence``,
    ``left`` (both as in the estimate), ``maker``, ``seed``; empty for none."""

    def do_redraw(self, index: int, seed: Any = None, ask: bool = False, sure: bool = False) -> None:
        """Make one shot anew, or tell first what that takes.

        Args:
            index: Which shot.
            seed: Its seed; None takes another one each time.
            ask: Ask in any case, for example for the seed.
            sure: It was asked and answered.

        Raises:
            InvalidInput: The backend cannot make it.
        """
        request = self.retake(index, seed)
        plan = self.studio.planned(request)
        name = words_of(self.value)[index]
        if not sure and (ask or not plan.preview):
            self.asking = {
                "index": index,
                "take": name,
                "sentence": plan.estimate.sentence,
                "left": left(self.studio, plan.backend),
                "maker": titled(plan.backend),
                "seed": request.seed,
            }
            return
        self.asking = {}
        job = self.studio.submit(request)
        self.mine[job.id] = name
        self.take([job.record])

    def do_not_now(self) -> None:
        """Leave the shot as it is."""
        self.asking = {}

    def still_asking(self) -> None:
        """Ask no longer about a shot that has changed, or for a price that has."""
        asked = self.asking
        if asked and (
            words_of(self.value)[asked["index"] :][:1] != [asked["take"]]
            or titled(self.draft.maker) != asked["maker"]
        ):
            self.asking = {}

    def unfit(self) -> dict[int, str]:
        """Number of a shot → why its take is left out as things are."""
        found = {}
        for number, name in enumerate(words_of(self.value) if self.draft.takes else ()):
            clip = clip_of(self.studio, self.draft.takes.get(name, ""))
            if clip is None or number in self.draft.taken:
                continue
            why = why_not(clip, self.value[number].seconds, find_model(self.draft.model), self.draft.maker)
            found[number] = why or "a remix makes all shots anew"
        return found

    def do_leave_take(self, index: int) -> None:
        """Make the shot with the others again, rather than taking a clip over."""
        name = words_of(self.value)[index]
        self.draft.takes = {key: clip for key, clip in self.draft.takes.items() if key != name}

    def do_use_take(self, index: int) -> None:
        """Take the newest clip of the shot over."""
        name = words_of(self.value)[index]
        made = [self.studio.record(job) for job, role in self.mine.items() if role == name]
        done = [record for record in made if record.state == "completed" and record.clips]
        if done:
            newest = max(done, key=lambda record: record.id)
            self.draft.takes = {**self.draft.takes, name: newest.clips[0]}

    def retake(self, index: int, seed: Any = None) -> Request:
        """What a retake asks for.

        Args:
            index: Which shot.
            seed: A whole number or text of one; None or "" for none.

        Raises:
            InvalidInput: There is no such shot, or that is no seed.
        """
        model = self.draft.model if find_model(self.draft.model).kind == "video" else DEFAULT
        return self.studio.retake_of(
            self.value,
            index,
            model=model,
            backend=self.draft.backend or None,
            seed=as_seed(seed),
        )

    def keep(self, record: JobRecord, clip: Clip) -> None:
        """A retake is done: it stands in for its shot from now on."""
        name = self.mine.get(record.id, "film")
        before = self.held.get(record.id, {}).get("state")
        if name != "film" and before != "completed" and self.draft.takes.get(name) != clip.id:
            self.draft.takes = {**self.draft.takes, name: clip.id}


def as_seed(given: Any) -> int | None:
    """What somebody typed as a seed; nothing is none.

    Raises:
        InvalidInput: It is no whole number.
    """
    if given is None or not str(given).strip():
        return None
    try:
        return int(str(given).strip())
    except ValueError:
        raise InvalidInput(
            f"{str(given)[:40]!r} is not a seed", fix="Give a whole number, or leave it empty", param="seed"
        ) from None
