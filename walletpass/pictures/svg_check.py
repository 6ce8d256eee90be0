"""
Whether an SVG only draws.

resvg would read files that an SVG names, and follow references without end. So every document is read first, and
refused when it declares entities, refers outside itself, has text (fonts differ between machines), or would cost too
much to draw.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MAX_BYTES = 5_000_000
MAX_DEPTH = 100
MAX_ELEMENTS = 20_000
MAX_COST = 50_000
"""Elements drawn, each reference counted as if what it names stood in its place; layers and pictures count more."""

_LAYER_COSTS = {"filter": 500, "mask": 50, "clip-path": 20, "opacity": 5}
_ELEMENT_COSTS = {"image": 500, "feImage": 500, "linearGradient": 0, "radialGradient": 0, "stop": 0}
_UNBOUNDED = {"feTurbulence", "feConvolveMatrix", "feMorphology", "marker"}
"""What these cost grows with numbers in their attributes, or with the path they stand on."""
_TEXT = {"text", "tspan", "textPath", "tref"}
_EMBEDDED = re.compile(r"\s*data:image/(png|jpe?g|webp);base64,", re.IGNORECASE)
_MAX_EMBEDDED_PIXELS = 10_000_000
_TOO_COMPLEX = "is an SVG too complex to draw: simplify it, or give a PNG"
_REFERS_OUTSIDE = "is an SVG that refers to another file: put a PNG, JPEG or WebP inside it"
_URL = re.compile(r"url\(\s*['\"]?\s*([^)'\"]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Harmless:
    """
    What was learnt of an SVG that only draws.

    Attributes:
        root: Attributes of its root.
        cost: Elements drawn, references followed; see `MAX_COST`.
    """

    root: dict[str, str]
    cost: int


def check(data: bytes) -> Harmless:
    """
    Read an SVG without drawing it.

    Raises:
        ValueError: It does more than draw; in words.
    """
    if len(data) > MAX_BYTES:
        raise ValueError(f"is an SVG of more than {MAX_BYTES // 1_000_000} MB: simplify it, or give a PNG")
    reader = _Reader()
    parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
    parser.EntityDeclHandler = reader.entity
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(text_of(data).encode("utf-8"), True)
    except expat.ExpatError as exc:
        raise ValueError(f"is not well-formed XML ({exc}): save it again from the program that made it") from exc
    return Harmless(reader.root, reader.cost())


def text_of(data: bytes) -> str:
    """The document as text; both readers get the same."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("is an SVG that is not in UTF-8: save it as UTF-8") from None


@dataclass(slots=True, eq=False)
class _Element:
    """One element, kept only to follow its references."""

    own_cost: int = 1
    parts: list[_Element] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    total: int | None = None

    def cost(self, by_id: dict[str, _Element], above: frozenset[_Element] = frozenset()) -> int:
        """Cost with all parts and references; ValueError beyond `MAX_COST`, or in a circle."""
        if self in above:
            raise ValueError("is an SVG that refers to itself without end: save it again from the program that made it")
        if self.total is None:
            if len(above) > MAX_DEPTH:
                raise ValueError(_TOO_COMPLEX)
            within = above | {self}
            named = [by_id[name] for name in self.names if name in by_id]
            self.total = self.own_cost + sum(element.cost(by_id, within) for element in (*self.parts, *named))
            if self.total > MAX_COST:
                raise ValueError(_TOO_COMPLEX)
        return self.total


class _Reader:
    """Handlers of the XML parser."""

    def __init__(self) -> None:
        self.root: dict[str, str] = {}
        self._tree = _Element(own_cost=0)
        self._open = [self._tree]
        self._open_names = [""]
        self._by_id: dict[str, _Element] = {}
        self._count = 0
        self._css: list[str] = []

    def entity(self, *_: Any) -> None:
        raise ValueError("is an SVG that declares entities: save it as plain SVG")

    def start(self, tag: str, qualified: dict[str, str]) -> None:
        name = _local(tag)
        attributes = {_local(key): value for key, value in qualified.items()}
        self._count += 1
        if self._count == 1:
            if name != "svg":
                raise ValueError("is XML but not an SVG: give a PNG, JPEG, WebP or SVG file")
            self.root = attributes
        if self._count > MAX_ELEMENTS or len(self._open) > MAX_DEPTH:
            raise ValueError(_TOO_COMPLEX)
        if name in _TEXT:
            raise ValueError("is an SVG with text, which needs a font: convert the text to outlines")
        if name in _UNBOUNDED:
            raise ValueError(f"is an SVG with a {name}, which may take for ever to draw: give a PNG")
        element = _element(name, qualified)
        if "id" in attributes:
            self._by_id.setdefault(attributes["id"], element)
        self._open[-1].parts.append(element)
        self._open.append(element)
        self._open_names.append(name)

    def end(self, _tag: str) -> None:
        self._open.pop()
        self._open_names.pop()

    def characters(self, text: str) -> None:
        if self._open_names[-1] == "style":
            self._css.append(text)

    def cost(self) -> int:
        """Follow all references. A rule of a style sheet may hold for every element: it is counted for each."""
        css = "".join(self._css)
        if "@import" in css.lower() or "\\" in css:
            raise ValueError("is an SVG whose style sheet imports or escapes: save it as plain SVG")
        rules = _Element(own_cost=_layers(css), names=_named(css))
        cost = self._tree.cost(self._by_id) + rules.cost(self._by_id) * self._count
        if cost > MAX_COST:
            raise ValueError(_TOO_COMPLEX)
        return cost


def _element(name: str, qualified: dict[str, str]) -> _Element:
    element = _Element(_ELEMENT_COSTS.get(name, 1))
    for key, value in qualified.items():
        local = _local(key)
        element.names += _named(value)
        if local == "style":
            element.own_cost += _layers(value)
        element.own_cost += _LAYER_COSTS.get(local, 0)
        if local == "href" and name != "a":
            if value.startswith("#"):
                element.names.append(value[1:])
            else:
                _check_embedded(value)
    return element


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _layers(css: str) -> int:
    return sum(cost for layer, cost in _LAYER_COSTS.items() if layer in css)


def _named(value: str) -> list[str]:
    """Ids that an attribute or a style refers to."""
    targets = [target.strip() for target in _URL.findall(value)]
    if any(not target.startswith("#") for target in targets):
        raise ValueError(_REFERS_OUTSIDE)
    return [target[1:] for target in targets]


def _check_embedded(reference: str) -> None:
    """A picture inside the SVG must be one that decodes in little memory."""
    from walletpass.pictures import raster

    match = _EMBEDDED.match(reference)
    if match is None:
        raise ValueError(_REFERS_OUTSIDE)
    kind = {"jpg": "JPEG"}.get(match[1].lower(), match[1].upper())
    try:
        raster.measure(base64.b64decode(reference[match.end() :]), kind, max_pixels=_MAX_EMBEDDED_PIXELS)
    except ValueError as exc:
        raise ValueError(f"is an SVG with a picture inside that {exc}") from None
