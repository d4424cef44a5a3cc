"""Ids: what they look like, and that they sort as they were made."""

from __future__ import annotations

import re
import time

from sora_kit.store.ids import new_id, new_token


def test_an_id_says_what_it_is_and_when_it_was_made():
    before = time.time_ns() // 1_000_000
    made = new_id("job")
    assert re.fullmatch(r"job_[0-9a-hjkmnp-tv-z]{26}", made)
    letters = "0123456789abcdefghjkmnpqrstvwxyz"
    number = 0
    for letter in made.removeprefix("job_"):
        number = number * 32 + letters.index(letter)
    assert before <= number >> 80 <= time.time_ns() // 1_000_000


def test_what_is_made_in_a_row_sorts_in_that_row():
    """Jobs run in the order of their ids, and several are asked for within a millisecond."""
    made = []
    for _ in range(500):
        made.append(new_id("job"))
        asked = time.perf_counter()
        while time.perf_counter() - asked < 2e-6:  # no job is written faster
            pass
    assert made == sorted(made)


def test_neighbours_do_not_give_each_other_away():
    first, second = new_id("job"), new_id("job")
    assert first[-14:] != second[-14:]


def test_tokens_are_path_parts():
    made = {new_token() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[A-Za-z0-9]{22}", token) for token in made)
