"""A storyboard on paper: a PDF with six shots to a page, each with its picture, its time and its words.

Pages are drawn as pictures, with the animatic's typefaces and whatever the machine has for other
scripts, so a sheet looks the same everywhere and needs no font. Every page says that the pictures are
a preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from sora_kit.language.request import Request, Shot
from sora_kit.language.storyboard import Storyboard

if TYPE_CHECKING:
    from PIL import Image

    from sora_kit.studio import Studio

__all__ = ("contact_sheet", "draw_sheet")

DPI = 150
PAGE = (1754, 1240)
"""A4, landscape."""

MARGIN, GAP = 80, 40
COLUMNS, ROWS = 3, 2
CELL = (PAGE[0] - 2 * MARGIN - (COLUMNS - 1) * GAP) // COLUMNS
PICTURE = (CELL, CELL * 9 // 16)
TOP, ROW_HEIGHT = 210, 500

INK, MUTED, GROUND = (27, 29, 34), (93, 100, 112), (238, 238, 235)
FOOTER = "Animatic: a drawn preview, not footage"


async def draw_sheet(studio: Studio, board: Storyboard, request: Request, title: str = "") -> bytes:
    """The contact sheet of a board with its pictures, on the studio's loop.

    Args:
        studio: Draws the pictures.
        board: The shots, at least one.
        request: What they are a request for; its shots are those of the board.
        title: A heading.

    Returns:
        A PDF file.
    """
    import asyncio

    tall = request.height > request.width
    width, height = (PICTURE[1] * 9 // 16, PICTURE[1]) if tall else PICTURE
    pictures = [
        await studio.thumbnail(request, width=width // 2 * 2, height=height // 2 * 2, shot=number)
        for number in range(len(board))
    ]
    return await asyncio.to_thread(contact_sheet, board, pictures, title)


def contact_sheet(board: Storyboard, pictures: Sequence[bytes], title: str = "") -> bytes:
    """Lay shots and their pictures out on pages.

    Args:
        board: The shots, at least one.
        pictures: One JPEG, PNG or WebP for each shot.
        title: A heading; the beginning of the instruction, or "Storyboard", if not given.

    Returns:
        A PDF file.

    Raises:
        ValueError: There is not one picture for each shot.
        BadMedia: A picture is damaged.
    """
    if len(pictures) != len(board) or not pictures:
        raise ValueError(f"{len(pictures)} pictures for {len(board)} shots")
    title = " ".join((title or "Storyboard").split()).encode("utf-8", "ignore").decode()
    on_page = COLUMNS * ROWS
    count = -(-len(board) // on_page)
    starts = [sum(shot.seconds for shot in board.shots[:n]) for n in range(len(board))]
    cells = list(zip(range(1, len(board) + 1), starts, board, pictures, strict=True))
    pages = [
        _page(board, title, f"{n + 1} / {count}", cells[n * on_page : (n + 1) * on_page])
        for n in range(count)
    ]
    out = BytesIO()
    pages[0].save(
        out, "PDF", save_all=True, append_images=pages[1:], resolution=DPI, quality=88, title=title,
        creator="sora_kit",
    )  # fmt: skip
    return out.getvalue()


def _page(
    board: Storyboard, title: str, place: str, cells: Sequence[tuple[int, float, Shot, bytes]]
) -> Image.Image:
    from PIL import Image, ImageDraw, ImageOps

    from sora_kit.backends.animatic.text import Face, draw_text, text_width, wrap
    from sora_kit.media.picture import opened_picture, upright_picture

    page = Image.new("RGB", PAGE, "white")
    inks = {colour: Image.new("L", PAGE, 0) for colour in (INK, MUTED)}
    pens = {colour: ImageDraw.Draw(mask) for colour, mask in inks.items()}
    wide = PAGE[0] - 2 * MARGIN

    def write(x: float, y: float, text: str, face: Face, ink: tuple[int, int, int] = INK) -> None:
        draw_text(pens[ink], (x, y), text, face)

    facts = f"{len(board)} shot{'s' * (len(board) != 1)} · {board.total:g} s"
    head, plain, small = Face("bold", 36), Face("ui", 23), Face("ui", 20)
    room = wide - text_width(facts, plain) - GAP
    write(MARGIN, 62, next(iter(wrap(title, head, room, 1)), ""), head)
    write(PAGE[0] - MARGIN - text_width(facts, plain), 72, facts, plain, MUTED)
    for n, line in enumerate(wrap(board.instruction, plain, wide, 2)):
        write(MARGIN, 122 + 32 * n, line, plain, MUTED)
    for n, (number, start, shot, data) in enumerate(cells):
        x, y = MARGIN + n % COLUMNS * (CELL + GAP), TOP + n // COLUMNS * ROW_HEIGHT
        page.paste(GROUND, (x, y, x + PICTURE[0], y + PICTURE[1]))
        with opened_picture(data) as opened:
            picture = upright_picture(opened).convert("RGB")
        picture = ImageOps.contain(picture, PICTURE)
        page.paste(picture, (x + (PICTURE[0] - picture.width) // 2, y + (PICTURE[1] - picture.height) // 2))
        times = f"{start:.1f} – {start + shot.seconds:.1f} s"
        length = f"{shot.seconds:g} s"
        write(x, y + PICTURE[1] + 12, str(number), Face("bold", 25))
        write(x + 16 + text_width(str(number), Face("bold", 25)), y + PICTURE[1] + 15, length, plain)
        write(x + CELL - text_width(times, small), y + PICTURE[1] + 17, times, small, MUTED)
        for line_number, line in enumerate(wrap(shot.text, plain, CELL, 5)):
            write(x, y + PICTURE[1] + 52 + 30 * line_number, line, plain)
    write(MARGIN, PAGE[1] - 52, FOOTER, small, MUTED)
    write(PAGE[0] - MARGIN - text_width(place, small), PAGE[1] - 52, place, small, MUTED)
    for colour, mask in inks.items():
        page.paste(colour, (0, 0), mask)
    return page
