"""Times, sizes and lengths in words."""

import pytest

from sora_kit.notebook import words


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (4, "4 s"),
        (2.5, "2.5 s"),
        (0, "0 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (3900, "1 h 5 min"),
        (7200, "2 h"),
    ],
)
def test_length(seconds, said):
    assert words.length(seconds) == said


@pytest.mark.parametrize(
    ("passed", "said"),
    [(-5, "just now"), (3, "just now"), (45, "45 s ago"), (61, "1 min ago"), (7300, "2 h ago"),
     (90_000, "yesterday"), (400_000, "4 days ago")],
)  # fmt: skip
def test_ago(passed, said):
    assert words.ago(1_000_000, 1_000_000 + passed) == said


@pytest.mark.parametrize(("octets", "said"), [(12, "12 B"), (812_300, "812 kB"), (1_440_000, "1.4 MB")])
def test_size(octets, said):
    assert words.size(octets) == said


def test_short_cuts_at_a_word_and_keeps_one_line():
    assert words.short("A kitten\nruns") == "A kitten runs"
    cut = words.short("A kitten running across a meadow in the evening sun", 30)
    assert cut == "A kitten running across a…"
    assert len(words.short("x" * 500, 80)) == 80


def test_count():
    assert [words.count(n, "clip") for n in (0, 1, 2000)] == ["0 clips", "1 clip", "2,000 clips"]
