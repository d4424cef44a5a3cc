"""A request in a few labelled words, as the prompt panel shows it under the text."""

from __future__ import annotations

from sora_kit.language.lexicon import participle
from sora_kit.language.reading import read_scenes
from sora_kit.language.request import Request
from sora_kit.language.scene import Scene

__all__ = ("chips",)


def chips(request: Request) -> list[tuple[str, str]]:
    """What was understood, as (label, words).

    What the text or the arguments say and what follows from it (a skydive is in the sky), in the order
    style, source, shots, takes, character, subject, place, time, weather, camera; over all shots, each once.
    """
    scenes = read_scenes(request)
    out: list[tuple[str, str]] = []
    if request.style:
        out.append(("style", request.style))
    if request.source:
        out.append(("source", request.source))
    if request.shots:
        count = len(request.shots)
        out.append(
            ("shots", f"{count} shot{'s' * (count != 1)}, {sum(s.seconds for s in request.shots):g} s")
        )
    if taken := [str(number) for number, take in enumerate(request.takes, 1) if take]:
        listed = ", ".join(taken[:-1]) + (" and " if taken[1:] else "") + taken[-1]
        out.append(("takes", f"shot{'s' * (len(taken) > 1)} {listed}"))
    seen = [words for scene in scenes for words in _subjects(scene)]
    cast = [words for words in seen if words.startswith("@")]
    named = {words.split(",")[0] for words in cast}
    out += [("character", f"@{name}") for name in request.characters if f"@{name}" not in named]
    out += [("character", words) for words in cast]
    out += [("subject", words) for words in seen if not words.startswith("@")]
    out += [("place", s.setting) for s in scenes if s.setting != "stage"]
    out += [("time", s.time) for s in scenes if "time" in s.said]
    out += [("weather", s.weather) for s in scenes if s.weather and "weather" in s.said]
    out += [
        ("camera", f"{s.camera}, {s.framing}") for s in scenes if {"camera", "framing"} & s.said or s.action
    ]
    return list(dict.fromkeys(out))


def _subjects(scene: Scene) -> list[str]:
    if "subjects" not in scene.said:
        return []
    doing = f", {participle(scene.action)}" if scene.action else ""
    first, *rest = (_named(s.word, s.count) for s in scene.subjects)
    return [first + doing, *rest]


def _named(word: str, count: int) -> str:
    return word if count == 1 else f"{word} ×{count}"
