"""One studio for each module: opening it and the first drawing process take a second each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_waiting_bench import Bench, cleared, opened

from sora_kit import Studio
from sora_kit.store import Clip


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("engine") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(studio: Studio) -> Clip:
    result = studio.video("{anime} [0.5s]A cat runs in a meadow [1.0s]It sleeps", model="sora-2").result(60)
    assert isinstance(result, Clip)
    return result


@pytest.fixture(scope="module")
def waiting_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with opened(tmp_path_factory.mktemp("waiting") / "workspace") as made:
        yield made


@pytest.fixture
def bench(waiting_bench: Bench) -> Iterator[Bench]:
    with cleared(waiting_bench) as made:
        yield made
