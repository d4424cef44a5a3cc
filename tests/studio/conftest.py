"""One studio and one clip for each module: opening it and the first drawing process take a second each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sora_kit import Studio
from sora_kit.store import Clip


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("making") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(studio: Studio) -> Clip:
    result = studio.video("A fluffy grey kitten runs in a meadow", model="sora-2").result(90)
    assert isinstance(result, Clip)
    return result
