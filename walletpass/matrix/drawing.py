"""
A Matrix as a picture: Models in columns by their distance from the start, Triggers as arrows with their cause.

Plain SVG with escaped text, readable in any browser, light and dark.
"""

from __future__ import annotations

from html import escape

from walletpass.matrix.draft import MatrixDraft
from walletpass.trigger import Trigger

BOX = (190, 58)
GAP = (290, 130)
MARGIN = (30, 90)
LABEL = 13

_STYLE = """
  .model { fill: #ffffff; stroke: #1f3a5f; stroke-width: 1.5 } .start { stroke-width: 3.5 }
  .arrow { fill: none; stroke: #5b6b7d; stroke-width: 1.4; marker-end: url(#tip) }
  text { font: 13px system-ui, sans-serif; fill: #14202e } .name { font-weight: 600 } .small { font-size: 11px }
  .halo { stroke: #f7f8fa; stroke-width: 4; paint-order: stroke }
"""


def draw(matrix: MatrixDraft) -> str:
    """The Matrix as an SVG document."""
    places = _places(matrix)
    shapes = [*_arrows(matrix, places), *(_box(matrix, name, place) for name, place in places.items())]
    width = max(x for x, _ in places.values()) + BOX[0] + 240  # room for texts beside the last column
    loops = max((sum(t.from_model == t.to_model == name for t in matrix.triggers) for name in places), default=0)
    height = max(y for _, y in places.values()) + BOX[1] + MARGIN[1] + loops * LABEL
    title = escape(f"{matrix.matrix}, version {matrix.version}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'role="img" aria-label="{title}">',
            f"<title>{title}</title><style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="#5b6b7d"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="#f7f8fa"/>',
            f'<text x="{MARGIN[0]}" y="28" class="name">{title}</text>',
            *shapes,
            "</svg>\n",
        ]
    )


def _places(matrix: MatrixDraft) -> dict[str, tuple[int, int]]:
    """The upper left corner of each Model: breadth first from the start, unreachable ones last."""
    column = {matrix.start: 0}
    queue = [matrix.start]
    for name in queue:
        for trigger in matrix.triggers:
            if trigger.from_model == name and trigger.to_model in matrix.models and trigger.to_model not in column:
                column[trigger.to_model] = column[name] + 1
                queue.append(trigger.to_model)
    last = max(column.values()) + 1
    rows: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    for name in [*queue, *(name for name in matrix.models if name not in column)]:
        at = column.get(name, last)
        row = rows[at] = rows.get(at, -1) + 1
        places[name] = (MARGIN[0] + at * (BOX[0] + GAP[0]), MARGIN[1] + row * (BOX[1] + GAP[1]))
    return places


def _box(matrix: MatrixDraft, name: str, place: tuple[int, int]) -> str:
    x, y = place
    middle = x + BOX[0] / 2
    start = " start" if name == matrix.start else ""
    return (
        f'<rect class="model{start}" x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="10"/>'
        f'<text class="name" x="{middle}" y="{y + 25}" text-anchor="middle">{escape(_cut(name, 24))}</text>'
        f'<text class="small" x="{middle}" y="{y + 43}" text-anchor="middle">'
        f"{escape(_cut(matrix.models[name].function, 32))}</text>"
    )


def _arrows(matrix: MatrixDraft, places: dict[str, tuple[int, int]]) -> list[str]:
    """One arrow for each pair of Models, with a line of text for each Trigger along it."""
    pairs: dict[tuple[str, str], list[Trigger]] = {}
    for trigger in matrix.triggers:
        if trigger.from_model in places and trigger.to_model in places:
            pairs.setdefault((trigger.from_model, trigger.to_model), []).append(trigger)
    return [_arrow(places[one], places[other], triggers) for (one, other), triggers in pairs.items()]


def _arrow(start: tuple[int, int], end: tuple[int, int], triggers: list[Trigger]) -> str:
    width, height = BOX
    if start == end:
        left, bottom = start[0] + 50, start[1] + height
        path = f"M{left} {bottom} c-10 34 80 34 70 0"
        return f'<path class="arrow" d="{path}"/>' + _labels(triggers, start[0] + 4, bottom + 40, anchor="start")
    if end[0] > start[0]:
        x1, y1, x2, y2 = start[0] + width, start[1] + height / 2 - 8, end[0], end[1] + height / 2 - 8
        if end[0] - start[0] > width + GAP[0]:  # over the column between
            top = min(start[1], end[1]) - 50
            path = f"M{x1 - 40} {start[1]} C{x1} {top} {x2} {top} {x2 + 40} {end[1]}"
            return f'<path class="arrow" d="{path}"/>' + _labels(triggers, (x1 + x2) / 2, top + 2)
        path = f"M{x1} {y1} C{x1 + 90} {y1} {x2 - 90} {y2} {x2} {y2}"
        return f'<path class="arrow" d="{path}"/>' + _labels(
            triggers, (x1 + x2) / 2, (y1 + y2) / 2 - 8 if y1 == y2 else y2 - 10, up=True
        )
    if end[0] < start[0]:
        x1, y1, x2, y2 = start[0], start[1] + height / 2 + 12, end[0] + width, end[1] + height / 2 + 12
        path = f"M{x1} {y1} C{x1 - 60} {y1 + 22} {x2 + 60} {y2 + 22} {x2} {y2}"
        return f'<path class="arrow" d="{path}"/>' + _labels(triggers, (x1 + x2) / 2, (y1 + y2) / 2 + 34)
    down = end[1] > start[1]
    x = start[0] + width * (0.7 if down else 0.85)
    y1, y2 = (start[1] + height, end[1]) if down else (start[1], end[1] + height)
    path = f"M{x} {y1} C{x + 30} {(y1 + y2) / 2} {x + 30} {(y1 + y2) / 2} {x} {y2}"
    return f'<path class="arrow" d="{path}"/>' + _labels(
        triggers, start[0] + width, (y1 + y2) / 2 + (-LABEL if down else LABEL), anchor="start", up=down
    )


def _labels(triggers: list[Trigger], x: float, y: float, *, up: bool = False, anchor: str = "middle") -> str:
    first = y - (len(triggers) - 1) * LABEL if up else y
    return "".join(
        f'<text class="small halo" x="{x:g}" y="{first + row * LABEL:g}" text-anchor="{anchor}">'
        f"{escape(_cut(_says(trigger), 46))}</text>"
        for row, trigger in enumerate(triggers)
    )


def _says(trigger: Trigger) -> str:
    if trigger.after:
        return f"{trigger.name}: {trigger.after.event} + {trigger.after.delay}"
    condition = f" if {trigger.when}" if trigger.when else ""
    return f"{trigger.name}: {trigger.at or trigger.on}{condition}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
