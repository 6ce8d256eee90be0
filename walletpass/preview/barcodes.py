"""Barcodes as rows of modules: one symbol for each format that either wallet knows."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from walletpass.errors import BarcodeError


class Symbology(StrEnum):
    """A kind of barcode, whatever a wallet calls it."""

    QR = "QR"
    AZTEC = "Aztec"
    DATA_MATRIX = "Data Matrix"
    PDF417 = "PDF417"
    CODE_128 = "Code 128"
    CODE_39 = "Code 39"
    CODABAR = "Codabar"
    EAN_13 = "EAN-13"
    EAN_8 = "EAN-8"
    UPC_A = "UPC-A"
    ITF = "Interleaved 2 of 5"
    ITF_14 = "ITF-14"


FORMATS: dict[str, Symbology] = {
    # Apple, `barcodes[].format`
    "PKBarcodeFormatQR": Symbology.QR,
    "PKBarcodeFormatAztec": Symbology.AZTEC,
    "PKBarcodeFormatPDF417": Symbology.PDF417,
    "PKBarcodeFormatCode128": Symbology.CODE_128,
    "PKBarcodeFormatCode39": Symbology.CODE_39,
    "PKBarcodeFormatCodabar": Symbology.CODABAR,
    "PKBarcodeFormatEAN13": Symbology.EAN_13,
    "PKBarcodeFormatI2of5": Symbology.ITF,
    # Google, `barcode.type`
    "QR_CODE": Symbology.QR,
    "AZTEC": Symbology.AZTEC,
    "DATA_MATRIX": Symbology.DATA_MATRIX,
    "PDF_417": Symbology.PDF417,
    "CODE_128": Symbology.CODE_128,
    "CODE_39": Symbology.CODE_39,
    "CODABAR": Symbology.CODABAR,
    "EAN_13": Symbology.EAN_13,
    "EAN_8": Symbology.EAN_8,
    "UPC_A": Symbology.UPC_A,
    "ITF_14": Symbology.ITF_14,
}

Row = tuple[bool, ...]

_LONGEST = 4000  # characters: beyond what any format holds except QR of digits only, which no phone shows


@dataclass(frozen=True, slots=True)
class Symbol:
    """
    A barcode without its quiet zone.

    Attributes:
        symbology: What kind it is.
        rows: Dark modules, top row first; a linear code has one row.
        quiet: White modules wanted on each side.
        aspect: Height of a module ÷ its width; a linear code has 0: as high as there is room.
    """

    symbology: Symbology
    rows: tuple[Row, ...]
    quiet: int
    aspect: float

    @property
    def columns(self) -> int:
        """Modules across."""
        return len(self.rows[0])

    @property
    def square(self) -> bool:
        """QR, Aztec, Data Matrix: the wallets give these a square box."""
        return self.symbology in {Symbology.QR, Symbology.AZTEC, Symbology.DATA_MATRIX}


def encode(format: str, message: str, encoding: str = "iso-8859-1") -> Symbol:  # noqa: A002 - the word both wallets use
    """
    The barcode that a wallet would show.

    Args:
        format: The wallet's name of it, Apple's ("PKBarcodeFormatQR") or Google's ("QR_CODE").
        message: The payload.
        encoding: Charset that turns the message into bytes (Apple's `messageEncoding`).

    Raises:
        BarcodeError: The format is unknown, or cannot carry this message.
    """
    symbology = FORMATS.get(format)
    if symbology is None:
        raise BarcodeError(f"barcode: unknown format {format!r}; use one of {', '.join(FORMATS)}")
    if not message:
        raise BarcodeError(f"barcode: {symbology} has no message; give it one")
    if len(message) > _LONGEST:
        raise BarcodeError(f"barcode: {len(message)} characters are too long for {symbology}; shorten the message")
    return _DRAWN[symbology](message, _bytes(message, encoding))


def _bytes(message: str, encoding: str) -> bytes:
    try:
        return message.encode(codecs.lookup(encoding).name)
    except (LookupError, ValueError) as problem:  # ValueError: a NUL in the name
        if isinstance(problem, UnicodeEncodeError):
            letter = message[problem.start]
            raise BarcodeError(
                f"barcode: {letter!r} does not exist in {encoding}; set the encoding to utf-8"
            ) from problem
        raise BarcodeError(f"barcode: unknown encoding {encoding!r}; use iso-8859-1 or utf-8") from problem


def _qr(_message: str, data: bytes) -> Symbol:
    from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
    from qrcode.exceptions import DataOverflowError
    from qrcode.main import QRCode

    for level in (ERROR_CORRECT_M, ERROR_CORRECT_L):
        code = QRCode(error_correction=level, border=0)
        code.add_data(data, optimize=0)
        try:
            code.make(fit=True)
        except (DataOverflowError, ValueError):  # ValueError: the library passes version 40
            continue
        return Symbol(Symbology.QR, _rows(code.get_matrix()), quiet=4, aspect=1)
    raise _too_long(Symbology.QR, data)


def _aztec(_message: str, data: bytes) -> Symbol:
    from aztec_code_generator import AztecCode

    try:
        code = AztecCode(data)
    except Exception as problem:  # the library raises bare Exception
        raise _too_long(Symbology.AZTEC, data) from problem
    return Symbol(Symbology.AZTEC, _rows(code.matrix), quiet=2, aspect=1)


def _data_matrix(_message: str, data: bytes) -> Symbol:
    from pystrich.datamatrix import DataMatrixData, DataMatrixEncoder
    from pystrich.exceptions import PyStrichError

    try:
        code = DataMatrixEncoder(DataMatrixData(data.decode("latin-1"), encoding="iso-8859-1"), quiet_zone=0)
    except PyStrichError as problem:
        raise _too_long(Symbology.DATA_MATRIX, data) from problem
    return Symbol(Symbology.DATA_MATRIX, _rows(code.init_renderer().matrix), quiet=2, aspect=1)


_WIDEST_PDF417 = 14  # columns; at this width a module is still one device pixel on the card
_PDF417_ROWS = range(3, 91)


def _pdf417(_message: str, data: bytes) -> Symbol:
    from pdf417gen import encode as encode_pdf417

    best: list[list[int]] = []
    for columns in range(3, _WIDEST_PDF417 + 1):
        try:
            rows = encode_pdf417(data, columns=columns, security_level=2)
        except ValueError:  # more rows than PDF417 has
            continue
        if len(rows) in _PDF417_ROWS:
            best = rows
            if (17 * columns + 69) >= 3 * 2.5 * len(rows):  # wide enough for the flat box of the cards
                break
    if not best:
        raise _too_long(Symbology.PDF417, data)
    modules = ("".join(f"{pattern:b}" for pattern in row) for row in best)
    return Symbol(Symbology.PDF417, tuple(_bars(row) for row in modules), quiet=2, aspect=3)


def _code_128(message: str, _data: bytes) -> Symbol:
    from barcode.codex import Code128

    if not message.isascii():
        raise BarcodeError("barcode: Code 128 carries ASCII only; shorten the message to it, or use QR")
    return _linear(Symbology.CODE_128, Code128(message).build(), quiet=10)


def _code_39(message: str, _data: bytes) -> Symbol:
    from barcode.codex import Code39

    _only(
        Symbology.CODE_39,
        message,
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%",
        "digits, capitals, and - . $ / + % space",
    )
    return _linear(Symbology.CODE_39, Code39(message, add_checksum=False).build(), quiet=10)


def _codabar(message: str, _data: bytes) -> Symbol:
    from barcode.codabar import CODABAR

    framed = message if message[0] in "ABCD" and message[-1] in "ABCD" and len(message) > 2 else f"A{message}A"
    _only(Symbology.CODABAR, framed[1:-1], "0123456789-$:/.+", "digits and - $ : / . + between two of A B C D")
    return _linear(Symbology.CODABAR, CODABAR(framed, narrow=1, wide=3).build(), quiet=10)


def _itf(message: str, _data: bytes) -> Symbol:
    from barcode.itf import ITF

    _only(Symbology.ITF, message, "0123456789", "digits")
    if len(message) % 2:
        raise BarcodeError("barcode: Interleaved 2 of 5 needs an even number of digits; put a 0 in front")
    return _linear(Symbology.ITF, ITF(message, narrow=1, wide=3).build(), quiet=10)


def _itf_14(message: str, data: bytes) -> Symbol:
    return _itf(_checked(Symbology.ITF_14, message, 14), data)


def _ean_13(message: str, _data: bytes) -> Symbol:
    return _ean(Symbology.EAN_13, _checked(Symbology.EAN_13, message, 13))


def _ean_8(message: str, _data: bytes) -> Symbol:
    return _ean(Symbology.EAN_8, _checked(Symbology.EAN_8, message, 8))


def _upc_a(message: str, _data: bytes) -> Symbol:
    return _ean(Symbology.UPC_A, "0" + _checked(Symbology.UPC_A, message, 12))  # UPC-A is EAN-13 that begins with 0


def _ean(symbology: Symbology, digits: str) -> Symbol:
    from barcode.ean import EAN8, EAN13

    code = EAN8(digits) if symbology is Symbology.EAN_8 else EAN13(digits)
    return _linear(symbology, code.build(), quiet=11)


def _checked(symbology: Symbology, message: str, length: int) -> str:
    """The digits with their check digit, which is added when it is the only one missing."""
    _only(symbology, message, "0123456789", "digits")
    if len(message) not in {length - 1, length}:
        wanted = f"{length} digits, or {length - 1} and the check digit is added"
        raise BarcodeError(f"barcode: {symbology} has {wanted}; this has {len(message)}")
    digits = [int(digit) for digit in message[: length - 1]]
    check = -sum(digit * (1 if place % 2 else 3) for place, digit in enumerate(reversed(digits))) % 10
    if len(message) == length and int(message[-1]) != check:
        raise BarcodeError(f"barcode: {symbology} {message} ends in a wrong check digit; it should be {check}")
    return message[: length - 1] + str(check)


def _only(symbology: Symbology, message: str, allowed: str, named: str) -> None:
    foreign = next((letter for letter in message if letter not in allowed), None)
    if foreign is not None:
        raise BarcodeError(f"barcode: {symbology} cannot carry {foreign!r}; it holds {named}")


def _linear(symbology: Symbology, built: list[str], quiet: int) -> Symbol:
    return Symbol(symbology, (_bars(built[0]),), quiet=quiet, aspect=0)


def _bars(bits: str) -> Row:
    return tuple(bit == "1" for bit in bits)


def _rows(matrix: Iterable[Iterable[object]]) -> tuple[Row, ...]:
    return tuple(tuple(bool(module) for module in row) for row in matrix)


def _too_long(symbology: Symbology, data: bytes) -> BarcodeError:
    return BarcodeError(f"barcode: {len(data)} bytes are too long for {symbology}; shorten the message")


_DRAWN: dict[Symbology, Callable[[str, bytes], Symbol]] = {
    Symbology.QR: _qr,
    Symbology.AZTEC: _aztec,
    Symbology.DATA_MATRIX: _data_matrix,
    Symbology.PDF417: _pdf417,
    Symbology.CODE_128: _code_128,
    Symbology.CODE_39: _code_39,
    Symbology.CODABAR: _codabar,
    Symbology.EAN_13: _ean_13,
    Symbology.EAN_8: _ean_8,
    Symbology.UPC_A: _upc_a,
    Symbology.ITF: _itf,
    Symbology.ITF_14: _itf_14,
}
