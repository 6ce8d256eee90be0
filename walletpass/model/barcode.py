"""The machine-readable code of a pass."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from walletpass.model.part import Part
from walletpass.model.text import Text

BarcodeFormat = Literal[
    "qr",
    "pdf417",
    "aztec",
    "code128",
    "code39",
    "codabar",
    "ean13",
    "itf",
    "ean8",
    "upc-a",
    "data-matrix",
    "text-only",
]


class BarcodeFallback(Part):
    """Shown by a wallet or a system that does not know the formats before it."""

    format: BarcodeFormat
    """One of the formats."""
    message: Text | None = None
    """The payload; that of the main code when absent."""
    alt_text: Text | None = None
    """Text under the code; that of the main code when absent."""


class Barcode(Part):
    """One code is shown: the first of the chain that the phone can draw."""

    format: BarcodeFormat
    """The first choice."""
    message: Text
    """The payload that scanners read."""
    alt_text: Text | None = None
    """Text under the code."""
    encoding: Literal["auto", "iso-8859-1", "utf-8"] = "auto"
    """How Apple turns the message into bytes; auto takes iso-8859-1 unless the message needs more."""
    fallback: tuple[BarcodeFallback, ...] = ()
    """Tried in order."""

    @model_validator(mode="after")
    def _one_message(self) -> Barcode:
        for text in (self.message, *(fallback.message for fallback in self.fallback)):
            if text is not None and text.plain is None:
                raise ValueError("a barcode message is the same in every language: write one string")
        return self

    def chain(self) -> tuple[BarcodeFallback, ...]:
        """The whole chain, each link complete."""
        first = BarcodeFallback(format=self.format, message=self.message, alt_text=self.alt_text)
        rest = (
            BarcodeFallback(format=f.format, message=f.message or self.message, alt_text=f.alt_text or self.alt_text)
            for f in self.fallback
        )
        return (first, *rest)
