"""SVG elements as values. This is the only place that writes markup, so that text can never become markup."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from html import escape

ALLOWED = frozenset(
    {"svg", "g", "rect", "circle", "path", "text", "image", "defs", "clipPath", "linearGradient", "stop"}
)
NAMESPACE = "http://www.w3.org/2000/svg"

Attribute = str | float | None


@dataclass(frozen=True, slots=True)
class Element:
    """One SVG element: allowed name, attributes, and children, of which text is escaped when written."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[Element | str, ...]

    def __str__(self) -> str:
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes)
        if not self.children:
            return f"<{self.name}{attributes}/>"
        inner = "".join(escape(child, quote=False) if isinstance(child, str) else str(child) for child in self.children)
        return f"<{self.name}{attributes}>{inner}</{self.name}>"


def element(name: str, *children: Element | str, **attributes: Attribute) -> Element:
    """An element; `font_size=12.0` becomes `font-size="12"`, an attribute of None is left out."""
    if name not in ALLOWED:
        raise ValueError(f"{name} is not an element that previews use")
    written = tuple(
        (key.rstrip("_").replace("_", "-"), value if isinstance(value, str) else number(value))
        for key, value in attributes.items()
        if value is not None
    )
    return Element(name, written, children)


def number(value: float) -> str:
    """At most two decimals: the same drawing gives the same text on every machine."""
    rounded = round(value, 2) + 0.0  # + 0.0 turns -0.0 into 0.0
    return f"{rounded:.2f}".rstrip("0").rstrip(".")


def clipped(outline: str, *children: Element) -> Element:
    """The children, seen only inside a path."""
    name = _name(outline)
    shape = element("clipPath", element("path", d=outline), id=name)
    return element("g", element("defs", shape), element("g", *children, clip_path=f"url(#{name})"))


def fade(x: float, y: float, width: float, height: float, top: tuple[str, float], bottom: tuple[str, float]) -> Element:
    """A rectangle whose colour runs from top to bottom; each end is (colour, opacity)."""
    stops = [
        element("stop", offset=offset, stop_color=colour, stop_opacity=opacity)
        for offset, (colour, opacity) in (("0", top), ("1", bottom))
    ]
    name = _name(f"{top}{bottom}")
    gradient = element("linearGradient", *stops, id=name, x1="0", y1="0", x2="0", y2="1")
    box = element("rect", x=x, y=y, width=width, height=height, fill=f"url(#{name})")
    return element("g", element("defs", gradient), box)


def _name(content: str) -> str:
    """Named by content: two drawings on one sheet share a definition or differ in its name."""
    return "d" + sha256(content.encode()).hexdigest()[:12]
