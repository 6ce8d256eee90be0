"""The pictures of the examples are sources every wallet can use."""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.pictures.draw import PICTURES
from walletpass.pictures import open_picture
from walletpass.pictures.svg import MAX_COST_HERE
from walletpass.pictures.svg_check import check

FOLDER = Path(__file__).parents[2] / "examples/pictures"


@pytest.mark.parametrize("name", PICTURES)
def test_an_example_picture_is_as_drawn_and_small(name):
    data = (FOLDER / f"{name}.svg").read_bytes()
    assert data.decode() == PICTURES[name]()
    assert open_picture(data, name=name).scalable
    assert len(data) < 15_000
    assert check(data).cost <= MAX_COST_HERE


def test_no_picture_lies_there_that_the_script_did_not_draw():
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(PICTURES)
