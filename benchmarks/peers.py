"""
The same pass by other libraries: `python -m benchmarks.peers`.

They are installed for the occasion, with pip and npm as these are set up here, into a folder that is removed again;
one that does not install is left out, with the reason. The pass has 400 kB of pictures and two languages. Each
library counts its own CPU seconds, those of programs it starts included; ours and the raw signature run in between.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks.__main__ import machine
from benchmarks._child import run
from benchmarks._figure import tell
from benchmarks._rate import interleaved, per_cpu_second, table
from benchmarks._sample import model, serial, values
from walletpass import PassMaker, verify
from walletpass.apple import KeySigner
from walletpass.testing import Authority

SECONDS = 3.0
ROUNDS = 3
PROGRAMS = Path(__file__).parent / "peer_programs"


class NotHere(Exception):
    """A library cannot be measured on this machine; says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """
    A library and the program that makes passes with it.

    Attributes:
        package: Its name in PyPI or npm.
        program: File in `peer_programs`; None where there is none to run.
        module: What a Python one is imported as.
    """

    package: str
    program: str | None
    module: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether it is of PyPI."""
        return self.module is not None


PEERS = (
    Peer("wallet-py3k", "python_fork.py", "wallet"),
    Peer("py-pkpass", "python_fork.py", "py_pkpass"),
    Peer("passes-rs-py", None, "passes_rs_py"),
    Peer("@walletpass/pass-js", "pass_js.cjs"),
    Peer("passkit-generator", "passkit_generator.cjs"),
)


def install(peer: Peer, folder: Path) -> tuple[str, list[str]]:
    """
    Install a library.

    Returns:
        Its version, and the start of the command that runs its program.

    Raises:
        NotHere: It does not install.
    """
    if peer.is_python:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        _tried([str(folder / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", peer.package])
        code = f"import importlib.metadata as m; print(m.version({peer.package!r}))"
        version = subprocess.check_output([folder / "bin/python", "-c", code], text=True).strip()
        command = [str(folder / "bin/python"), str(PROGRAMS / (peer.program or "")), str(peer.module)]
    else:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not (node and npm):
            raise NotHere("no Node here")
        _tried([npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), peer.package])
        modules = folder / "node_modules"
        version = json.loads((modules / peer.package / "package.json").read_text())["version"]
        command = [node, str(PROGRAMS / (peer.program or "")), str(modules)]
    if peer.program is None:
        raise NotHere(f"{version} installs, but no program here measures it")
    return version, command


def _tried(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        raise NotHere("does not install here: took more than three minutes") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith(("ERROR", "npm"))] or ["no reason given"]
        raise NotHere(f"does not install here: {lines[-1][:100]}")


def write_pass(folder: Path, authority: Authority, maker: PassMaker, key: bytes, certificate: bytes) -> None:
    """The pass as a folder, with what signs it beside."""
    own = maker.compiler.own_files(
        serial(1),
        values(1),
        pass_type_identifier=maker.signer.pass_type_identifier,
        team_identifier=maker.signer.team_identifier,
    )
    pairs = {f"pass/{name}": data for name, data in (maker.compiler.shared_files | own).items()}
    pairs |= {"pass.pem": certificate, "pass.key": key, "wwdr.pem": authority.intermediate_pem}
    for name, data in pairs.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def measured(command: list[str], folder: Path) -> Callable[[], float]:
    """A case: passes per CPU second that a program counts."""

    def measure() -> float:
        said = run([*command, str(folder), str(SECONDS)]).output
        result = json.loads(said.splitlines()[-1])
        return float(result["passes"] / result["cpu"])

    return measure


def main() -> int:
    """Install, measure, print."""
    authority = Authority.create()
    issued = authority.issue_pass_certificate()
    maker = PassMaker(model(), KeySigner(issued.credentials()))
    key, rows = issued.key, ((serial(number), values(number)) for number in count())
    assert isinstance(key, RSAPrivateKey)
    padding, digest = PKCS1v15(), SHA256()
    raw, ours = "raw RSA-2048 signature", "walletpass, variables in, bytes out"
    cases: dict[str, Callable[[], float]] = {
        raw: per_cpu_second(lambda: key.sign(b"x" * 32, padding, digest), SECONDS),
        ours: per_cpu_second(lambda: maker.make(*next(rows)), SECONDS),
    }
    missing: dict[str, str] = {}
    remarks = {raw: "", ours: _remark(maker.make(*next(rows)), authority)}
    with tempfile.TemporaryDirectory(prefix="walletpass-peers-") as name:
        for number, peer in enumerate(PEERS):
            folder = Path(name) / str(number)
            folder.mkdir()
            tell(f"installing {peer.package} …")
            try:
                version, command = install(peer, folder / "installed")
                write_pass(folder, authority, maker, issued.key_pem(), issued.certificate_pem)
                case = measured(command, folder)
                case()  # does it work?
                label = f"{peer.package} {version}"
                cases[label], remarks[label] = case, _remark((folder / "made.pkpass").read_bytes(), authority)
            except (NotHere, RuntimeError) as fault:
                missing[peer.package] = str(fault).strip().splitlines()[-1]
        tell(f"measuring {len(cases)} cases, {ROUNDS} rounds")
        rates = interleaved(cases, ROUNDS)
    heading = ("passes", "per CPU second", "of raw RSA", "ours to it", "walletpass verify says")
    lines = [
        (
            case,
            _short(rates.rate(case)),
            f"{rates.ratio(case, raw):.4f}",
            _short(rates.ratio(ours, case)),
            remarks[case],
        )
        for case in cases
    ]
    print(f"{machine()}\n\n{table([heading, *lines])}")
    for package, reason in missing.items():
        print(f"{package}: {reason}")
    return 0


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _remark(data: bytes, authority: Authority) -> str:
    found = sorted(set(_errors(data, authority)))
    return f"{len(data) / 1000:.0f} kB; {', '.join(found) or 'sound'}"


def _errors(data: bytes, authority: Authority) -> Iterator[str]:
    for finding in verify(data, anchors=[authority.root_pem]):
        if finding.severity.value == "error":
            yield finding.rule


if __name__ == "__main__":
    sys.exit(main())
