"""The tokens: both themes have all of them, and text can be read on every ground it stands on."""

from __future__ import annotations

import re

import pytest

from sora_kit.notebook.theme import CSS, DARK, LIGHT, style_tag

GROUNDS = ("page", "card", "inset")
WORDS = ("text", "muted", "faint", "accent-text", "good", "warn", "bad", "link")
PAIRS = [
    *((word, ground) for word in WORDS for ground in GROUNDS),
    ("accent-text", "accent-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("text", "bad-soft"),
    ("on-accent", "accent-fill"),
    ("on-chosen", "chosen"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two ``#rrggbb``."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_in_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("word", "ground"), PAIRS)
def test_text_has_contrast(tokens: dict[str, str], word: str, ground: str):
    assert contrast(tokens[word], tokens[ground]) >= 4.5


def test_both_themes_have_the_same_tokens():
    assert LIGHT.keys() == DARK.keys()


def test_every_rule_is_scoped():
    rules = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}", r"\1", CSS)
    for selectors in re.findall(r"([^{}]+)\{", rules):
        for selector in re.split(r",(?![^(]*\))", selectors):
            assert ".sora-kit" in selector, selector


def test_every_token_used_exists():
    assert set(re.findall(r"var\(--sk-([a-z-]+)", CSS)) <= LIGHT.keys()


def test_style_tag_stands_alone():
    assert style_tag().startswith("<style>")
    assert "http" not in style_tag()
