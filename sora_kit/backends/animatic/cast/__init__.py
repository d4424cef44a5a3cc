"""The cast: everybody and everything that a scene names, as actors that can be put into the picture.

    noun ──roles──▶ Role ──▶ Drawing (figure · engraving · vehicle · rider · card) ──▶ Actor
                              all painted by `plate.Painter` in the light of the shot

`troupe` is all that the renderer calls.
"""

from __future__ import annotations

from sora_kit.backends.animatic.cast.actor import Actor, Drawing, Mode, Motion, Side
from sora_kit.backends.animatic.cast.casting import troupe

__all__ = ("Actor", "Drawing", "Mode", "Motion", "Side", "troupe")
