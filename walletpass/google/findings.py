"""What `check` says of a Model before it meets Google."""

from __future__ import annotations

from typing import Any

from walletpass.errors import MappingRejected, PictureError
from walletpass.findings import Finding, error, warning
from walletpass.google.sketch import sketch
from walletpass.model import PassModel
from walletpass.model.variables import Value
from walletpass.render import compiled
from walletpass.templates.google import DISCOVERY, GUIDE


def google_findings(model: PassModel) -> list[Finding]:
    """
    What Google will refuse, leave out, move or shorten; empty for a Model that is not for Google.

    Pictures are taken as published. A picture that cannot be used is found by the check of pictures, too.
    """
    if "google" not in model.wallets:
        return []
    try:
        draft = sketch(model, _published)
    except MappingRejected as fault:
        return [error("google-rejected", "google.type", str(fault), DISCOVERY)]
    except PictureError as fault:
        return [error("google-picture", "images", str(fault), GUIDE)]
    findings = list(draft.findings)
    if "serial" in _used_by(draft.tree["class"]):
        findings.append(
            warning(
                "google-class-per-pass",
                "google",
                "the class holds the serial, so every pass gets a class of its own",
                GUIDE,
                "Keep {{ serial }} to the fields, the barcode and the numbers of the pass.",
            )
        )
    return findings


class _Asked(dict[str, Value]):
    """Values that note which were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Nothing, noted."""
        self.names.add(key)
        return default


def _used_by(tree: dict[str, Any]) -> set[str]:
    """The variables a tree is filled from."""
    asked = _Asked()
    compiled(tree)(asked)
    return asked.names


def _published(name: str, data: bytes) -> str:
    return f"https://pictures.invalid/{name}-{len(data)}.png"
