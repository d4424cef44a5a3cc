"""A key with a budget and a backend of which whoever runs the workspace says what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput, LimitReached, NotAllowed

CLIP = {"model": "sora2-landscape-10s", "backend": "sora_web"}


@pytest.fixture
def client(workspace: Path) -> Iterator[Studio]:
    """A studio that runs nothing: what is accepted waits."""
    with Studio(workspace, role="client") as opened:
        yield opened


def test_a_budget_works_with_a_price_and_not_without(client: Studio):
    owner = client.keys.create("ann", budget=1.0).id
    wish = client.request("A cat", **CLIP)
    with pytest.raises(NotAllowed, match="with the setting prices") as unknown:
        client.submit(wish, owner=owner)
    assert unknown.value.code == "price_not_known"
    client.settings.set("prices", {"sora_web": 0.4})
    assert client.planned(wish).estimate.sentence.startswith("About $0.40, 1 call")
    for _ in range(2):
        client.submit(wish, owner=owner)
    with pytest.raises(LimitReached, match=r"\$0.20 of \$1.00 left today"):
        client.submit(wish, owner=owner)
    assert client.keys.usage([owner])[owner].spent == pytest.approx(0.8)
    client.settings.set("prices", {"sora_web": 0.4, "sora_web/sora2-*": 0})
    assert client.submit(wish, owner=owner).record.plan["estimate"]["priced"] is True


def test_a_sweep_with_a_budget_asks_for_a_price(client: Studio):
    sweep = {"models": ["sora2-landscape-10s", "sora2-portrait-10s"], "backend": "sora_web"}
    with pytest.raises(InvalidInput, match="setting prices"):
        client.sweep("A cat", budget=5, **sweep)
    client.settings.set("prices", {"sora_web": "0.30/s"})
    with pytest.raises(InvalidInput, match=r"cost about \$6.00"):
        client.sweep("A cat", budget=5, **sweep)


def test_a_price_that_is_none_names_the_setting(client: Studio):
    client.settings.set("prices", {"sora_web": "dear"})
    with pytest.raises(InvalidInput, match="The price of sora_web is 'dear'"):
        client.plan("A cat", None, **CLIP)
