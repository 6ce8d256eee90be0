"""The examples with curl in docs/api.md, run in their order by a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs/api.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_what_the_page_shows_with_curl_works(shown: dict[str, Any], tmp_path: Path) -> None:
    asking = PAGE.read_text("utf-8").partition("\n## Asking\n")[2].partition("\n## ")[0]
    lines = "".join(BLOCK.findall(asking)).splitlines()
    assert lines[0].startswith("export URL=")
    script = "\n".join(["set -eu", f"export URL={shown['base_url']} KEY={shown['api_key']}", *lines[1:]])
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**os.environ}, capture_output=True, encoding="utf-8", timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert len(re.findall(r"^ask ", script, re.MULTILINE)) == 11
    assert json.loads((tmp_path / "pass.json").read_text())["external_id"] == "K-1"
    assert '"matched":1,"moved":1' in ran.stdout
    assert '"state":"uploaded"' in ran.stdout
    assert "external_id" in ran.stdout
