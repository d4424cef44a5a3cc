"""The card of a plan: what was understood, the steps, the price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sora_kit.notebook import words
from sora_kit.notebook.html import Markup, tag
from sora_kit.notebook.sheet import page

if TYPE_CHECKING:
    from sora_kit.notebook.widgets import Bundle
    from sora_kit.planning.plan import Plan

__all__ = ("bundle", "card")


def bundle(plan: Plan) -> Bundle:
    """How a cell shows a plan."""
    return {"text/html": str(page(card(plan))), "text/plain": str(plan)}


def card(plan: Plan) -> Markup:
    """Nothing in it is clickable: a plan is only looked at."""
    request = plan.request
    size = [f"{request.width}×{request.height}"] if request.width else []
    length = [words.length(request.seconds)] if request.seconds else []
    return tag(
        "div",
        tag(
            "div",
            tag("span", f"Plan for {request.kind} on {plan.backend.capitalize()}", class_="sk-title"),
            tag("span", " · ".join((request.model, *size, *length)), class_="sk-muted"),
            class_="sk-row sk-between",
        ),
        understood(plan),
        tag("ol", (tag("li", tag("span", step.title)) for step in plan.steps), class_="sk-steps"),
        shots(plan),
        tag("p", tag("b", plan.estimate.sentence), preview(plan)),
        class_="sk-card sk-wide sk-plan",
    )


def understood(plan: Plan) -> Markup:
    """Chips: what was read out of the prompt; in the colour of warnings, what was not."""
    known = (tag("span", f"{name} ", tag("b", value), class_="sk-chip") for name, value in plan.understood)
    unknown = (
        tag(
            "span",
            tag("b", words.short(note.text, 40)),
            f" did you mean {note.suggestion}?" if note.suggestion else f" {note.message}",
            class_="sk-chip sk-warn",
            title=note.message,
        )
        for note in plan.notes
    )
    return tag("div", known, unknown, class_="sk-chips")


def shots(plan: Plan) -> Markup | None:
    """The storyboard with its times, or None for a plain prompt."""
    if not plan.shots:
        return None
    return tag(
        "div",
        tag("div", "Shots", class_="sk-label"),
        tag(
            "ol",
            (
                tag("li", tag("span", text), tag("span", f"{start:g} to {end:g} s", class_="sk-faint"))
                for start, end, text in plan.shots
            ),
            class_="sk-steps",
        ),
    )


def preview(plan: Plan) -> Markup | None:
    """What a free preview is, said once where it is promised."""
    return tag("span", " A drawn preview, not footage.", class_="sk-muted") if plan.preview else None
