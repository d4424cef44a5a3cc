"""Bodies of ``/admin``: small JSON objects of which any part may be left out.

Their fields are `UNSET` by default, so that what was not given can be told from null, which clears.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from msgspec import UNSET

from sora_kit.errors import InvalidInput

__all__ = ("Asked", "given")


class Asked(Request[Any, Any, Any]):
    """A request whose body may be anything."""

    async def json(self) -> Any:
        """The body.

        Raises:
            InvalidInput: It is not UTF-8, or nested so deeply that nobody meant it.
        """
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(
                "The body is not valid JSON",
                why="It is nested too deeply" if isinstance(error, RecursionError) else "It is not UTF-8",
                fix="Send a JSON object",
                code="invalid_json",
            ) from error


def given(data: msgspec.Struct) -> dict[str, Any]:
    """The fields that a body has."""
    pairs = ((name, getattr(data, name)) for name in data.__struct_fields__)
    return {name: value for name, value in pairs if value is not UNSET}
