"""The container image is not built here; what it is built from is there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parents[2]


def test_what_the_image_is_made_of_is_there_and_let_in() -> None:
    recipe = (HERE / "Dockerfile").read_text("utf-8")
    copied = {path for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE) for path in line.split()}
    let_in = {line[1:] for line in (HERE / ".dockerignore").read_text("utf-8").split() if line.startswith("!")}
    assert copied == let_in
    assert [path for path in copied if not (HERE / path).exists()] == []
