"""What a page shows of a storyboard: pure functions from the value to plain JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sora_kit.language import Model, Storyboard
from sora_kit.language.shots import MOST_SHOTS

__all__ = ("code_of", "counted", "shown")


def shown(
    board: Storyboard,
    keys: Sequence[str],
    names: Sequence[str],
    unfit: Mapping[int, str],
    taken: Collection[int],
    reading: Mapping[str, Any],
    model: Model,
    *,
    undo: bool,
    broken: dict[str, str] | None,
    alone: bool,
    code: str = "",
) -> dict[str, Any]:
    """The state of the editor.

    Args:
        board: The shots.
        keys: Keys of their pictures, one for each shot.
        names: Names of what they say, which their takes go by, one for each shot.
        unfit: Number of a shot → why its take does not become part of the video as things are.
        taken: Numbers of the shots whose take becomes part of the video as things are.
        reading: What the text means (`sora_kit.panels.draft.Draft.reading`).
        model: The chosen model; its length is what the shots should last.
        undo: Whether there is an edit to take back.
        broken: Why the text cannot be read as a board, if so; ``board`` is then the one before.
        alone: Whether the editor shows notes and errors of the reading itself.
        code: The same as Python.

    Returns:
        ``shots`` (seconds, text, key, take: the name of its takes, taken: whether one is used,
        unfit: why it is not),
        ``total``, ``length`` and ``left`` in seconds, ``balance`` (the same in words, empty when it
        fits), ``code`` (Python), ``notes``, ``error`` (a card or None) and more; see the page's script.
    """
    length = model.seconds if model.kind == "video" else 0.0
    left = board.left(length) if length else 0.0
    told = None if left < 0 else reading["error"]  # too long is said beside the strip
    return {
        "instruction": board.instruction,
        "shots": [
            {
                "seconds": shot.seconds,
                "text": shot.text,
                "key": key,
                "take": name,
                "taken": number in taken,
                "unfit": unfit.get(number, ""),
            }
            for number, (shot, key, name) in enumerate(zip(board, keys, names, strict=True))
        ],
        "total": board.total,
        "length": length,
        "left": left,
        "balance": board.balance(length) if length else "",
        "portrait": model.height > model.width,
        "full": len(board) == MOST_SHOTS,
        "undo": undo,
        "code": code,
        # That time is left over is said beside the strip.
        "notes": [n for n in reading["notes"] if n["text"] != f"{board.total:g} s"] if alone else [],
        "error": broken or (told if alone else None),
        "picture": "" if length else "This model makes a picture. Choose a video to use a storyboard.",
    }


def code_of(
    board: Storyboard, model: str, *, backend: str = "", takes: Mapping[int, str] | None = None
) -> str:
    """The same wish as Python: the line, and the two that it stands on.

    Args:
        board: The shots.
        model: The chosen model.
        backend: The chosen backend, if it is not the studio's own.
        takes: Number of a shot → id of its take.
    """
    shots = "".join(f".shot({shot.seconds!r}, {shot.text!r})" for shot in board)
    start = f"Storyboard({board.instruction!r})" if board.instruction else "Storyboard()"
    options: dict[str, object] = {"model": model, "takes": dict(takes or {}), "backend": backend}
    given = ", ".join(f"{name}={value!r}" for name, value in options.items() if value)
    return (
        "from sora_kit import Storyboard, Studio\n\nstudio = Studio()\n"
        f"job = studio.video({start}{shots}, {given})\njob\n"
    )


def counted(board: Storyboard) -> str:
    """``1 shot``, ``3 shots``."""
    return f"{len(board)} shot{'s' * (len(board) != 1)}"
