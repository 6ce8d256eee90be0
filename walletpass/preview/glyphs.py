"""Signs of our own drawing: what a boarding pass travels by. Each fits a box of 32 × 32 points."""

from __future__ import annotations

from walletpass.preview.colours import Colour
from walletpass.preview.svg import Element, element

_PLANE = (
    "M30 16c0-1.7-2.2-2.6-5-2.6h-5.6L11.6 3H8.4l3.6 10.4H6.2L3.6 9.8H1.2L2.8 16 1.2 22.2h2.4l2.6-3.6H12"
    "L8.4 29h3.2l7.8-10.4H25c2.8 0 5-.9 5-2.6z"
)
_TRAIN = (
    "M10 2h12a5 5 0 0 1 5 5v14a5 5 0 0 1-4 4.9l3 4.1h-3.6l-2.6-4h-7.6l-2.6 4H6l3-4.1A5 5 0 0 1 5 21V7a5 "
    "5 0 0 1 5-5z"
    "M9 8v6h14V8zM10 18.2a2 2 0 1 0 .01 0zM22 18.2a2 2 0 1 0 .01 0z"
)
_BUS = (
    "M8 3h16a4 4 0 0 1 4 4v17a2 2 0 0 1-2 2v2a1.5 1.5 0 0 1-3 0v-2H9v2a1.5 1.5 0 0 1-3 0v-2a2 2 0 0 "
    "1-2-2V7a4 4 0 0 1 4-4z"
    "M7 8v8h18V8zM9 19.4a1.8 1.8 0 1 0 .01 0zM23 19.4a1.8 1.8 0 1 0 .01 0z"
)
_BOAT = (
    "M15 2h2v4h5v5l6 2-3 9c-1.6 0-2.4-1-4.5-1s-3 1-4.5 1-2.4-1-4.5-1-2.9 1-4.5 1l-3-9 6-2V6h5z"
    "M12.5 8.500v1.600l3.5-1.1 3.5 1.100v-1.600z"
    "M3 25c2 0 2.7-1 4.5-1s2.7 1 4.5 1 2.5-1 4-1 2.2 1 4 1 2.7-1 4.5-1 2.5 1 4.5 1v3c-2 "
    "0-2.7-1-4.5-1s-2.7 1-4.5 1-2.5-1-4-1-2.2 1-4 1-2.7-1-4.5-1-2.5 1-4.5 1z"
)
_ARROW = "M2 14h20.500l-6.3-6.300L19 5l11 11-11 11-2.8-2.7 6.3-6.300H2z"

_BY_TRANSIT = {
    "PKTransitTypeAir": _PLANE,
    "PKTransitTypeTrain": _TRAIN,
    "PKTransitTypeBus": _BUS,
    "PKTransitTypeBoat": _BOAT,
    "FLIGHT": _PLANE,
    "RAIL": _TRAIN,
    "TRAM": _TRAIN,
    "BUS": _BUS,
    "FERRY": _BOAT,
}


def transit_glyph(kind: object, x: float, y: float, size: float, fill: Colour, *, mirrored: bool = False) -> Element:
    """The sign for Apple's `transitType` or Google's; an arrow for any other. `mirrored` makes it head left."""
    path = _BY_TRANSIT.get(str(kind), _ARROW)
    scale = size / 32
    across = f"translate({x + size:g} {y:g}) scale({-scale:g} {scale:g})" if mirrored else ""
    placed = across or f"translate({x:g} {y:g}) scale({scale:g})"
    return element("path", d=path, fill=str(fill), fill_rule="evenodd", transform=placed)
