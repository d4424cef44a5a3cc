"""Text of any kind can be drawn; nothing raises, nothing is an empty box."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from sora_kit.backends.animatic import text
from sora_kit.backends.animatic.fonts import FontName, coverage, path_of, system

FACE = text.Face("ui", 24)
NAMES = ("ui", "bold", "title", "comic", "mono", "symbols")


def ink(words, face=FACE):
    image = Image.new("L", (900, 60), 0)
    drawn = text.draw_text(ImageDraw.Draw(image), (5, 5), words, face)
    return np.asarray(image), drawn


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine without fonts of its own."""
    monkeypatch.setattr(system, "folders", list)
    caches = (system._installed, system.find, text._font_for, text._runs)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=300),
        st.text(st.characters(codec=None, categories=None), max_size=80),
        st.lists(
            st.sampled_from(
                ["مرحبا", "שלום", "猫", "👩🏽‍🚀", "\u200d", "\ufe0f", "\x00", "\ud800", " ", "é", "x" * 400]
            ),
            max_size=30,
        ).map("".join),
    ),
    st.sampled_from(NAMES),
    st.integers(0, 400),
    st.integers(0, 4),
)
def test_anything_can_be_wrapped_and_drawn(words, name, width, lines):
    face = text.Face(name, 18)
    wrapped = text.wrap(words, face, width, lines)
    assert len(wrapped) <= lines
    for line in wrapped:
        _, drawn = ink(line, face)
        assert drawn == pytest.approx(text.text_width(line, face), abs=0.01)


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200), st.integers(60, 400))
def test_lines_fit(words, width):
    face = text.Face("ui", 18)
    for line in text.wrap(words, face, width, 3):
        assert text.text_width(line, face) <= width + 1 or len(line) <= 2


def test_very_long_texts_are_quick_and_cut():
    for words in ("a" * 32_000, "word " * 8_000, "猫" * 32_000, "\u200b" * 32_000):
        assert len(text.wrap(words, FACE, 600, 2)) <= 2
    assert text.wrap("word " * 500, FACE, 300, 2)[-1].endswith("…")


def test_wrap_breaks_at_spaces_and_keeps_all_words():
    words = "A kitten runs across a meadow in the morning light"
    lines = text.wrap(words, FACE, 300, 9)
    assert " ".join(lines) == words
    assert len(lines) > 1


def test_cleaning():
    assert text.clean("a\x00b\n\n c\u200bd\ufe0f") == "ab cd"
    assert text.clean("e\u0301") == "é"
    assert text.clean("\ud800x") == "x"
    assert text.clean("👋🏽") == "👋"


@pytest.mark.parametrize("words", ["Hello", "Привет", "Ελληνικά", "naïve façade", "🐈 🎻", "½ × 3 → €"])
def test_vendored_fonts_draw_without_the_machines(words, bare_machine):
    pixels, drawn = ink(words)
    assert drawn > 20
    assert (pixels > 128).sum() > 30
    assert text.drawable(words) == words


def test_letters_without_a_font_leave_a_mark_not_a_box(bare_machine):
    assert text.drawable("猫猫 cat") == "… cat"
    assert text.drawable("猫猫") == ""
    assert text.wrap("猫猫", FACE, 300, 2) == []
    pixels, drawn = ink("猫猫")
    assert pixels[:20].max() == 0  # at most an ellipsis on the baseline, no box
    assert drawn < FACE.size * 2


def test_symbols_without_a_font_are_left_out(bare_machine):
    assert text.drawable("a \U0001fadf b") == "a b"


def test_a_font_of_the_machine_is_found_by_name(tmp_path, monkeypatch, bare_machine):
    """A file with a well-known name is taken; its coverage decides, not its name."""
    shutil.copy(path_of("symbols"), tmp_path / "NotoSansCJK-Regular.ttc")
    (tmp_path / "msyh.ttc").write_bytes(b"not a font")
    monkeypatch.setattr(system, "folders", lambda: [tmp_path])
    system._installed.cache_clear()
    system.find.cache_clear()
    assert system.find(0x1F408) == tmp_path / "NotoSansCJK-Regular.ttc"
    assert system.find(0x732B) is None


def test_right_to_left_text_starts_at_the_right(bare_machine, monkeypatch):
    """Runs of a right-to-left line are laid from the right; here with a font that has both."""
    order = []
    monkeypatch.setattr(text, "_right_to_left", lambda _: True)
    real = ImageDraw.ImageDraw.text

    def spy(self, xy, words, *args, **kwargs):
        order.append(words)
        return real(self, xy, words, *args, **kwargs)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", spy)
    ink("one 🐈")
    assert order[0].startswith("🐈")


@pytest.mark.parametrize("name", NAMES)
def test_every_typeface_is_here_and_renamed(name):
    face = text.font(name, 20)
    assert face.getname()[0].startswith("Sora Kit")
    assert len(coverage(path_of(name))) > 100


def test_unknown_typefaces_are_refused():
    with pytest.raises(ValueError, match="no typeface"):
        path_of("../../etc/passwd")


def test_the_package_stays_small():
    assert sum(path_of(name).stat().st_size for name in NAMES) < 2_000_000
    assert set(NAMES) == set(FontName.__args__)
