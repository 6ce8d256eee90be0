"""A service that keeps every rule, and passes of it."""

from __future__ import annotations

import io
from collections.abc import Callable

import httpx
import pytest
from PIL import Image

from walletpass import KeySigner, PassMaker, PassModel
from walletpass.testing import Authority, HeldPass
from walletpass.testing.protocol import Subject
from walletpass.testing.protocol.reference import ReferenceService

PASS_TYPE = "pass.example.protocol"
SERVICE = "http://localhost"
SERIALS = ("GATE-1", "Größe 7/8 +%41?#&..;=", "GATE-3")
"""The second one has whatever a path can go wrong about."""


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (87, 87), "#145c3a").save(buffer, "PNG")
    return buffer.getvalue()


def _field(key: str, english: str, french: str) -> dict[str, object]:
    return {
        "key": key,
        "label": key.upper(),
        "value": f"{{{{ {key} }}}}",
        "change_message": {"en": f"{english} %@", "fr": f"{french} %@"},
    }


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create(key="ec")


@pytest.fixture(scope="session")
def maker(authority: Authority) -> PassMaker:
    fields = {
        "primary": [_field("gate", "Now at gate", "Maintenant porte")],
        "secondary": [_field("seat", "Your seat is", "Votre place est"), _field("price", "It costs", "Prix :")],
        "auxiliary": [{"key": "class", "label": "CLASS", "value": "{{ class }}"}],
    }
    model = PassModel.model_validate(
        {
            "model": "gate",
            "pass_type": "generic",
            "function": "entry",
            "organization": "Protocol",
            "description": "A pass to change",
            "languages": ["en", "fr"],
            "zone": "Europe/Paris",
            "variables": {
                "gate": {"type": "text", "default": "A1"},
                "seat": {"type": "text", "default": "1"},
                "class": {"type": "text", "default": "2"},
                "price": {"type": "money", "currency": "EUR", "default": "12.50 EUR"},
            },
            "images": {"icon": {"data": _picture()}},
            "fields": fields,
        }
    )
    return PassMaker(model, KeySigner(authority.issue_pass_certificate(PASS_TYPE, key="ec").credentials()))


@pytest.fixture
def reference(maker: PassMaker) -> ReferenceService:
    return ReferenceService(maker, SERVICE, PASS_TYPE)


@pytest.fixture
def subject_of(authority: Authority) -> Callable[[ReferenceService, httpx.AsyncClient], Subject]:
    """What the rules are tried on."""

    def make(service: ReferenceService, http: httpx.AsyncClient) -> Subject:
        passes = [HeldPass.read(service.issue(serial), [authority.root_pem]) for serial in SERIALS]

        async def change(serial: str) -> None:
            service.change(serial, gate=f"G{len(service.pushes)}-{service.passes[serial].change}")

        async def void(serial: str) -> None:
            service.void(serial)

        return Subject(
            http, passes, [authority.root_pem], change=change, void=void, pushes=lambda: service.pushes, patience=4
        )

    return make
