"""Which task upstream a call without an answer became."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sora_kit.accounts import Accounts
from sora_kit.backends.hosted import Found
from sora_kit.engine.limits import Limits
from sora_kit.engine.settle import Settling, choose
from sora_kit.errors import JobNeedsYou
from sora_kit.store import Workspace
from sora_kit.store.journal import Entry, Journal

OURS, OTHER = Found("task_a", 100.0, same=True), Found("task_b", 101.0, same=True)
UNTOLD = Found("task_c", 102.0, same=None)


def call(step: str, words: str) -> Entry:
    return Entry(
        step, step, "sora_web", "acc", "intended", "run", f"token {step}", words, {}, 100.0, None, None
    )


def test_a_task_is_taken_only_where_it_cannot_be_anothers():
    assert choose([], equal=0, others=0) == "none"
    assert choose([replace(OURS, same=False)], equal=0, others=0) == "none"
    assert choose([OTHER, OURS], equal=1, others=1) == OURS, "which of two equal ones does not matter"
    assert choose([OTHER, OURS], equal=0, others=0) == "several"
    assert choose([UNTOLD], equal=0, others=0) == UNTOLD
    assert choose([UNTOLD], equal=0, others=1) == "several"


def test_others_find_theirs_before_a_person_is_asked(workspace: Path):
    database = Workspace(workspace).database
    journal, accounts = Journal(database), Accounts(database)
    mine, theirs = call("job_1/0", "a"), call("job_2/0", "b")
    assert journal.intend(mine, None)
    assert journal.intend(theirs, None)
    settling = Settling(journal, None, accounts, Limits())  # type: ignore[arg-type]  # it asks nobody here
    assert settling.reckon(mine, [UNTOLD], late=True, over=False) == (False, None)
    with pytest.raises(JobNeedsYou, match="More tasks than one"):
        settling.reckon(mine, [UNTOLD], late=True, over=True)
    assert journal.submitted(theirs, UNTOLD.task, 103.0)
    assert settling.reckon(mine, [UNTOLD], late=True, over=False) == (True, None), "it was the other one's"
    assert journal.get(mine.step) is None
    database.close()
