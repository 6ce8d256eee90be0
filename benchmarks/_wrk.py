"""
wrk, where it is installed: phones that cost hardly any of the machine, so that two workers get both cores.

It is a package of most systems (`apt install wrk`). Without it, the phones of `_phones` ask.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

_RATE = re.compile(r"^Requests/sec:\s+([0-9.]+)$", re.M)
_SCRIPT = """
local requests = {{ {requests} }}
local asked = 0
function request()
  asked = asked + 1
  return requests[asked] or error("there are no more requests")
end
"""


def is_installed() -> bool:
    """Whether there is a wrk."""
    return shutil.which("wrk") is not None


def rate_of(port: int, requests: Sequence[bytes], *, lines: int, seconds: int) -> float:
    """
    Answers a second, when each request is sent once at most.

    Args:
        port: Of the server, on this machine.
        requests: ASCII, and more than are answered in that time.
        lines: Connections at once.
        seconds: How long.

    Raises:
        RuntimeError: An answer was not of the 2xx, a connection broke, or there were not enough requests.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "requests.lua")
        script.write_text(
            _SCRIPT.format(requests=",".join(json.dumps(request.decode("ascii")) for request in requests))
        )
        command = ["wrk", "-t1", f"-c{lines}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _RATE.search(done.stdout)
    if done.returncode or found is None or done.stderr or re.search("Non-2xx|Socket errors", done.stdout):
        raise RuntimeError(f"wrk failed: {done.stderr or done.stdout}")
    return float(found[1])
