"""The push server in node, and what it says it got."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walletpass.errors import UsageError
from walletpass.testing.localhost import LocalhostCertificate

PROGRAM = Path(__file__).parent / "peer_programs" / "apns.cjs"


@dataclass(frozen=True, slots=True)
class NodeApns:
    """A running one."""

    process: subprocess.Popen[str]
    port: int
    ca: Path

    def ask(self, line: str) -> dict[str, Any]:
        """A fault to have from now on, `report`, or `forget`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def context(self) -> ssl.SSLContext:
        """TLS for a client."""
        context = ssl.create_default_context(cafile=self.ca)
        context.set_alpn_protocols(["h2"])
        return context


@contextmanager
def node_apns() -> Iterator[NodeApns]:
    """Start it; it ends with the block."""
    node = shutil.which("node")
    if node is None:
        raise UsageError(
            "there is no node on the path: a push server in Python costs as much as the client, install node"
        )
    own = LocalhostCertificate.create()
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"{name}.pem") for name in ("certificate", "key", "ca")}
        for name, content in (("certificate", own.chain_pem), ("key", own.key_pem), ("ca", own.root_pem)):
            files[name].write_bytes(content)
        command = [node, str(PROGRAM), str(files["certificate"]), str(files["key"])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield NodeApns(process, json.loads(process.stdout.readline())["port"], files["ca"])
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)
            assert process.stdout is not None
            process.stdout.close()
