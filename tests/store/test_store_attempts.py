"""The tries of a job: written once, read in order, named after the account."""

from __future__ import annotations

import time
from pathlib import Path

import sqlalchemy as sa

from sora_kit.store import Attempts, Workspace
from sora_kit.store.tables import account


def test_tries_are_told_in_order_with_the_account_s_label(workspace: Path) -> None:
    database = Workspace(workspace).database
    with database.write() as connection:
        connection.execute(sa.insert(account).values(id="acc_1", backend="sora_web", label="studio A"))
    tries, before = Attempts(database), time.time()
    tries.add("job_1", 0, "acc_1", "overloaded", "The service is busy")
    tries.add("job_2", 0, "acc_1", "submitted")
    tries.add("job_1", 0, "acc_gone", "submitted")
    found = tries.of("job_1")
    assert [(one.account, one.label, one.outcome, one.why) for one in found] == [
        ("acc_1", "studio A", "overloaded", "The service is busy"),
        ("acc_gone", "acc_gone", "submitted", ""),  # an account that was removed is told by its id
    ]
    assert before <= found[0].time <= found[1].time <= time.time()
    assert tries.of("job_3") == []


def test_an_outcome_is_cut_to_its_column(workspace: Path) -> None:
    tries = Attempts(Workspace(workspace).database)
    tries.add("job_1", 3, "", "x" * 100)
    assert [(one.step, one.account, len(one.outcome)) for one in tries.of("job_1")] == [(3, "", 64)]
