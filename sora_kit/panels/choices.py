"""The model as four short questions: what quality, what shape, how long.

The catalogue's names are one list; people think in answers. `segments` shows, for the model that is
chosen now, every answer with the model that it would lead to, or with the reason why there is none,
so that a page only has to show buttons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sora_kit.language import MODELS, Model, find_model, models_for

__all__ = ("DEFAULT", "label", "segments")

DEFAULT: Final = "sora2-landscape-10s"
"""The model of an untouched page."""

_TIERS: Final = (("standard", "Sora 2"), ("pro", "Pro"), ("pro-hd", "Pro HD"), ("image", "Picture"))
_SHAPES: Final = (("landscape", "Wide"), ("portrait", "Tall"), ("square", "Square"))
_LENGTHS: Final = (10.0, 15.0, 25.0)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the three questions are answered with."""

    tier: str
    shape: str
    seconds: float

    @classmethod
    def of(cls, model: Model) -> _Answers:
        tier = "image" if model.kind == "image" else model.tier
        return cls(tier, model.orientation, model.seconds)


_BY_ANSWERS: Final = {
    _Answers.of(model): model.id
    for model in MODELS.values()
    if model.kind in ("video", "image") and model.readme
}


def segments(model: str) -> list[dict[str, Any]]:
    """The questions with all their answers.

    Args:
        model: The chosen model, any name of the catalogue. A name that is not among the answers
            (``sora-2``) counts as the nearest one.

    Returns:
        One entry per question: ``label`` and ``options``; each option has ``label``, ``icon``, ``on``
        (chosen), ``model`` (where it leads) and ``why`` (empty, or why it cannot be chosen).
    """
    if find_model(model).kind == "extend":
        return [{"label": "Longer by", "options": [_longer(one, model) for one in models_for("extend")]}]
    now = _nearest(_Answers.of(find_model(model)))
    return [
        {"label": "Quality", "options": [_tier(now, value, text) for value, text in _TIERS]},
        {"label": "Shape", "options": [_shape(now, value, text) for value, text in _SHAPES]},
        {"label": "Length", "options": [_length(now, value) for value in _LENGTHS]},
    ]


def _longer(one: Model, now: str) -> dict[str, Any]:
    text = f"{one.seconds:g} s longer"
    return {"label": text, "icon": "", "on": one.id == now, "model": one.id, "why": ""}


def label(model: str) -> str:
    """A few words for captions: ``Sora 2 wide``, ``Pro HD tall``, ``Picture square``."""
    known = MODELS.get(model)
    if known is None or known.kind not in ("video", "image"):
        return known.label if known else model
    answers = _Answers.of(known)
    return f"{dict(_TIERS)[answers.tier]} {dict(_SHAPES)[answers.shape].lower()}"


def _nearest(answers: _Answers) -> _Answers:
    if answers in _BY_ANSWERS:
        return answers
    shape = answers.shape if answers.shape in ("landscape", "portrait") else "landscape"
    for seconds in sorted(_LENGTHS, key=lambda one: abs(one - answers.seconds)):
        if (found := _Answers(answers.tier, shape, seconds)) in _BY_ANSWERS:
            return found
    return _Answers("standard", "landscape", _LENGTHS[0])


def _tier(now: _Answers, tier: str, text: str) -> dict[str, Any]:
    if "image" in (tier, now.tier) and tier != now.tier:
        # Between picture and video everything else starts afresh: a square has no length.
        shape = "landscape" if tier != "image" and now.shape == "square" else now.shape
        wish = _Answers(tier, shape, 0.0 if tier == "image" else _LENGTHS[0])
    else:
        wish = _Answers(tier, now.shape, now.seconds)
    return _option(
        text, on=tier == now.tier, wish=wish, why=f"{text} makes at most 15 s; choose 10 or 15 s first"
    )


def _shape(now: _Answers, shape: str, text: str) -> dict[str, Any]:
    wish = _Answers(now.tier, shape, now.seconds)
    return _option(
        text, on=shape == now.shape, wish=wish, why="Only a picture can be square", icon=text.lower()
    )


def _length(now: _Answers, seconds: float) -> dict[str, Any]:
    wish = _Answers(now.tier, now.shape, seconds)
    why = "A picture has no length" if now.tier == "image" else "Pro HD makes at most 15 s"
    return _option(f"{seconds:g} s", on=seconds == now.seconds, wish=wish, why=why)


def _option(text: str, *, on: bool, wish: _Answers, why: str, icon: str = "") -> dict[str, Any]:
    model = _BY_ANSWERS.get(wish, "")
    return {"label": text, "icon": icon, "on": on, "model": model, "why": "" if model else why}
