"""Where a picture goes in its box."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from walletpass.pictures.placement import Target, place

SIDES = st.integers(1, 6000)
BOXES = st.integers(10, 1500)
SHARES = st.floats(0, 1)


@given(SIDES, SIDES, BOXES, BOXES, st.booleans())
def test_contain_shows_all_of_the_picture_inside_the_box(width, height, box_width, box_height, pad):
    placed = place(width, height, Target(width=box_width, height=box_height, fit="contain", pad=pad))
    assert placed.region == (0, 0, 1, 1)
    assert placed.cropped == 0
    assert placed.size[0] <= box_width
    assert placed.size[1] <= box_height
    assert placed.canvas == ((box_width, box_height) if pad else placed.size)


@given(SIDES, SIDES, BOXES, BOXES, SHARES, SHARES)
def test_cover_fills_the_box_from_inside_the_picture(width, height, box_width, box_height, x, y):
    placed = place(width, height, Target(width=box_width, height=box_height, fit="cover"), focus=(x, y))
    left, top, right, bottom = placed.region
    assert placed.size == placed.canvas == (box_width, box_height)
    assert -1e-9 <= left < right <= 1 + 1e-9
    assert -1e-9 <= top < bottom <= 1 + 1e-9
    assert (right - left) * width / ((bottom - top) * height) == pytest.approx(box_width / box_height)
    assert 0 <= placed.cropped < 1


@given(st.floats(0.02, 50))
def test_a_thumbnail_keeps_its_shape_between_2_3_and_3_2(aspect):
    placed = place(1000 * aspect, 1000, Target(width=90, height=90, fit="cover", aspect=(2 / 3, 3 / 2)))
    assert max(placed.canvas) == 90
    assert placed.canvas[0] / placed.canvas[1] == pytest.approx(min(max(aspect, 2 / 3), 3 / 2), abs=0.02)
    if 2 / 3 <= aspect <= 3 / 2:
        assert placed.cropped < 0.02  # whole pixels only


def test_the_focus_is_kept_in_the_middle_as_far_as_the_edges_allow():
    target = Target(width=100, height=100, fit="cover")
    regions = [place(400, 100, target, focus=(x, 0.5)).region for x in (0.0, 0.5, 0.6, 1.0)]
    assert [(left, right) for left, _, right, _ in regions] == [
        (0, 0.25),
        (0.375, 0.625),
        (pytest.approx(0.475), pytest.approx(0.725)),
        (0.75, 1),
    ]


def test_a_margin_is_kept_on_each_side():
    placed = place(500, 500, Target(width=660, height=660, fit="contain", pad=True, margin=0.15))
    assert placed.size == (462, 462)
    assert placed.at == (99, 99)


def test_a_logo_narrower_than_allowed_is_padded():
    placed = place(10, 100, Target(width=160, height=50, fit="contain", min_width=50))
    assert (placed.size, placed.canvas, placed.at) == ((5, 50), (50, 50), (22, 0))


def test_a_clear_border_is_left_away():
    target = Target(width=160, height=50, fit="contain", trim=True)
    placed = place(200, 200, target, drawn=(0.25, 0.25, 0.75, 0.5))
    assert placed.size == (100, 50)
    assert placed.enlarged == 1.0
