"""
The addresses of Apple's web service, read from the path as it came over the wire.

Serials and device identifiers may hold any character, a slash too, percent-encoded. So the path is cut before it is
decoded; a framework's router does it the other way round.
"""

from __future__ import annotations

from typing import Literal, NamedTuple
from urllib.parse import unquote_to_bytes

BASE = "/passkit"

Route = Literal["registration", "list", "pass", "personalize", "log"]

TEMPLATES: dict[Route, str] = {
    "registration": f"{BASE}/v1/devices/{{device}}/registrations/{{pass_type}}/{{serial}}",
    "list": f"{BASE}/v1/devices/{{device}}/registrations/{{pass_type}}",
    "pass": f"{BASE}/v1/passes/{{pass_type}}/{{serial}}",
    "personalize": f"{BASE}/v1/passes/{{pass_type}}/{{serial}}/personalize",
    "log": f"{BASE}/v1/log",
}
"""Route to what logs and metrics call it."""


class Target(NamedTuple):
    """
    What a request is for; names are decoded, those a route has not are empty.

    Bytes that are no UTF-8 become lone surrogates, which no name in the database has.
    """

    route: Route
    device: str = ""
    pass_type: str = ""
    serial: str = ""


def target_of(raw_path: bytes) -> Target | None:
    """The target of a path; None where there is nothing. Some phones write `//v1`."""
    segments = raw_path.partition(b"/passkit/")[2].lstrip(b"/").split(b"/")
    if segments[0] != b"v1" or not all(segments):
        return None
    match segments[1:]:
        case [b"devices", device, b"registrations", pass_type, serial]:
            return Target("registration", _decoded(device), _decoded(pass_type), _decoded(serial))
        case [b"devices", device, b"registrations", pass_type]:
            return Target("list", _decoded(device), _decoded(pass_type))
        case [b"passes", pass_type, serial]:
            return Target("pass", "", _decoded(pass_type), _decoded(serial))
        case [b"passes", pass_type, serial, b"personalize"]:
            return Target("personalize", "", _decoded(pass_type), _decoded(serial))
        case [b"log"]:
            return Target("log")
    return None


def _decoded(segment: bytes) -> str:
    return unquote_to_bytes(segment).decode("utf-8", "surrogateescape")
