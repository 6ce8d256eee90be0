"""The shop of examples/connector, as its README says it is used."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

SHOP = Path(__file__).parents[2] / "examples/connector"
LINE = re.compile(r"^\$ python shop\.py ([^#\n]+?) *(?:#.*)?\n((?:[^$`].*\n)*)", re.MULTILINE)


def said(shown: dict[str, Any], arguments: str) -> str:
    program = [sys.executable, "-W", "error", "shop.py", *shlex.split(arguments)]
    environment = {**os.environ, "WALLETPASS_URL": shown["base_url"], "WALLETPASS_KEY": shown["api_key"]}
    done = subprocess.run(program, cwd=SHOP, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_shop_does_what_its_readme_shows(shown: dict[str, Any]) -> None:
    steps = LINE.findall((SHOP / "README.md").read_text("utf-8"))
    assert len(steps) == 9
    for arguments, expected in steps:
        if expected.startswith("http"):
            link = said(shown, arguments).strip()
            assert link.startswith(f"{shown['base_url']}/p/")
            assert httpx.get(f"{link}.pkpass").content[:2] == b"PK"
        else:
            assert said(shown, arguments) == expected, arguments


def test_a_shop_without_a_good_key_says_so_in_a_line(shown: dict[str, Any]) -> None:
    environment = {**os.environ, "WALLETPASS_URL": shown["base_url"], "WALLETPASS_KEY": "wp_test_wrong"}
    program = [sys.executable, "shop.py", "cards"]
    done = subprocess.run(program, cwd=SHOP, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "key" in done.stderr
