"""What tests of the Google side share."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from walletpass.google import GoogleCompiler, GooglePass, ServiceAccount
from walletpass.model import PassModel
from walletpass.testing import sample_service_account

ISSUER = "3388000000000000001"


@pytest.fixture(scope="session")
def account() -> ServiceAccount:
    return ServiceAccount.load(json.dumps(sample_service_account()).encode())


@pytest.fixture
def make() -> Callable[..., PassModel]:
    """A Model from the few keys a test is about."""

    def make(pass_type: str = "coupon", **parts: Any) -> PassModel:
        document = {
            "model": "spring",
            "pass_type": pass_type,
            "function": "active",
            "organization": "Café Lumière",
            "description": "Breakfast for two",
            "images": {"logo": {"url": "https://img.example.com/logo.png"}},
            **parts,
        }
        return PassModel.read(document)

    return make


@pytest.fixture
def compiled(make: Callable[..., PassModel]) -> Callable[..., GooglePass]:
    """One pass of such a Model."""

    def compiled(pass_type: str = "coupon", values: dict[str, Any] | None = None, **parts: Any) -> GooglePass:
        return GoogleCompiler(make(pass_type, **parts), issuer_id=ISSUER).compile("A-1", values or {})

    return compiled
