"""Prices that people write down, and what they say of an order."""

from __future__ import annotations

from typing import Any

import pytest

from sora_kit.backends.base import Capabilities
from sora_kit.errors import InvalidInput
from sora_kit.language import Request, parse
from sora_kit.planning import Plan
from sora_kit.planning.planner import plan
from sora_kit.planning.prices import NO_PRICES, read_prices

TABLE = {
    "paid": "0.10/s",
    "paid/*": 0.5,
    "paid/sora2-pro-*": "$0.30 / s",
    "paid/prompt-enhance-*": 0,
    "other": 9,
}
CAN = Capabilities(kinds=frozenset(("video", "image", "enhance")), max_seconds=25.0, storyboard=True)


def ask(model: str, seconds: float = 10.0) -> Request:
    return parse("A cat", model=model, seconds=seconds if model.startswith("sora-") else None)


@pytest.mark.parametrize(
    ("backend", "model", "dollars"),
    [
        ("paid", "sora2-landscape-10s", 0.5),  # the longest name that fits
        ("paid", "sora2pro-landscape-10s", 0.5),
        ("paid", "prompt-enhance-short-10s", 0.0),
        ("paid", "gpt-image", 0.5),
        ("other", "gpt-image", 9.0),
        ("third", "gpt-image", None),
    ],
)
def test_the_longest_name_that_fits_counts(backend: str, model: str, dollars: float | None):
    assert read_prices(TABLE).of(backend, ask(model)) == dollars


def test_a_price_for_a_second_speaks_of_videos_only():
    prices = read_prices({"paid": "0.10/s"})
    assert prices.of("paid", ask("sora2-landscape-15s")) == pytest.approx(1.5)
    assert prices.of("paid", ask("gpt-image")) is None
    both = read_prices({"paid": 0.02, "paid/*": "0.10/s"})
    assert both.of("paid", ask("gpt-image")) == pytest.approx(0.02)
    assert both.of("paid", ask("sora2-landscape-10s")) == pytest.approx(1.0)


def test_what_is_written_down_beats_what_the_backend_says():
    video = ask("sora2-landscape-10s")
    assert NO_PRICES.of("paid", video, 0.2) == pytest.approx(2.0)
    assert NO_PRICES.of("paid", ask("gpt-image"), 0.2) is None
    assert read_prices({"paid": 0}).of("paid", video, 0.2) == 0.0


def test_an_estimate_tells_a_price_that_is_known():
    video = ask("sora2-landscape-10s")
    known = plan(video, "paid", CAN, prices=read_prices({"paid": "0.10/s"})).estimate
    assert (known.dollars, known.priced) == (pytest.approx(1.0), True)
    assert known.sentence.startswith("About $1.00, 1 call")
    free = plan(video, "paid", CAN, prices=read_prices({"paid": 0})).estimate
    assert (free.dollars, free.priced) == (0.0, True)
    assert free.sentence.startswith("Free, 1 call")
    unknown = plan(video, "paid", CAN)
    assert (unknown.estimate.dollars, unknown.estimate.priced) == (0.0, False)
    assert unknown.estimate.sentence.startswith("1 call")
    assert Plan.from_json(unknown.to_json(), video) == unknown
    assert plan(video, "paid", Capabilities(kinds=CAN.kinds, preview=True)).estimate.priced


def test_a_plan_of_an_earlier_version_is_read():
    video = ask("sora2-landscape-10s")
    old = plan(video, "paid", CAN).to_json()
    del old["estimate"]["priced"]
    assert Plan.from_json(old, video).estimate.priced is False


@pytest.mark.parametrize(
    "table",
    [
        [], "0.1", 5, {"": 1}, {"a b": 1}, {"a/b/c": 1}, {1: 1}, {"a": True}, {"a": None}, {"a": -1},
        {"a": "1/min"}, {"a": float("nan")}, {"a": float("inf")}, {"a": "free"}, {"a": 1e6}, {"a": "9" * 400},
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(table: Any):
    with pytest.raises(InvalidInput) as caught:
        read_prices(table)
    assert caught.value.param == "prices"
    assert caught.value.fix
