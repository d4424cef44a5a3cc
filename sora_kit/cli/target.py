"""Where `generate` saves: decided and checked before any work is paid for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sora_kit.errors import InvalidInput

if TYPE_CHECKING:
    from sora_kit.language import Request
    from sora_kit.store import Clip

__all__ = ("Target", "file_stem")

SUFFIXES = {"image": ".png", "enhance": ".txt"}
"""By kind of request; all others make videos."""

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$")
"""Names that Windows keeps for itself."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place for results."""

    folder: Path
    """An existing folder."""

    stem: str
    suffix: str
    replace: bool
    """Whether a file of that name is replaced (the user named it) or kept (the name is ours)."""

    wanted: bool
    """Whether the user named a place; a text that nobody asked to save is printed instead."""

    @classmethod
    def of(cls, output: Path | None, request: Request) -> Self:
        """The place for the results of ``request``.

        Raises:
            InvalidInput: The folder is missing or closed, or the name does not fit the kind of file.
        """
        suffix = SUFFIXES.get(request.kind, ".mp4")
        stem = file_stem(request.prompt or " ".join(shot.text for shot in request.shots))
        if output is None:
            target = cls(Path(), stem, suffix, replace=False, wanted=False)
        elif output.is_dir():
            target = cls(output, stem, suffix, replace=False, wanted=True)
        else:
            target = cls(output.parent, output.stem, output.suffix or suffix, replace=True, wanted=True)
        if target.suffix.lower() != suffix and request.kind != "enhance":
            raise InvalidInput(
                f"{output} does not fit: the result is a {suffix} file",
                fix=f"Use -o {target.stem}{suffix}, or leave -o out",
                param="output",
            )
        if not target.folder.is_dir():
            raise InvalidInput(
                f"There is no folder {target.folder}",
                fix="Make it first, or choose another -o",
                param="output",
            )
        if not os.access(target.folder, os.W_OK):
            raise InvalidInput(
                f"You may not write in {target.folder.absolute()}", fix="Choose another -o", param="output"
            )
        return target

    def save(self, clip: Clip) -> Path:
        """Copy a clip there."""
        return clip.save(self.path())

    def save_text(self, text: str) -> Path:
        """Write a text there."""
        path = self.path()
        path.write_text(text + "\n", encoding="utf-8")
        return path

    def path(self) -> Path:
        """The file to write."""
        first = self.folder / f"{self.stem}{self.suffix}"
        if self.replace or not first.exists():
            return first
        numbered = (self.folder / f"{self.stem}-{n}{self.suffix}" for n in range(2, 10_000))
        return next(path for path in numbered if not path.exists())


def file_stem(prompt: str, *, limit: int = 48) -> str:
    """A readable file name from a prompt: ``a-kitten-on-a-skateboard``; ``clip`` if nothing is left."""
    words = re.findall(r"[^\W_]+", prompt.lower())
    stem = ""
    for word in words:
        longer = f"{stem}-{word}" if stem else word[:limit]
        if len(longer) > limit:
            break
        stem = longer
    return f"{stem}-clip" if RESERVED.match(stem) else stem or "clip"
