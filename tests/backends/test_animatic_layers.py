"""Layers, blocks and the compositor: cheap drawing gives the same picture as plain drawing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sora_kit.backends.animatic.blocks import blocks_of
from sora_kit.backends.animatic.camera import Stage, View, move_of, placed, travel_speed
from sora_kit.backends.animatic.compose import draw_layer
from sora_kit.backends.animatic.layers import Layer, joined, laid_over, layer_from, premultiplied, settle
from sora_kit.language import Scene, Subject

STAGE = Stage(320, 180, 416, 234)


def painted(seed: int, solid_below: int | None = None) -> Layer:
    """A sheet with spots, gaps and (perhaps) a solid lower part."""
    rng = np.random.default_rng(seed)
    rgb = cv2.resize(rng.integers(0, 255, (12, 20, 3), np.uint8), (416, 234), interpolation=cv2.INTER_CUBIC)
    noise = cv2.resize(rng.random((9, 15), np.float32), (416, 234), interpolation=cv2.INTER_CUBIC)
    alpha = np.clip((noise - 0.55) * 4 * 255, 0, 255).astype(np.uint8)
    if solid_below is not None:
        alpha[solid_below:] = 255
    layer = layer_from(rgb, alpha, 0.8)
    assert layer is not None
    return layer


def plainly_drawn(frame: np.ndarray, layer: Layer, view: View) -> np.ndarray:
    """The same by one warp of the whole sheet."""
    matrix = placed(view, layer.depth, STAGE)
    matrix[:, 2] += matrix[:, :2] @ (layer.x0, layer.y0)
    sheet = cv2.warpAffine(layer.image, matrix, (320, 180), flags=cv2.INTER_LINEAR)
    out = frame.copy()
    laid_over(out, sheet)
    return out


def test_blocks_cover_all_that_is_painted_and_overlap_nowhere():
    alpha = painted(3, solid_below=150).image[..., 3]
    seen = np.zeros(alpha.shape, int)
    for block in blocks_of(np.ascontiguousarray(alpha)):
        part = np.s_[block.y0 : block.y1, block.x0 : block.x1]
        seen[part] += 1
        if block.solid:
            assert alpha[part].min() == 255
    assert seen.max() == 1
    assert not alpha[seen == 0].any()


@pytest.mark.parametrize("zoom", [1.0, 1.173, 1.41])
@pytest.mark.parametrize("x", [0.0, -0.37, 0.9])
def test_a_sheet_in_blocks_looks_like_a_sheet_in_one_piece(zoom: float, x: float):
    (layer,) = settle([painted(5, solid_below=160)], STAGE.canvas_height)
    assert any(block.solid for block in layer.blocks)
    assert len(layer.blocks) > 2
    frame = np.full((180, 320, 4), 90, np.uint8)
    frame[..., 3] = 255
    view = View(x=x, y=0.2, zoom=zoom)
    wanted = plainly_drawn(frame, layer, view)
    draw_layer(frame, layer, view, STAGE, 0.0)
    # A row or column at the sheet's own edge may differ: one mirrors, the other fades to nothing.
    assert np.mean(np.abs(frame.astype(int) - wanted).max(axis=2) > 12) < 0.01


def test_merging_two_sheets_gives_the_same_picture():
    below, above = painted(1, solid_below=170), painted(2)
    frame = np.full((234, 416, 4), 255, np.uint8)
    apart = frame.copy()
    laid_over(apart[below.y0 : below.bottom], below.image)
    laid_over(apart[above.y0 : above.bottom], above.image)
    (merged,) = settle([below, above], 234)
    together = frame.copy()
    laid_over(together[merged.y0 : merged.bottom], merged.image)
    assert np.abs(apart.astype(int) - together).max() <= 3


def test_joined_alpha_is_that_of_two_veils():
    veil = premultiplied(np.full((2, 2, 3), 200, np.uint8), np.full((2, 2), 128, np.uint8))
    assert abs(int(joined(veil, veil)[0, 0, 3]) - 192) <= 1


def test_hidden_rows_are_cut():
    back, front = painted(1, solid_below=0), painted(2, solid_below=100)
    front.depth = 1.0
    cut, kept = settle([back, front], 234, slack=0.05)
    assert cut.bottom < 234
    assert cut.bottom >= 100
    assert kept.bottom == 234


def test_mirrored_sides_have_no_gap_however_far_the_camera_runs():
    (layer,) = settle([painted(4, solid_below=0)], 234)
    for travelled in (0.0, 1.7, 12.3, -5.1):
        frame = np.zeros((180, 320, 4), np.uint8)
        draw_layer(frame, layer, View(travelled=travelled), STAGE, 0.0)
        assert frame[..., 3].min() == 255


def test_near_sheets_move_more_than_far_ones():
    shift = {
        d: placed(View(x=1.0), d, STAGE)[0, 2] - placed(View(x=-1.0), d, STAGE)[0, 2] for d in (0.1, 1.0)
    }
    assert abs(shift[1.0]) > 2 * abs(shift[0.1])


CAMERAS = (
    "push in",
    "pull back",
    "pan left",
    "pan right",
    "tilt up",
    "tilt down",
    "track",
    "handheld",
    "orbit",
)


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_move_moves_and_stays_within_the_margin(camera: str):
    move = move_of(Scene("", camera=camera), 4.0, 0.0, np.random.default_rng(1))
    views = [move(t) for t in np.linspace(0, 4, 25)]
    assert all(abs(v.x) <= 1 and abs(v.y) <= 1 and v.zoom >= 1 for v in views)
    assert len({(round(v.x, 4), round(v.y, 4), round(v.zoom, 4)) for v in views}) > 10


def test_static_is_static_and_running_travels():
    static = move_of(Scene("", camera="static"), 4.0, 0.0, np.random.default_rng(1))
    assert static(0.0) == static(3.0)
    runner = Scene("", setting="meadow", action="run", subjects=(Subject("cat", "cat"),))
    assert travel_speed(runner) > 0
    right = move_of(runner, 4.0, 0.0, np.random.default_rng(1))
    left = move_of(runner, 4.0, 0.0, np.random.default_rng(1), right=False)
    assert right(2.0).travelled > 0 > left(2.0).travelled
    assert travel_speed(Scene("", setting="interior", action="run", subjects=runner.subjects)) == 0
