"""One scenery kit per setting.

Every module here has one function, ``build(stage)``, which paints its place on a `SetBuilder`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sora_kit.backends.animatic.canvas import SetBuilder
from sora_kit.backends.animatic.sets import (
    beach,
    city,
    desert,
    forest,
    interior,
    meadow,
    mountain,
    ocean,
    sky,
    snow,
    space,
    stage,
    street,
    underwater,
)
from sora_kit.language.scene import Setting

__all__ = ("SETS",)

SETS: Mapping[Setting, Callable[[SetBuilder], None]] = MappingProxyType(
    {
        "beach": beach.build,
        "city": city.build,
        "desert": desert.build,
        "forest": forest.build,
        "interior": interior.build,
        "meadow": meadow.build,
        "mountain": mountain.build,
        "ocean": ocean.build,
        "sky": sky.build,
        "snow": snow.build,
        "space": space.build,
        "stage": stage.build,
        "street": street.build,
        "underwater": underwater.build,
    }
)
"""Setting → the function that builds it."""
