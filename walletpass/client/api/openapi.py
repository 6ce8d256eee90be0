"""
Routes of the API: openapi.

Made by tools/make_client.py from the OpenAPI document: change that, never this.
"""

from __future__ import annotations

from walletpass.client.call import Call, call, text


def openapi() -> Call[bytes]:
    """Read this document. No key is needed."""
    return call("GET", "/v1/openapi.json", bytes)


def explain_problem(problem: str) -> Call[str]:
    """
    Explain a type of problem, in French or English.

    Args:
        problem: The last part of its type.
    """
    return call("GET", "/v1/problems/{problem}", text, at={"problem": problem})
