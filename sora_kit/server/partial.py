"""Bodies of which any part may be left out.

Their fields are `UNSET` by default, so that what was not given can be told from null, which clears.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

__all__ = ("given",)


def given(data: msgspec.Struct) -> dict[str, Any]:
    """The fields that a body has."""
    pairs = ((name, getattr(data, name)) for name in data.__struct_fields__)
    return {name: value for name, value in pairs if value is not UNSET}
