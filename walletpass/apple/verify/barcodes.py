"""Barcodes: whether each message fits its format and its encoding, and whether older phones find one they can draw."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import BARCODE_FORMATS, PASS, BarcodeFormat

_LONGEST = 7_089  # digits in the largest QR code; no format holds more characters
_MOST = len(BARCODE_FORMATS) * 2  # each lookup of an unknown character set costs time and memory
_CAPITALS = re.compile(r"[0-9A-Z $%*+\-./:]*")  # what QR codes pack two in eleven bits
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,39}")
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})


def check_barcodes(document: dict[str, Any]) -> Iterator[Finding]:
    """`barcodes`, and the old `barcode`."""
    old, listed = document.get("barcode"), document.get("barcodes")
    if isinstance(old, dict):
        yield from check_barcode(old, place("pass.json", "barcode"), legacy=True)
        if not listed:
            says = "only the old key barcode is there; iOS 9 and later want barcodes"
            yield note("barcode-key-old", place("pass.json", "barcode"), says, PASS)
    if not isinstance(listed, list):
        return
    formats = []
    if len(listed) > _MOST:
        says = f"it has {len(listed)} entries, of which Wallet shows one"
        yield warning("barcodes-too-many", place("pass.json", "barcodes"), says, PASS, "Keep one and its fall-backs.")
    for at, barcode in enumerate(listed[:_MOST]):
        if isinstance(barcode, dict):
            yield from check_barcode(barcode, place("pass.json", "barcodes", at))
            formats.append(_format(barcode))
    known = [form for form in formats if form is not None]
    if known and min(form.since for form in known) > 9:
        says = f"before iOS {max(form.since for form in known):g} no barcode is shown: all formats are newer"
        hint = "Add a QR, PDF417, Aztec or Code 128 entry behind it."
        yield warning("barcode-no-fallback", place("pass.json", "barcodes"), says, PASS, hint)


def _format(barcode: dict[str, Any]) -> BarcodeFormat | None:
    name = barcode.get("format")
    return BARCODE_FORMATS.get(name) if isinstance(name, str) else None


def check_barcode(barcode: dict[str, Any], where: str, *, legacy: bool = False) -> Iterator[Finding]:
    """One entry; `legacy` when it stands in the old key, which knows fewer formats."""
    form, message, encoding = _format(barcode), barcode.get("message"), barcode.get("messageEncoding")
    if form is not None and legacy and not form.legacy:
        says = f"{form.name} is not allowed in the old key barcode"
        yield error("barcode-format-too-new", f"{where}/format", says, form.source, "Put it into barcodes.")
    if not isinstance(message, str):
        return
    if len(message) > _LONGEST:
        says = f"it has {len(message)} characters; no barcode holds more than {_LONGEST}"
        yield error("barcode-message-too-long", f"{where}/message", says, PASS, "Shorten it.")
        return
    if isinstance(encoding, str) and message:
        yield from _check_encoding(message, encoding, where)
    if form is not None:
        yield from _check_message(message, form, f"{where}/message")
        latin = isinstance(encoding, str) and encoding.lower() in ("iso-8859-1", "latin1", "us-ascii")
        yield from _check_length(message, form, "iso-8859-1" if latin else "utf-8", f"{where}/message")


def _check_encoding(message: str, encoding: str, where: str) -> Iterator[Finding]:
    try:
        if not _CHARSET.fullmatch(encoding) or codecs.lookup(encoding).name.replace("_", "-") in _NO_CHARSETS:
            raise LookupError(encoding)
        message.encode(encoding)
    except (LookupError, ValueError) as problem:
        if isinstance(problem, UnicodeEncodeError):
            says = f"{encoding} cannot write {shown(message[problem.start])}, so the code would read otherwise"
            yield error("barcode-not-encodable", f"{where}/message", says, PASS, "Use utf-8, or other characters.")
        else:
            says = f"{shown(encoding)} is not a character set"
            yield error("barcode-encoding-unknown", f"{where}/messageEncoding", says, PASS, "Use iso-8859-1.")


def _check_message(message: str, form: BarcodeFormat, where: str) -> Iterator[Finding]:
    if not message:
        return
    if form.alphabet is not None and not re.fullmatch(form.alphabet, message, re.ASCII | re.DOTALL):
        says = f"{shown(message)} is not what {form.name} can hold: {form.messages}"
        yield error("barcode-message-wrong", where, says, form.source, "Correct it, or use another format.")
    elif form.name == "PKBarcodeFormatEAN13" and len(message) == 13 and ean_check_digit(message[:12]) != message[12]:
        says = f"its check digit is {message[12]}, it should be {ean_check_digit(message[:12])}"
        yield error("barcode-check-digit-wrong", where, says, form.source, "Check the number.")


def _check_length(message: str, form: BarcodeFormat, encoding: str, where: str) -> Iterator[Finding]:
    if form.capacity is None:
        return
    digits, capitals, octets = form.capacity
    plain = message.isascii()
    size = len(message) if plain else len(message.encode(encoding, "replace"))
    most = digits if plain and message.isdecimal() else capitals if _CAPITALS.fullmatch(message) else octets
    if size > most:
        says = f"its {size} characters are more than the {most} of this sort that {form.name} holds"
        yield error("barcode-message-too-long", where, says, form.source, "Shorten it: scanners like short codes.")


def ean_check_digit(digits: str) -> str:
    """The thirteenth digit to the first twelve of an EAN-13."""
    weighted = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(digits))
    return str(-weighted % 10)
