"""A code longer than its format holds is an error before any phone fails to draw it."""

import pytest

from walletpass.apple.verify.barcodes import check_barcode


def rules(form: str, message: str, encoding: str = "iso-8859-1") -> list[str]:
    barcode = {"format": f"PKBarcodeFormat{form}", "message": message, "messageEncoding": encoding}
    return [finding.rule for finding in check_barcode(barcode, "pass.json/barcodes/0")]


@pytest.mark.parametrize(
    ("form", "letter", "most"),
    [
        *[("QR", "1", 7089), ("QR", "A", 4296), ("QR", "x", 2953), ("QR", "é", 2953)],
        *[("PDF417", "1", 2710), ("PDF417", "A", 1850), ("PDF417", "x", 1108)],
        *[("Aztec", "1", 3832), ("Aztec", "A", 3067), ("Aztec", "x", 1914)],
    ],
)
def test_the_longest_message_fits_and_one_more_character_does_not(form: str, letter: str, most: int) -> None:
    assert rules(form, letter * most) == []
    assert rules(form, letter * (most + 1)) == ["barcode-message-too-long"]


def test_what_counts_is_bytes_in_the_encoding_of_the_message() -> None:
    assert rules("PDF417", "é" * 1108) == []
    assert rules("PDF417", "é" * 1108, "utf-8") == ["barcode-message-too-long"]
