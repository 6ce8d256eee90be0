"""A folder as `walletpass new` makes it, and the command line as a function."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from walletpass.cli import main
from walletpass.starter import write_starter


@dataclass(frozen=True)
class Answer:
    """What one command gave."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """Standard error, which has to be one line."""
        assert self.err.endswith("\n"), self.err
        assert self.err.count("\n") == 1, self.err
        return self.err.rstrip("\n")


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def coupon(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter") / "coupon"
    write_starter(folder, "coupon")
    return folder


@pytest.fixture
def project(coupon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh copy of the coupon starter, and the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(coupon, folder)
    monkeypatch.chdir(folder)
    for variable in ("WALLETPASS_APPLE_CERTIFICATE", "WALLETPASS_APPLE_KEY"):
        monkeypatch.delenv(variable, raising=False)
    return folder


def listing(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def files() -> Callable[[Path], set[str]]:
    """Every path below a folder, to see that nothing was left behind."""
    return listing
