"""Ranges and entity tags against a model written another way: slicing real bytes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_kit.server.ranges import Slice, Unsatisfiable, matches, wanted

# a server of another test draws random numbers in its thread, which hypothesis takes for a strategy's
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

SIZES = st.integers(0, 1000)


@settings(deadline=None)  # the machine may be busy
@given(SIZES, st.integers(0, 1200), st.integers(0, 1200))
def test_first_and_last_byte_select_what_a_slice_selects(size: int, first: int, last: int):
    data = bytes(i % 251 for i in range(size))
    header = f"bytes={first}-{last}"
    if last < first:
        assert wanted(header, size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            wanted(header, size)
    else:
        part = wanted(header, size)
        assert part is not None
        assert data[part.start : part.stop] == data[first : last + 1]
        assert part.content_range(size) == f"bytes {first}-{min(last, size - 1)}/{size}"


@settings(deadline=None)  # the machine may be busy
@given(SIZES, st.integers(0, 1200))
def test_open_and_suffix_ranges(size: int, number: int):
    data = bytes(i % 251 for i in range(size))
    if number >= size:
        with pytest.raises(Unsatisfiable):
            wanted(f"bytes={number}-", size)
    else:
        part = wanted(f"bytes={number}-", size)
        assert part == Slice(number, size)
    if not number or not size:
        with pytest.raises(Unsatisfiable):
            wanted(f"bytes=-{number}", size)
    else:
        tail = wanted(f"bytes=-{number}", size)
        assert tail is not None
        assert data[tail.start : tail.stop] == data[-number:]


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=40), SIZES)
def test_any_header_gives_a_slice_inside_the_file_or_the_whole(header: str, size: int):
    try:
        part = wanted(header, size)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes=5-2",
     "bytes=٣-٤", "bytes=" + "9" * 30 + "-"],
)  # fmt: skip
def test_what_is_no_single_byte_range_means_the_whole_file(header: str | None):
    assert wanted(header, 100) is None


@pytest.mark.parametrize(
    ("if_range", "expected"),
    [('"a"', Slice(0, 5)), ('"b"', None), ('W/"a"', None), ("Wed, 21 Oct 2015 07:28:00 GMT", None)],
)
def test_if_range_counts_only_for_the_same_file(if_range: str, expected: Slice | None):
    assert wanted("bytes=0-4", 100, if_range=if_range, etag='"a"') == expected


@pytest.mark.parametrize(
    ("header", "same"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"x", "a"', True),
        ("*", True),
        ('"b"', False),
        (None, False),
        ("a", False),
    ],
)
def test_if_none_match(header: str | None, same: bool):
    assert matches(header, '"a"') is same
