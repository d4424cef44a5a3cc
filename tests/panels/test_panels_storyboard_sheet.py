"""The contact sheet: a PDF that opens, with a page for every six shots."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PdfParser

from sora_kit import Storyboard
from sora_kit.errors import BadMedia
from sora_kit.panels.contact_sheet import DPI, PAGE, contact_sheet

RED = (200, 30, 40)


def jpeg(size: tuple[int, int] = (160, 90)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, RED).save(out, "JPEG", quality=95)
    return out.getvalue()


def pages(pdf: bytes) -> list[Image.Image]:
    """The pages' pictures, as they stand in the file."""
    found = re.findall(rb"/DCTDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return [Image.open(BytesIO(data)) for data in found]


def board(count: int, text: str = "A cat") -> Storyboard:
    made = Storyboard("Sunny")
    for number in range(count):
        made = made.shot(1.5, f"{text} {number}")
    return made


@pytest.mark.parametrize(("shots", "sheets"), [(1, 1), (6, 1), (7, 2), (30, 5)])
def test_six_shots_to_a_page(shots: int, sheets: int) -> None:
    pdf = contact_sheet(board(shots), [jpeg()] * shots, "Kittens")
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    drawn = pages(pdf)
    assert len(drawn) == sheets
    assert {page.size for page in drawn} == {PAGE}
    wide, high = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf).groups()  # type: ignore[union-attr]
    assert (float(wide), float(high)) == pytest.approx((842, 595), abs=1)  # A4 in points
    assert pytest.approx(DPI * 842 / 72, abs=1) == PAGE[0]


def test_pictures_and_words_are_on_it() -> None:
    (page,) = pages(contact_sheet(board(2), [jpeg(), jpeg((90, 160))]))
    seen = np.asarray(page.convert("RGB")).astype(int)
    red = np.abs(seen - RED).max(axis=2) < 12
    assert red[220:480, 90:570].mean() > 0.95  # a wide picture fills its place
    assert 0.2 < red[220:480, 630:1120].mean() < 0.5  # a tall one is whole, too
    dark = seen.max(axis=2) < 90
    assert dark[500:620, 80:600].sum() > 500  # words below the picture
    assert dark[40:110, 80:600].sum() > 500  # the heading


@pytest.mark.parametrize("text", ["猫在跑", "قطة تركض", "🐎" * 40, "x" * 5000, "\0\u202e\u200b", "a\nb\tc"])
def test_any_text_fits(text: str) -> None:
    made = Storyboard(text.replace("[", "")).shot(1, text)
    assert pages(contact_sheet(made, [jpeg()], text))


def test_what_does_not_fit_together() -> None:
    with pytest.raises(ValueError, match="1 pictures for 2 shots"):
        contact_sheet(board(2), [jpeg()])
    with pytest.raises(ValueError, match="0 pictures"):
        contact_sheet(Storyboard(), [])
    with pytest.raises(BadMedia):
        contact_sheet(board(1), [jpeg()[:200]])


@pytest.mark.parametrize(
    "text", [") /OpenAction << /S /JavaScript /JS (app.alert(1)) >>", "<script>\\) endobj", "\0%%EOF\r"]
)
def test_words_are_drawn_and_nothing_that_acts_is_in_it(text: str) -> None:
    """All words are pictures but the title, which no reader may take for more than a text."""
    with PdfParser.PdfParser(buf=contact_sheet(board(1, text), [jpeg()], text)) as read:
        assert read.info.Title == " ".join(text.split())
        assert names(read.root) <= {"Type", "Pages"}
        (page,) = read.pages
        assert names(read.read_indirect(page)) <= {"Type", "Resources", "MediaBox", "Contents", "Parent"}


def names(found: Mapping[PdfParser.PdfName, object]) -> set[str]:
    return {name.name_as_str() for name in found}
