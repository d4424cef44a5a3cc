"""A plan as a value: steps in order, an estimate, and a readable print.

A step either asks a backend to *make* something, or *joins* or *cuts* clips on this machine. A step
refers to earlier ones by their number, so that a shot can start on the last frame of the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Self

from sora_kit.language import chips
from sora_kit.language.request import Note, Request

__all__ = ("SOURCE", "TAKE", "Estimate", "Plan", "Step")

SOURCE = -1
"""Number that stands for the source: the clip, or the reference clip that came with the request."""

TAKE = -2
"""Number that stands for the take of the first shot; -3 is that of the second, and so on downwards."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do."""

    kind: Literal["make", "join", "cut"]
    """``make`` asks a backend; ``join`` puts clips one after the other; ``cut`` shortens one."""

    title: str
    """What it does, in plain words."""

    request: Request | None = None
    """What a ``make`` step asks for."""

    continues: int | None = None
    """Number of the step whose last frame is this one's first; `SOURCE` and `TAKE` as in `parts`."""

    parts: tuple[int, ...] = ()
    """Numbers of the steps that a ``join`` step joins, or of the one that a ``cut`` step shortens;
    `SOURCE` stands for the source, `TAKE` and below for takes."""

    seconds: float = 0.0
    """Length that a ``cut`` step leaves."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan will take."""

    seconds: float
    """Work, in seconds."""
    dollars: float
    """Price in US dollars; 0 is free, if it is known."""
    calls: int
    """Requests to the backend."""
    sentence: str
    """All of it in one sentence."""
    priced: bool = False
    """Whether the price is known; otherwise ``dollars`` says nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a request will be carried out. ``print(plan)`` is meant to be read."""

    request: Request
    backend: str
    preview: bool
    """Whether the result is a labelled preview rather than footage."""
    steps: tuple[Step, ...]
    estimate: Estimate
    notes: tuple[Note, ...] = ()
    """What was not understood, and what the backend will do differently."""
    shots: tuple[tuple[float, float, str], ...] = field(default=())
    """Start, end (in seconds) and words of each shot."""

    @property
    def understood(self) -> tuple[tuple[str, str], ...]:
        """What was read out of the prompt, as pairs such as ``("style", "anime")``."""
        return tuple(chips(self.request))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, as stored with the job."""
        return {
            "backend": self.backend,
            "preview": self.preview,
            "steps": [
                {
                    "kind": step.kind,
                    "title": step.title,
                    "request": step.request.to_json() if step.request else None,
                    "continues": step.continues,
                    "parts": list(step.parts),
                    "seconds": step.seconds,
                }
                for step in self.steps
            ],
            "estimate": {
                "seconds": self.estimate.seconds,
                "dollars": self.estimate.dollars,
                "calls": self.estimate.calls,
                "sentence": self.estimate.sentence,
                "priced": self.estimate.priced,
            },
            "notes": [{"text": n.text, "message": n.message, "suggestion": n.suggestion} for n in self.notes],
            "shots": [list(shot) for shot in self.shots],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any], request: Request) -> Self:
        """The inverse of `to_json`, given the request that it was made for."""
        return cls(
            request=request,
            backend=data["backend"],
            preview=data["preview"],
            steps=tuple(
                Step(
                    kind=step["kind"],
                    title=step["title"],
                    request=Request.from_json(step["request"]) if step["request"] else None,
                    continues=step["continues"],
                    parts=tuple(step["parts"]),
                    seconds=step.get("seconds", 0.0),  # plans of earlier versions have no cuts
                )
                for step in data["steps"]
            ),
            estimate=Estimate(**data["estimate"]),
            notes=tuple(Note(**note) for note in data["notes"]),
            shots=tuple((start, end, text) for start, end, text in data["shots"]),
        )

    def __str__(self) -> str:
        request = self.request
        drawn = self.preview and request.kind != "enhance"
        head = [
            f"Plan: {request.kind} on {self.backend}" + (" (a drawn preview, not footage)" if drawn else "")
        ]
        size = f", {request.width}x{request.height}" if request.width else ""
        length = f", {request.seconds:g} s" if request.seconds else ""
        head.append(f"  Model       {request.model}{size}{length}")
        if request.prompt:
            head.append(f"  {'Setting' if request.shots else 'Prompt':<11} {shorten(request.prompt)}")
        for name, value in self.understood:
            head.append(f"  {name.capitalize():<11} {value}")
        if self.shots:
            head.append("  Shots")
            head += [
                f"    {number}. {start:5.1f} - {end:5.1f} s  {shorten(text)}"
                for number, (start, end, text) in enumerate(self.shots, 1)
            ]
        head.append("  Steps")
        head += [f"    {number}. {step.title}" for number, step in enumerate(self.steps, 1)]
        if self.notes:
            head.append("  Please note")
            head += [f"    {shorten(note.text, 40)}: {note.message}" for note in self.notes]
        head.append(f"  Estimate    {self.estimate.sentence}")
        return "\n".join(head)


def shorten(text: str, width: int = 70) -> str:
    """One line of at most ``width`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
