"""The embedded backend: a drawn, labelled previsualisation of the prompt.

It needs no model, no key, no GPU and no network, takes seconds, and never pretends to be footage.

    Request ──reels──▶ shots (Scene + exact frames)
                         │
        sets + paint ──▶ Layer stack ─┐
        cast ──────────▶ Actors ──────┼─ compose ──▶ frames ──▶ renderer ──▶ MP4 / PNG
        camera, particles, styles ────┘                 ▲
                                             hud, sound ┘

Import `Animatic` for the backend and `still` for one quick picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sora_kit.backends.animatic.renderer import Animatic, still

__all__ = ("Animatic", "still")


def __getattr__(name: str) -> Any:
    """Load the renderer (OpenCV and numpy) only when it is asked for."""
    if name in __all__:
        from sora_kit.backends.animatic import renderer

        return getattr(renderer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
