"""What we rely on in the durable engine beyond its public promises."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from dbos import DBOS


def test_the_private_call_that_recovers_a_dead_process_is_there() -> None:
    assert list(inspect.signature(DBOS._recover_pending_workflows).parameters) == ["executor_ids"]
    assert version("dbos").startswith("3."), "read the notes of the new version before moving the pin"
