"""The public names are exactly those announced, each documented, none loaded before it is used."""

import importlib
import subprocess
import sys

import pytest

import walletpass


def test_every_announced_name_is_there() -> None:
    for name in walletpass.__all__:
        assert getattr(walletpass, name) is not None


def test_names_and_their_homes_agree() -> None:
    assert sorted(walletpass.__all__) == sorted(walletpass._HOMES)
    for name, home in walletpass._HOMES.items():
        assert getattr(importlib.import_module(home), name) is getattr(walletpass, name)


@pytest.mark.parametrize("name", walletpass.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert (getattr(walletpass, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        walletpass.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "pydantic cryptography PIL babel httpx rich click jwt ruamel resvg_py"
    probe = f"import sys, walletpass; print([n for n in {heavy.split()!r} if n in sys.modules])"
    out = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
