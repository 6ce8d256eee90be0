"""A Model drawn before any pass of it exists: compiled with values, as it would be signed or sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from walletpass.model import PassModel
from walletpass.model.fields import Wallet
from walletpass.preview.apple import draw_apple
from walletpass.preview.drawing import Drawing
from walletpass.preview.google import draw_google
from walletpass.preview.google_view import FetchPicture

_ISSUER = "3388000000000000001"
_PASS_TYPE, _TEAM = "pass.example.preview", "PREVIEWING"


def draw_model(
    model: PassModel, wallet: Wallet, serial: str, values: Mapping[str, object], *, language: str | None = None
) -> Drawing:
    """
    The front of a pass of this Model.

    Args:
        model: With the bytes of its pictures.
        wallet: One of the Model's.
        serial: Of the pass that is imagined.
        values: Its values.
        language: Of the Model; its default when absent.

    Raises:
        ValuesError, PictureError, MappingRejected: It cannot be compiled.
    """
    chosen = language or model.default_language
    if wallet == "apple":
        return draw_apple(*apple_content(model, serial, values), language=chosen)
    class_, object_, images = google_content(model, serial, values)
    return draw_google(class_, object_, language=chosen, images=images)


def apple_content(
    model: PassModel, serial: str, values: Mapping[str, object]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What would be signed: pass.json as an object, and all files."""
    from walletpass.apple.compile import AppleCompiler

    compiler = AppleCompiler(model)
    own = compiler.own_files(serial, values, pass_type_identifier=_PASS_TYPE, team_identifier=_TEAM)
    return json.loads(own["pass.json"]), {**compiler.shared_files, **own}


def google_content(
    model: PassModel, serial: str, values: Mapping[str, object]
) -> tuple[Mapping[str, Any], Mapping[str, Any], FetchPicture]:
    """What would be sent: class, object, and the pictures by the addresses that they name."""
    from walletpass.google import GoogleCompiler

    pictures: dict[str, bytes] = {}

    def published(name: str, data: bytes) -> str:
        url = f"https://images.example.com/{len(pictures)}-{name}.png"
        pictures[url] = data
        return url

    made = GoogleCompiler(model, issuer_id=_ISSUER, image_url=published).compile(serial, values)
    return made.class_, made.object_, pictures.get
