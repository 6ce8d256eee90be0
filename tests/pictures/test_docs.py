"""docs/pictures.md is in step with the code."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from walletpass.pictures import loss

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/pictures.md").read_text("utf-8")


def test_the_tables_are_those_of_the_templates():
    tables = runpy.run_path(str(ROOT / "docs/picture_tables.py"))
    assert tables["page_in_step"](PAGE) == PAGE
    assert "1125×432 or 1125×294" in PAGE
    assert "| `logo` | 660×660 |" in PAGE


def test_every_finding_is_explained():
    rules = set(re.findall(r'"(picture-[a-z-]+)"', Path(loss.__file__).read_text("utf-8")))
    assert set(re.findall(r"^\| `(picture-[a-z-]+)` ", PAGE, flags=re.MULTILINE)) == rules
