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
