"""Who rides is drawn with what they ride, as one.

The drawings of a bicycle, a motorcycle and a ridden horse have their rider in them already. So a person
who rides one is no actor of their own: the two subjects become one, in the clothes of the first and on
a mount in the colour of the second.
"""

from __future__ import annotations

from dataclasses import replace

from sora_kit.backends.animatic.cast.roles import role_for
from sora_kit.language.scene import Scene

__all__ = ("mounted",)

_RIDES = ("ride", "cycle", "drive", "gallop")
_DRAWN_AS = {"cyclist": "cyclist", "bicycle": "cyclist", "horse": "rider", "motorcycle": "motorcycle"}


def mounted(scene: Scene) -> tuple[Scene, str]:
    """Put the first subject on what it rides.

    Returns:
        The scene with both as one subject, and the colour of the mount, ``#rrggbb`` or empty; the same
        scene if nobody rides.
    """
    if scene.action not in _RIDES or len(scene.subjects) < 2:
        return scene, ""
    who, *others = scene.subjects
    mount = next((other for other in others if other.noun in _DRAWN_AS), None)
    if mount is None or role_for(who.noun).kind not in ("person", "rider"):
        return scene, ""
    noun = _DRAWN_AS[mount.noun]
    both = replace(mount if noun == "motorcycle" else who, noun=noun, count=who.count)
    rest = tuple(other for other in others if other is not mount)
    return replace(scene, subjects=(both, *rest)), mount.colour
