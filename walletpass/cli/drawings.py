"""Pictures of passes for `preview` and `demo`: one for each wallet, language and side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walletpass.errors import BundleError, UsageError
from walletpass.files import load_model
from walletpass.inputs import PassInput, read_values
from walletpass.model import PassModel
from walletpass.preview import Drawing, draw_apple, draw_google
from walletpass.preview.models import apple_content, google_content
from walletpass.samples import SERIAL, sample_values

_CAPTIONS = {"apple": "Apple Wallet", "google": "Google Wallet"}


@dataclass(frozen=True, slots=True)
class Request:
    """What to draw. No languages means all that the pass has."""

    wallets: tuple[str, ...] = ("apple", "google")
    languages: tuple[str, ...] = ()
    sides: tuple[str, ...] = ("front", "back")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture, the stem of its file and the line under it on a sheet."""

    name: str
    caption: str
    drawing: Drawing


def draw_model(path: Path, data: Path | None, request: Request) -> list[Drawn]:
    """
    A Model, with the values of a document or with samples.

    Raises:
        UsageError: It has no such wallet or language; and whatever compiling raises.
    """
    model = load_model(path)
    given = read_values(data, model) if data else PassInput(None, sample_values(model))
    wallets = [wallet for wallet in request.wallets if wallet in model.wallets]
    if not wallets:
        raise UsageError(f"{path} is for {', '.join(model.wallets)} only: choose that --wallet")
    languages = _languages(request, model.languages, path)
    drawn: list[Drawn] = []
    if "apple" in wallets:
        content = apple_content(model, given.serial or SERIAL, given.values)
        drawn += _apple(*content, languages, request.sides)
    if "google" in wallets:
        drawn += _google(model, given, languages, request.sides)
    return drawn


def draw_pass(path: Path, request: Request) -> list[Drawn]:
    """
    A .pkpass as it is.

    Raises:
        BundleError: Its pass.json cannot be read.
    """
    from walletpass.apple.verify import inspect

    inspection = inspect(path)
    if not inspection.pass_json:
        raise BundleError(f"{path}: no pass.json that can be read: walletpass verify {path} says why")
    languages = _languages(request, inspection.languages, path) or ("",)
    return list(_apple(inspection.pass_json, inspection.files, languages, request.sides))


def encoded(drawing: Drawing, suffix: str) -> bytes:
    """The content of a `.png` or `.svg` file."""
    return drawing.png() if suffix == ".png" else drawing.svg.encode()


def _languages(request: Request, known: tuple[str, ...], path: Path) -> tuple[str, ...]:
    unknown = [language for language in request.languages if language not in known]
    if unknown:
        raise UsageError(f"{path} has no {', '.join(unknown)}; its languages are {', '.join(known) or 'not named'}")
    return request.languages or known


def _apple(
    document: Mapping[str, Any], files: Mapping[str, bytes], languages: tuple[str, ...], sides: tuple[str, ...]
) -> Iterator[Drawn]:
    for language in languages:
        for side in sides:
            drawing = draw_apple(document, files, language=language or None, side="back" if side == "back" else "front")
            yield _drawn("apple", language, side, drawing)


def _google(model: PassModel, given: PassInput, languages: tuple[str, ...], sides: tuple[str, ...]) -> Iterator[Drawn]:
    class_, object_, images = google_content(model, given.serial or SERIAL, given.values)
    for language in languages:
        for side in sides:
            drawing = draw_google(
                class_, object_, language=language, side="back" if side == "back" else "front", images=images
            )
            yield _drawn("google", language, side, drawing)


def _drawn(wallet: str, language: str, side: str, drawing: Drawing) -> Drawn:
    name = "-".join(part for part in (wallet, language, side) if part)
    caption = ", ".join(part for part in (_CAPTIONS[wallet], language, side) if part)
    return Drawn(name, caption, drawing)
