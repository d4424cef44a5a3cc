"""Finds a font on this machine for a character that the vendored ones lack.

Only well-known file names in the usual folders are considered, in a fixed order of preference, so the
answer does not depend on what else is installed. Nothing is found on a bare machine: then the
character is left out of the picture (see `text`), never drawn as an empty box.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from sora_kit.backends.animatic.fonts import coverage

__all__ = ("find", "folders")

_PREFERRED = (
    # East Asian faces that cover Chinese, Japanese and Korean together, then single ones
    "NotoSansCJK-Medium.ttc",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Medium.ttc",
    "ヒラギノ角ゴシック W4.ttc",
    "AppleSDGothicNeo.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "YuGothM.ttc",
    "msgothic.ttc",
    "malgun.ttf",
    "ipagp.ttf",
    "NanumGothic.ttf",
    # wide coverage of other scripts
    "NotoSans-Medium.ttf",
    "NotoSans-Regular.ttf",
    "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "NotoSansThai-Regular.ttf",
    "DejaVuSans.ttf",
    "FreeSans.ttf",
    "Arial Unicode.ttf",
    "segoeui.ttf",
    "arial.ttf",
    "Arial.ttf",
    "Nirmala.ttf",
    "LeelawUI.ttf",
    "Thonburi.ttc",
    "Kohinoor.ttc",
    "Lohit-Devanagari.ttf",
)


def folders() -> list[Path]:
    """Where this platform keeps fonts, those of the user last."""
    home = Path.home()
    if sys.platform == "win32":
        roots = [
            Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts",
            Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft" / "Windows" / "Fonts",
        ]
    elif sys.platform == "darwin":
        roots = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    else:
        roots = [
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            home / ".local" / "share" / "fonts",
            home / ".fonts",
        ]
    return [root for root in roots if root.is_dir()]


@lru_cache(1)
def _installed() -> tuple[Path, ...]:
    """The preferred fonts that are here, best first."""
    found: dict[str, Path] = {}
    wanted = set(_PREFERRED)
    for root in folders():
        for path in _files(root):
            if path.name in wanted:
                found.setdefault(path.name, path)
    return tuple(found[name] for name in _PREFERRED if name in found)


def _files(root: Path) -> Iterator[Path]:
    # os.walk leaves out folders that may not be read, where Path.rglob would raise.
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in names)


@lru_cache(8192)
def find(code: int) -> Path | None:
    """The best installed font that can draw a code point, or None."""
    for path in _installed():
        try:
            if code in coverage(path):
                return path
        except Exception:  # noqa: S112  (a damaged font file of this machine is none)
            continue
    return None
