"""From a task to the list of shots to draw.

Shots have exact numbers of frames: cuts lie at the rounded *sums* of the lengths before them, so
rounding never adds up and the whole has the length that was asked for.

A *remix* draws the source's scenes again with what the wish changes; an *extension* goes on where
the source's last scene ended. Both need to know the source: either what a former render understood
(`Output.understood`), or the request that it was made from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sora_kit.backends.base import Task
from sora_kit.language import Request, Scene, Subject, read_scenes

__all__ = ("Take", "cut", "reel", "scene_from_json", "scene_to_json", "seed_of", "takes_from_json", "to_json")

_ADDING = ("add ", "adding ", "also", "plus ", " too", "another", "join", "together with", "加")
_LASTING = ("camera", "framing")


@dataclass(frozen=True, slots=True)
class Take:
    """One shot to draw."""

    scene: Scene

    frames: int
    """Its exact number of frames; 1 for a still."""

    seconds: float
    """Its length."""

    seed: int
    """Decides its picture."""

    begin: float = 0.0
    """Seconds of this shot that were shown before (in an extension)."""

    film: int = 0
    """Seed that all shots share: decides what must not change at a cut, such as a tape's date."""


def seed_of(*parts: object) -> int:
    """A seed from anything that prints the same everywhere."""
    digest = hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=6).digest()
    return int.from_bytes(digest, "little")


def reel(task: Task, fps: int) -> list[Take]:
    """The shots of a task, in order.

    Args:
        task: Of kind ``video``, ``image``, ``remix`` or ``extend``. For the last two its options may
            hold ``source_understood`` (an `Output.understood` of this backend) or ``source_request``
            (`Request.to_json`).
        fps: Frames per second.
    """
    request = task.request
    if request.kind == "image":
        scene = replace(read_scenes(request)[0], seconds=0.0)
        return [Take(scene, 1, 0.0, _seed(task.seed, 0, scene))]
    source = _source(task, fps)
    if request.kind == "remix" and source:
        return _remixed(source, request, fps)
    if request.kind == "extend" and source:
        return _extended(source[-1], request, fps)
    scenes = read_scenes(request)
    if len(scenes) == 1:
        scenes = (replace(scenes[0], seconds=request.seconds or scenes[0].seconds or 4.0),)
    return cut(scenes, task.seed, fps)


def cut(scenes: Iterable[Scene], seed: int, fps: int) -> list[Take]:
    """Shots with exact frame counts."""
    takes: list[Take] = []
    end = 0.0
    for number, scene in enumerate(scenes):
        first = round(end * fps)
        end += scene.seconds
        frames = max(1, round(end * fps) - first)
        takes.append(Take(scene, frames, scene.seconds, _seed(seed, number, scene), film=seed))
    return takes


def _seed(seed: int, number: int, scene: Scene) -> int:
    return seed_of(seed, number, scene.text)


def _source(task: Task, fps: int) -> list[Take]:
    """What the source showed; empty when nobody knows."""
    understood = task.options.get("source_understood")
    if understood and understood.get("scenes"):
        return takes_from_json(understood, fps)
    plain = task.options.get("source_request")
    if not plain:
        return []
    request = Request.from_json(plain)
    seed = request.seed if request.seed is not None else task.seed
    return reel(Task(replace(request, kind="video"), seed), fps)


def _remixed(source: Sequence[Take], request: Request, fps: int) -> list[Take]:
    wish = read_scenes(replace(request, kind="video", shots=()))[0]
    scenes = [_changed(take.scene, wish) for take in source]
    total = sum(scene.seconds for scene in scenes)
    if request.seconds and total and abs(request.seconds - total) > 0.01:
        scenes = [replace(s, seconds=s.seconds * request.seconds / total) for s in scenes]
    # The old seeds keep the old place: "make it night" is the same meadow by night.
    takes = zip(cut(scenes, 0, fps), source, strict=True)
    return [replace(take, seed=old.seed, film=old.film) for take, old in takes]


def _extended(last: Take, request: Request, fps: int) -> list[Take]:
    wish = read_scenes(replace(request, kind="video", shots=()))[0]
    scene = _changed(last.scene, wish) if request.prompt else last.scene
    seconds = request.seconds or 4.0
    take = cut([replace(scene, seconds=seconds)], 0, fps)[0]
    same_place = scene.setting == last.scene.setting
    begin = last.begin + last.seconds if same_place else 0.0
    return [replace(take, seed=last.seed, begin=begin, film=last.film)]


def _changed(old: Scene, wish: Scene) -> Scene:
    """The old scene with what the wish says; new words win."""
    said = {name: getattr(wish, name) for name in wish.said if name not in ("subjects", "text", "seconds")}
    if "setting" in said and "weather" not in said and said["setting"] != old.setting:
        said["weather"] = ""
    subjects = _recast(old.subjects, wish)
    text = f"{old.text} · {wish.text}" if wish.text else old.text
    return replace(
        old,
        **said,
        subjects=subjects,
        text=text,
        said=old.said | wish.said,
        unread=wish.unread,
    )


def _recast(old: tuple[Subject, ...], wish: Scene) -> tuple[Subject, ...]:
    """Who is in the remix: recoloured, added to, or replaced."""
    if not wish.subjects or "subjects" not in wish.said:
        return old
    names = {subject.noun for subject in old}
    named = {subject.noun: subject for subject in wish.subjects if subject.noun in names}
    fresh = tuple(subject for subject in wish.subjects if subject.noun not in names)
    if not fresh:
        return tuple(_repainted(subject, named.get(subject.noun)) for subject in old)
    text = f"{wish.text.lower()} "
    if any(word in text for word in _ADDING):
        return (*old, *fresh)[:3]
    # "replace the cat with a dog" names who goes; "a dog instead" means everybody.
    going = named or names
    kept = tuple(subject for subject in old if subject.noun not in going)
    return (*fresh, *kept)[:3]


def _repainted(subject: Subject, wish: Subject | None) -> Subject:
    if wish is None:
        return subject
    count = wish.count if wish.count > 1 else subject.count
    return replace(subject, colour=wish.colour or subject.colour, count=count)


def to_json(takes: Sequence[Take], seed: int) -> dict[str, Any]:
    """What was understood, as plain JSON: for provenance, chips, remix and extension."""
    return {
        "backend": "animatic",
        "seed": seed,
        "scenes": [{**scene_to_json(take.scene), "seed": take.seed, "begin": take.begin} for take in takes],
        "unread": sorted({word for take in takes for word in take.scene.unread}),
    }


def takes_from_json(understood: Mapping[str, Any], fps: int) -> list[Take]:
    """The inverse of `to_json`."""
    plain = understood["scenes"]
    takes = cut((scene_from_json(one) for one in plain), int(understood.get("seed", 0)), fps)
    return [
        replace(take, seed=int(one["seed"]), begin=float(one.get("begin", 0.0)))
        for take, one in zip(takes, plain, strict=True)
    ]


def scene_to_json(scene: Scene) -> dict[str, Any]:
    """A scene as plain JSON types."""
    return {
        **asdict(scene),
        "subjects": [asdict(subject) for subject in scene.subjects],
        "said": sorted(scene.said),
        "unread": list(scene.unread),
        "understood": scene.understood,
    }


def scene_from_json(plain: Mapping[str, Any]) -> Scene:
    """The inverse of `scene_to_json`; unknown keys are ignored."""
    fields = {key: plain[key] for key in Scene.__slots__ if key in plain}
    fields["subjects"] = tuple(Subject(**subject) for subject in plain.get("subjects", ()))
    fields["said"] = frozenset(plain.get("said", ()))
    fields["unread"] = tuple(plain.get("unread", ()))
    return Scene(**fields)
