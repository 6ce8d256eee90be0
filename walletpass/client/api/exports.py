"""
Routes of the API: exports.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from walletpass.client.call import Call, call, text


def export_links(operation_id: int) -> Call[str]:
    """
    Export every token of an operation with its links, as CSV.

    Whoever has a token has the pass: treat the file as a secret.
    """
    return call("GET", "/v1/operations/{operation_id}/links.csv", text, at={"operation_id": operation_id})


def export_codes(operation_id: int, *, part: int | None = None) -> Call[bytes]:
    """
    Export the links of an operation as QR codes (SVG), in the order of the CSV, in packs of 20,000.

    The header Link names the next pack, and Walletpass-Parts how many there are.

    Args:
        part: Which pack, of 20,000 codes each.
    """
    return call(
        "GET", "/v1/operations/{operation_id}/links.zip", bytes, at={"operation_id": operation_id}, query={"part": part}
    )
