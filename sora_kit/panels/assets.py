"""Scripts and stylesheets of the panels, as the one string each that anywidget wants.

The files in ``static/`` are plain ES modules, so that editors and browsers read them as they are.
anywidget loads a widget's script from a blob address, where a relative import finds nothing; hence
`script` puts the sibling modules that a script imports in front of it, which is all the building
that there is.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

from sora_kit.notebook.theme import CSS

__all__ = ("inline", "picture", "script", "sheet")

_STATIC = files("sora_kit.panels") / "static"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function |const )", re.MULTILINE)


@cache
def script(name: str) -> str:
    """The module ``static/<name>.js`` with the siblings it imports, each once, in front of it."""
    parts: dict[str, str] = {}
    _collect(name, parts)
    main = parts.pop(name)
    return "\n".join([*(_EXPORT.sub("", text) for text in parts.values()), main])


def _collect(name: str, parts: dict[str, str]) -> None:
    if name in parts:
        return
    text = (_STATIC / f"{name}.js").read_text("utf-8")
    for sibling in _IMPORT.findall(text):
        _collect(sibling, parts)
    parts[name] = _IMPORT.sub("", text)


@cache
def sheet(*names: str) -> str:
    """The common look and ``static/<name>.css`` of each name."""
    return CSS + "".join((_STATIC / f"{name}.css").read_text("utf-8") for name in names)


@cache
def picture(name: str) -> bytes:
    """A picture of ``static/``, whole."""
    return (_STATIC / name).read_bytes()


def inline(data: bytes) -> str:
    """A small WebP or JPEG picture as a data address, for pictures that no server holds."""
    kind = "webp" if data[:4] == b"RIFF" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
