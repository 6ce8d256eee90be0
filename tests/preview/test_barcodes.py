import numpy
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.errors import BarcodeError
from walletpass.preview.barcodes import FORMATS, Symbol, encode

MATRIX = ("PKBarcodeFormatQR", "PKBarcodeFormatAztec", "PKBarcodeFormatPDF417", "DATA_MATRIX")
EVERY = [
    ("PKBarcodeFormatQR", "https://lumen.example/c/184", None),
    ("PKBarcodeFormatAztec", "M1ANDERSSON/YUKI      EABC123 LYSKEFZN 0417 080Y014C0027 100", None),
    ("PKBarcodeFormatPDF417", "TILIA|4402 8817 0031|gold", None),
    ("PKBarcodeFormatCode128", "BP-00481-7734", None),
    ("PKBarcodeFormatCode39", "AB-12 $/+%.", None),
    ("PKBarcodeFormatCodabar", "A123-45B", "A123-45B"),
    ("PKBarcodeFormatCodabar", "12345", "A12345A"),
    ("PKBarcodeFormatEAN13", "9783161484100", None),
    ("PKBarcodeFormatEAN13", "978316148410", "9783161484100"),
    ("PKBarcodeFormatI2of5", "12345678", None),
    ("QR_CODE", "0123456789", None),
    ("AZTEC", "ticket 7", None),
    ("DATA_MATRIX", "ticket 7", None),
    ("PDF_417", "ticket 7", None),
    ("CODE_128", "ticket 7", None),
    ("CODE_39", "TICKET 7", None),
    ("CODABAR", "B40156B", "B40156B"),
    ("EAN_13", "4006381333931", None),
    ("EAN_8", "96385074", None),
    ("UPC_A", "036000291452", "0036000291452"),
    ("ITF_14", "15400141288763", None),
]


def scan(symbol: Symbol) -> bytes | None:
    """What another library reads from the bare symbol."""
    rows = symbol.rows if symbol.aspect else symbol.rows * 60
    dark = numpy.array(rows, dtype=bool).repeat(int(symbol.aspect or 1) * 3, 0).repeat(3, 1)
    image = numpy.where(numpy.pad(dark, symbol.quiet * 3), 0, 255).astype(numpy.uint8)
    found = zxingcpp.read_barcodes(image)
    return found[0].bytes if found else None


def test_the_list_below_holds_every_format() -> None:
    assert {kind for kind, _, _ in EVERY} == set(FORMATS)


@pytest.mark.parametrize(("kind", "message", "read"), EVERY)
def test_another_library_reads_every_format(kind: str, message: str, read: str | None) -> None:
    assert scan(encode(kind, message)) == (read or message).encode()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MATRIX), st.text(st.characters(max_codepoint=255), min_size=1, max_size=120))
def test_any_latin_1_message_is_read_back_byte_for_byte(kind: str, message: str) -> None:
    assert scan(encode(kind, message, "iso-8859-1")) == message.encode("latin-1")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(max_codepoint=127), min_size=1, max_size=30))
def test_any_ascii_message_is_read_back_from_code_128(message: str) -> None:
    assert scan(encode("CODE_128", message)) == message.encode()


@settings(max_examples=20, deadline=None)
@given(st.from_regex(r"[0-9]{12}", fullmatch=True))
def test_a_missing_check_digit_is_added(digits: str) -> None:
    read = scan(encode("EAN_13", digits))
    assert read is not None
    assert read[:12] == digits.encode()


@pytest.mark.parametrize("kind", MATRIX)
def test_the_message_encoding_decides_the_bytes(kind: str) -> None:
    assert scan(encode(kind, "café", "utf-8")) == "café".encode()
    assert scan(encode(kind, "café", "iso-8859-1")) == "café".encode("latin-1")


@pytest.mark.parametrize("kind", MATRIX)
def test_a_long_message_still_fits(kind: str) -> None:
    message = "0123456789abcdef" * 40
    assert scan(encode(kind, message)) == message.encode()


@pytest.mark.parametrize(
    ("kind", "message", "encoding", "says"),
    [
        ("PKBarcodeFormatMaxi", "1", "utf-8", "unknown format 'PKBarcodeFormatMaxi'"),
        ("QR_CODE", "", "utf-8", "no message"),
        ("QR_CODE", "1", "klingon", "unknown encoding 'klingon'"),
        ("QR_CODE", "1", "utf\0", "unknown encoding"),
        ("QR_CODE", "1", "rot13", "unknown encoding"),
        ("QR_CODE", "中", "iso-8859-1", "'中' does not exist in iso-8859-1"),
        ("QR_CODE", "x" * 3500, "utf-8", "3500 bytes are too long for QR"),
        ("QR_CODE", "x" * 100_000, "utf-8", "100000 characters are too long for QR"),
        ("AZTEC", "é" * 1500, "utf-8", "too long for Aztec"),
        ("PDF_417", "é" * 2000, "utf-8", "too long for PDF417"),
        ("DATA_MATRIX", "é" * 3000, "utf-8", "too long for Data Matrix"),
        ("CODE_128", "é", "utf-8", "Code 128 carries ASCII only"),
        ("CODE_39", "abc", "utf-8", "Code 39 cannot carry 'a'"),
        ("CODABAR", "A12x4A", "utf-8", "Codabar cannot carry 'x'"),
        ("EAN_13", "9783161484101", "utf-8", "wrong check digit; it should be 0"),
        ("EAN_13", "97831", "utf-8", "13 digits, or 12"),
        ("EAN_8", "9638507x", "utf-8", "EAN-8 cannot carry 'x'"),
        ("PKBarcodeFormatI2of5", "123", "utf-8", "even number of digits"),
        ("EAN_13", "٩٧٨٣١٦١٤٨٤١٠", "utf-8", "cannot carry"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_in_words(kind: str, message: str, encoding: str, says: str) -> None:
    with pytest.raises(BarcodeError, match=says):
        encode(kind, message, encoding)
