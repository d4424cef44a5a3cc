"""Reading a scene out of words.

No model is asked. The text is cut into phrases that the lexicon knows (the longest first, so that a
"golden retriever" is no golden hour and "looks around" no orbit), and each phrase may give a place, a
light, a subject, a colour, an action, a camera move. What a phrase gives depends on its neighbours: a
colour belongs to the noun after it, a verb after "the" is a noun. Words that changed nothing are
listed as unread, so that people see what the preview will not show.

Shots of a storyboard are read in order: what a shot does not say is carried over from the shot before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from sora_kit.language.lexicon import Sense, words
from sora_kit.language.negation import negated
from sora_kit.language.nouns import CLOTHES, DOERS, HOMES, UNCHANGED
from sora_kit.language.phrases import Phrase, cut_phrases
from sora_kit.language.request import Request
from sora_kit.language.scene import Camera, Framing, Scene, Setting, Subject
from sora_kit.language.vocabulary import TIMES

__all__ = ("read_scene", "read_scenes")

MOST_SUBJECTS = 3
PRONOUNS = words("it he she they them him her his its their 它 他 她 它们 他们 她们")
PLACING = words("in on at across through over inside under by near along into onto around upon toward 在")
WEARING = words("in wearing with is are was were 穿 戴")
PASSING = words(
    "a an the of and his her its their very bright dark light deep pale small big large little old "
    "young tiny huge fluffy shiny 的 色"
)
"""Words that may stand between a colour and its noun."""

MOVES: dict[str, Camera] = {
    **dict.fromkeys(
        ("run", "walk", "chase", "drive", "ride", "cycle", "gallop", "surf", "ski", "sail"), "track"
    ),
    **dict.fromkeys(("fall", "skydive", "land"), "tilt down"),
    **dict.fromkeys(("rise", "climb"), "tilt up"),
}
"""The camera move that an action suggests, when none is said."""

PLACES: dict[str, Setting] = {
    "skydive": "sky",
    "swim": "ocean",
    "surf": "ocean",
    "sail": "ocean",
    "ski": "snow",
}
"""Where an action happens, when no place is said."""

RIDERS = frozenset(("person", "rider", "astronaut", "cyclist", *DOERS.values()))
RIDDEN = frozenset(("horse", "cyclist", "motorcycle"))
RIDING = frozenset(("ride", "cycle", "drive", "gallop", "run", "chase", "jump"))
"""What somebody on a horse, bicycle or motorcycle can be drawn doing."""

GROUNDED = frozenset(("land", "stand", "sit", "walk", "run", "sleep"))

UNSEEN = ("LOOK:", "SOUND:", "CONTINUITY:", "FINISHING:")
"""Sections of an enhanced prompt that tell of no thing or place: "comic book look" shows no book."""

CAMERA_CYCLE: tuple[Camera, ...] = ("push in", "pan right", "pull back")
FRAMING_CYCLE: tuple[Framing, ...] = ("wide", "medium", "close-up")
"""What neighbouring shots of a board get when nothing is said, so that cuts are seen."""


def read_scene(text: str, *, seconds: float = 0.0, previous: Scene | None = None) -> Scene:
    """What a text shows.

    Args:
        text: A prompt or the text of one shot, English or Chinese, without tags and marks.
        seconds: Length of the shot; 0 for a still.
        previous: The shot before, from which what is not said is carried over.

    Returns:
        The reading; `Scene.said` tells which fields come from this text.
    """
    reader = _Reader(cut_phrases(text), settled=previous is not None and previous.setting != "stage")
    reader.read()
    scene = reader.scene(text, seconds)
    return _carried(scene, previous, reader)


def read_scenes(request: Request) -> tuple[Scene, ...]:
    """The shots of a request, or the one scene of a plain prompt.

    The general instruction gives what the shots leave open.
    """
    seconds = request.seconds if request.kind in ("video", "remix", "extend") else 0.0
    prompt = "\n".join(line for line in request.prompt.splitlines() if not line.startswith(UNSEEN))
    if not request.shots:
        return (read_scene(prompt, seconds=seconds),)
    general = read_scene(prompt) if prompt else None
    scenes: list[Scene] = []
    previous = general
    for i, shot in enumerate(request.shots):
        scene = read_scene(shot.text, seconds=shot.seconds, previous=previous)
        if "camera" not in scene.said:
            if general and "camera" in general.said:
                scene = replace(scene, camera=general.camera)
            elif scene.action not in MOVES:
                scene = replace(scene, camera=CAMERA_CYCLE[i % 3])
        if "framing" not in scene.said:
            if general and "framing" in general.said:
                scene = replace(scene, framing=general.framing)
            elif len(request.shots) > 1:
                scene = replace(scene, framing=FRAMING_CYCLE[i % 3])
        scenes.append(scene)
        previous = scene
    return tuple(scenes)


@dataclass(slots=True)
class _Reader:
    """The state of reading one text: phrase after phrase, each used or not."""

    phrases: list[Phrase]
    used: set[int] = field(default_factory=set)
    subjects: list[Subject] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    """Index of the phrase of each subject."""
    action: str = ""
    values: dict[str, str] = field(default_factory=dict)
    part: bool = False
    """Whether a part of a subject is mentioned ("its eyes")."""
    settled: bool = False
    """Whether the shot before has a place, so that mere scenery (a tree, waves) gives no new one."""
    keys: frozenset[str] = frozenset()

    denied: frozenset[str] = frozenset()
    """Weather and times that the text takes back ("not raining"), which are not carried over either."""

    def __post_init__(self) -> None:
        self.keys = frozenset(phrase.key for phrase in self.phrases)
        silent = negated(self.phrases)
        senses = [sense for i in silent if (sense := self.phrases[i].sense)]
        self.denied = frozenset(value for sense in senses for value in (sense.weather, sense.time) if value)
        self.phrases = [
            replace(phrase, sense=None, content=False) if i in silent else phrase
            for i, phrase in enumerate(self.phrases)
        ]

    def read(self) -> None:
        for i, phrase in enumerate(self.phrases):
            sense = phrase.sense
            if sense is None:
                continue
            if sense.part:
                self.part = True
                self.used.add(i)
            if sense.noun and self._is_noun(i):
                self._subject(i, sense)
            self._take("camera", sense.camera, i)
            self._take("framing", sense.framing, i)
            if self._is_noun(i):
                self._take("weather", sense.weather, i)
        self._read_setting()
        self._read_time()
        self._read_action()
        self._read_colours()

    def scene(self, text: str, seconds: float) -> Scene:
        subjects = self.subjects[:MOST_SUBJECTS]
        doer = DOERS.get(self.action)
        if doer and subjects and subjects[0].noun == "person":
            subjects[0] = replace(subjects[0], noun=doer)
        said = {*self.values, *(["subjects"] if subjects else []), *(["action"] if self.action else [])}
        values = {"camera": MOVES.get(self.action, "push in"), **self.values}
        unread = [p.typed for i, p in enumerate(self.phrases) if i not in self.used and p.content]
        return Scene(
            text=text,
            seconds=seconds,
            subjects=tuple(subjects),
            action=self.action,
            said=frozenset(said),
            unread=tuple(dict.fromkeys(unread)),
            **values,  # type: ignore[arg-type]  # the lexicon holds only values of these fields
        )

    def mentions(self, any_of: frozenset[str]) -> bool:
        """Whether one of the words occurs."""
        return not any_of.isdisjoint(self.keys)

    def _take(self, name: str, value: str | None, i: int) -> None:
        """The first mention counts; the same again is understood too."""
        if value and self.values.setdefault(name, value) == value:
            self.used.add(i)

    def _before(self, i: int) -> Phrase | None:
        return self.phrases[i - 1] if i else None

    def _is_noun(self, i: int) -> bool:
        """Tell "a rose" from "the sun rose"."""
        sense = cast("Sense", self.phrases[i].sense)
        before = self._before(i)
        if not sense.action or before is None or before.opens_noun:
            return True
        return self._has_stranger(i)  # an adjective that the lexicon does not know

    def _subject(self, i: int, sense: Sense) -> None:
        near = [self.phrases[j].key for j in range(max(0, i - 2), i)]
        if near == ["like", "a"]:
            self.used.add(i)
            return
        if len(self.subjects) >= MOST_SUBJECTS or (
            self.subjects and {self.phrases[i].key, sense.noun} & CLOTHES
        ):
            return
        count, counted = self._count(i, sense)
        self.used.update({i, *counted})
        if all(subject.noun != sense.noun for subject in self.subjects):
            self.subjects.append(Subject(sense.noun, self.phrases[i].typed, count=count))
            self.at.append(i)

    def _count(self, i: int, sense: Sense) -> tuple[int, list[int]]:
        """How many of the noun at ``i``, and the phrase that says so."""
        for j in range(i - 1, max(-1, i - 5), -1):
            other = self.phrases[j]
            if other.key.isdecimal() and len(other.key) < 4 and sense.plural:
                return min(max(int(other.key), 1), 5), [j]
            if other.sense and other.sense.count:
                return other.sense.count, [j]
            if other.breaks or (other.sense and (other.sense.noun or other.sense.action)):
                break
        return sense.count or (2 if sense.plural else 1), []

    def _read_setting(self) -> None:
        best, chosen = -1, -1
        for i, phrase in enumerate(self.phrases):
            sense = phrase.sense
            if sense is None or not (sense.setting or sense.late):
                continue
            if sense.action and not self._is_noun(i):
                continue
            score = (2 if sense.setting else 0) + self._is_placed(i)
            if score > best:
                best, chosen = score, i
        if chosen < 0:
            return
        sense = cast("Sense", self.phrases[chosen].sense)
        setting = sense.setting or sense.late or "stage"
        if not sense.setting and self.settled:
            return
        self.values["setting"] = setting
        for i, phrase in enumerate(self.phrases):
            if phrase.sense and setting in (phrase.sense.setting, phrase.sense.late):
                self.used.add(i)

    def _is_placed(self, i: int) -> bool:
        """Whether a word like "in" stands before the phrase, with only adjectives between."""
        for j in range(i - 1, max(-1, i - 5), -1):
            other = self.phrases[j]
            if other.key in PLACING:
                return True
            if other.breaks or (other.sense and (other.sense.noun or other.sense.setting)):
                return False
        return False

    def _read_time(self) -> None:
        times = {phrase.sense.time for phrase in self.phrases if phrase.sense}
        for time in TIMES:
            if time in times:
                self.values["time"] = time
                self.used.update(i for i, p in enumerate(self.phrases) if p.sense and p.sense.time == time)
                return

    def _read_action(self) -> None:
        if self._is_mounted():
            self.action = "ride"
        verbs = [i for i, p in enumerate(self.phrases) if p.sense and p.sense.action and self._is_verb(i)]
        if self.at:  # in "steam rising from a cup", what rises is not the cup
            verbs = [i for i in verbs if i > self.at[0]] or [i for i in verbs if not self._has_stranger(i)]
        if not verbs:
            return
        chosen = verbs[0]
        action = cast("Sense", self.phrases[chosen].sense).action
        if self.action and action not in RIDING:
            return  # who sits on a horse is drawn riding, whatever else they do
        self.used.add(chosen)
        self.action = "play" if action == "fly" and self._flies_a_thing(chosen) else action
        doer = DOERS.get(self.action)
        if doer and not self.subjects and self.phrases[chosen].form == "ing" and not self.mentions(PRONOUNS):
            self.subjects.append(Subject(doer, self.phrases[chosen].typed))
            self.at.append(chosen)

    def _is_mounted(self) -> bool:
        """Whether the first subject is a person "on" something that is ridden."""
        if len(self.at) < 2 or self.subjects[0].noun not in RIDERS:
            return False
        on = (
            {"on", "骑"} & {p.key for p in self.phrases[max(self.at[0], at - 4) : at]}
            for subject, at in zip(self.subjects[1:], self.at[1:], strict=True)
            if subject.noun in RIDDEN
        )
        return any(on)

    def _flies_a_thing(self, verb: int) -> bool:
        """Whether it is a person who flies something, with only articles and adjectives between."""
        if not self.subjects or self.subjects[0].noun != "person":
            return False
        for phrase in self.phrases[verb + 1 : verb + 5]:
            sense = phrase.sense
            if sense and sense.noun:
                return True
            if phrase.breaks or (phrase.key in PLACING) or (sense and (sense.action or sense.setting)):
                return False
        return False

    def _has_stranger(self, i: int) -> bool:
        """Whether a word that the lexicon does not know stands before the verb."""
        before = self._before(i)
        return before is not None and before.sense is None and before.content

    def _is_verb(self, i: int) -> bool:
        """Tell "runs" from "a run", and "birds fly" from "a hot dog stand"."""
        phrase, before = self.phrases[i], self._before(i)
        if i in self.at:
            return False
        if phrase.form in ("ing", "") or before is None or before.key == "to":
            return True
        one = before.sense and before.sense.noun and not before.sense.plural and before.key not in UNCHANGED
        if phrase.form == "base" and one and not self.mentions(frozenset(("and",))):
            return False
        return not before.opens_noun

    def _read_colours(self) -> None:
        for i, phrase in enumerate(self.phrases):
            if phrase.sense and phrase.sense.colour and i not in self.used:
                owner = self._owner(i)
                if owner is not None:
                    subject = self.subjects[owner]
                    self.used.add(i)
                    if not subject.colour:
                        self.subjects[owner] = replace(subject, colour=phrase.sense.colour)

    def _owner(self, i: int) -> int | None:
        """Index of the subject that the colour at ``i`` belongs to: the next noun, or who wears it."""
        for j in range(i + 1, min(len(self.phrases), i + 5)):
            if j in self.at:
                return self.at.index(j)
            other = self.phrases[j]
            is_adjective = other.key in PASSING or (other.sense is None and other.content)
            if other.breaks or not (
                is_adjective or (other.sense and (other.sense.colour or other.sense.count))
            ):
                break
        before = [index for index, at in enumerate(self.at) if at < i]
        if before and any(self.phrases[j].key in WEARING for j in range(max(self.at[before[-1]], i - 4), i)):
            return before[-1]
        return None


def _carried(scene: Scene, previous: Scene | None, reader: _Reader) -> Scene:
    """Fill what the text leaves open from the shot before, or from where things are at home."""
    changes: dict[str, object] = {}
    if previous is not None:
        if not scene.subjects and (scene.action or reader.part or reader.mentions(PRONOUNS)):
            changes["subjects"] = previous.subjects
        elif scene.subjects:
            changes["subjects"] = tuple(_same(subject, previous) for subject in scene.subjects)
        if "time" not in scene.said and previous.time not in reader.denied:
            changes["time"] = previous.time
        carries = previous.weather not in reader.denied
        if carries and "weather" not in scene.said and "setting" not in scene.said:
            changes["weather"] = previous.weather
    if "setting" not in scene.said:
        subjects = cast("tuple[Subject, ...]", changes.get("subjects", scene.subjects))
        home = PLACES.get(scene.action) or next((HOMES[s.noun] for s in subjects if s.noun in HOMES), "stage")
        before = previous.setting if previous is not None else "stage"
        if before == "sky" and scene.action in GROUNDED and home != "sky":
            before = "meadow"  # what was in the sky has come down
        changes["setting"] = home if before == "stage" or scene.action == "skydive" else before
    return replace(scene, **changes)  # type: ignore[arg-type]  # the keys are fields of Scene


def _same(subject: Subject, previous: Scene) -> Subject:
    """The cat of this shot has the colour and number of the cat of the shot before."""
    for old in previous.subjects:
        person = {old.noun, subject.noun} <= {
            "person",
            *DOERS.values(),
        } and old.word.lower() == subject.word.lower()
        if old.noun == subject.noun or person:
            return replace(subject, colour=subject.colour or old.colour, count=max(subject.count, old.count))
    return subject
