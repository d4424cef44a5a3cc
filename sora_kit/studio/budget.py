"""What many clips take together, and the limit that somebody sets to it.

A budget is a number of US dollars or a number of clips. Free previews cost nothing and say so; a
backend whose price is not known is never taken for free, so a budget in dollars refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sora_kit.errors import InvalidInput
from sora_kit.planning import Estimate

if TYPE_CHECKING:
    from sora_kit.studio.batch import Batch
    from sora_kit.studio.cells import Cell

__all__ = ("check_budget", "estimate_of", "is_priced", "read_budget")


def estimate_of(cells: Sequence[Cell], found: int = 0) -> Estimate:
    """What cells take together; ``found`` of them have a result already."""
    plans = [cell.plan for cell in cells if cell.plan]
    seconds = sum(plan.estimate.seconds for plan in plans)
    dollars = sum(plan.estimate.dollars for plan in plans)
    number = f"{len(plans):,} clip{'s' * (len(plans) != 1)}"
    price = f"about ${dollars:,.2f}" if dollars else "free" if is_priced(cells) else "price not known"
    there = f" {found:,} of them are here already." if found else ""
    return Estimate(
        seconds=seconds,
        dollars=dollars,
        calls=sum(plan.estimate.calls for plan in plans),
        sentence=f"{number}, {price}, about {spoken(seconds)} of work.{there}",
        priced=is_priced(cells),
    )


def is_priced(cells: Sequence[Cell]) -> bool:
    """Whether the price of every cell is known."""
    return all(cell.plan.estimate.priced for cell in cells if cell.plan)


def check_budget(batch: Batch, budget: float | str | None) -> None:
    """Refuse a batch that takes more than it may.

    Args:
        batch: What is about to start.
        budget: US dollars as a number or ``"$5"``, a number of clips as ``"12 clips"``, or None.

    Raises:
        InvalidInput: It takes more; its price is not known; or the budget cannot be read.
    """
    if budget is None:
        return
    estimate = batch.estimate
    number, unit = read_budget(budget)
    if unit == "clips":
        if len(batch.cells) > number:
            raise over(
                f"It is {len(batch.cells):,} clips, and the budget is {number:,.0f}",
                "Ask for fewer combinations, or raise budget=…",
            )
        return
    if not is_priced(batch.cells):
        raise over(
            "The price of this backend is not known, so a budget in dollars cannot be kept",
            'Say what it costs with the setting prices, or give a number of clips, such as budget="12 clips"',
        )
    if estimate.dollars > number + 0.005:  # half a cent: prices are sums of fractions
        each = estimate.dollars / len(batch.cells)
        raise over(
            f"{len(batch.cells):,} clips cost about ${estimate.dollars:,.2f}, "
            f"and the budget is ${number:,.2f}",
            f"About {int(number // each):,} clips fit. Ask for fewer combinations, or raise budget=…",
        )


def over(why: str, fix: str) -> InvalidInput:
    """The refusal."""
    return InvalidInput(
        "This is over its budget; nothing was started", why=why, fix=fix, param="budget", code="over_budget"
    )


def read_budget(budget: float | str) -> tuple[float, str]:
    """A budget's number, and its unit ``dollars`` or ``clips``.

    Raises:
        InvalidInput: It is neither.
    """
    text = f"${budget}" if isinstance(budget, int | float) and not isinstance(budget, bool) else str(budget)
    money = re.fullmatch(r"(?i)\s*(?:\$\s*([\d.,]+)|([\d.,]+)\s*(?:\$|usd|dollars?))\s*", text)
    clips = re.fullmatch(r"(?i)\s*([\d,]+)\s*(?:clips?|videos?|pictures?)\s*", text)
    try:
        if money:
            return float((money[1] or money[2]).replace(",", "")), "dollars"
        if clips:
            return float(clips[1].replace(",", "")), "clips"
    except ValueError:
        pass  # "$1.2.3"
    raise InvalidInput(
        f"{budget!r} is no budget",
        why='A number is US dollars; "12 clips" is a number of clips',
        fix='Write budget=5, budget="$5" or budget="12 clips"',
        param="budget",
    )


def spoken(seconds: float) -> str:
    """``40 s``, ``3 min``, ``2 h``."""
    for limit, unit, name in ((90, 1, "s"), (5400, 60, "min")):
        if seconds < limit:
            return f"{max(1, round(seconds / unit))} {name}"
    return f"{seconds / 3600:.1f} h"
