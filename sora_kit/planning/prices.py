"""What backends cost, as whoever runs the workspace says.

A backend knows at most what it costs at its usual place; what somebody's account there pays, only he knows.
Prices are written as a mapping, name → price::

    {"sora_web": 0.40, "sora_web/sora2-pro-*": "0.15/s", "sora_web/prompt-enhance-*": 0}

A name is that of a backend, or a backend and a model (or a glob) with a slash between them. A number is US
dollars for each order; a text such as ``"0.10/s"`` is for each second of a video and says nothing of other
things. Of several that fit, the longest name counts. 0 is free.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from sora_kit.errors import InvalidInput
from sora_kit.language.request import Request
from sora_kit.planning.lengths import TIMED

__all__ = ("NO_PRICES", "SETTING", "Prices", "read_prices")

SETTING = "prices"
"""Name of the setting of a workspace."""

DEAREST = 10_000.0
_PRICE = re.compile(r"\$?\s*(\d{1,9}(?:\.\d{1,9})?)\s*(/\s*s)?")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}(/[A-Za-z0-9_.*?\[\]-]{1,80})?")


@dataclass(frozen=True, slots=True)
class Prices:
    """A table of prices, the longest name first."""

    entries: tuple[tuple[str, float, bool], ...] = ()
    """Name, US dollars, and whether that is for a second of video and not for an order."""

    def of(self, backend: str, order: Request, per_second: float = 0.0) -> float | None:
        """US dollars of one order, None where nobody knows.

        Args:
            backend: Name of the backend.
            order: What it is asked for.
            per_second: What the backend itself says of a second of video; 0 says nothing.
        """
        timed = order.kind in TIMED
        for name, dollars, by_second in self.entries:
            if name != backend and not fnmatchcase(f"{backend}/{order.model}", name):
                continue
            if timed or not by_second:
                return dollars * order.seconds if by_second else dollars
        return per_second * order.seconds if per_second and timed else None


NO_PRICES = Prices()


def read_prices(value: Any) -> Prices:
    """The prices of a setting.

    Raises:
        InvalidInput: A name or a price cannot be meant.
    """
    if value is None:
        return NO_PRICES
    if not isinstance(value, Mapping):
        raise wrong("prices are names with prices")
    entries = [(checked_name(name), *read_price(name, price)) for name, price in value.items()]
    return Prices(tuple(sorted(entries, key=lambda entry: (-len(entry[0]), entry[0]))))


def checked_name(name: Any) -> str:
    """The name of a backend, or of models of one."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise wrong(f"{str(name)[:60]!r} is not the name of a backend or of its models")
    return name


def read_price(name: str, price: Any) -> tuple[float, bool]:
    """US dollars, and whether they are for a second."""
    found = _PRICE.fullmatch(price.strip()) if isinstance(price, str) else None
    if found:
        number, by_second = float(found[1]), found[2] is not None
    elif isinstance(price, int | float) and not isinstance(price, bool):
        number, by_second = float(price), False
    else:
        number, by_second = math.nan, False
    if not 0 <= number <= DEAREST:
        raise wrong(f"The price of {name} is {str(price)[:40]!r}")
    return number, by_second


def wrong(what: str) -> InvalidInput:
    """The refusal."""
    return InvalidInput(
        what,
        why='A price is US dollars for an order, or for a second of video as in "0.10/s"',
        fix='Write {"sora_web": 0.40, "sora_web/sora2-pro-*": "0.15/s"}',
        param=SETTING,
    )
