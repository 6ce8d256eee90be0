"""
Make the hostile pictures of this folder: `python tests/pictures/hostile/make.py`.

Each file is named by what is wrong with it, and is refused by `open_picture`; test_hostile.py says with which words.
"""

from __future__ import annotations

import base64
import io
import struct
import sys
import zlib
from pathlib import Path

from PIL import Image, ImageOps

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 90 90">{}</svg>'


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def grey_png(width: int, height: int, *extra: bytes) -> bytes:
    """A black PNG of one bit a pixel, packed without ever holding its pixels."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def photo() -> Image.Image:
    return Image.radial_gradient("L").resize((120, 80)).convert("RGB")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format=kind, **options)
    return out.getvalue()


def svg(content: str) -> bytes:
    return SVG.format(content).encode()


def use_bomb() -> bytes:
    levels = ['<g id="l0"><rect width="9" height="9"/></g>']
    levels += [f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)]
    return svg(f'<defs>{"".join(levels)}</defs><use href="#l9"/>')


def entity_bomb() -> bytes:
    entities = '<!ENTITY e0 "M0 0h9">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f"<!DOCTYPE svg [{entities}]>".encode() + svg('<path d="&e9;"/>')


def embedded(data: bytes, kind: str = "png") -> bytes:
    return svg(f'<image width="9" height="9" href="data:image/{kind};base64,{base64.b64encode(data).decode()}"/>')


def files() -> dict[str, bytes]:
    """Name to content."""
    png, jpeg, webp = (saved(photo(), kind) for kind in ("PNG", "JPEG", "WEBP"))
    frames = [photo(), ImageOps.invert(photo())]
    broken = bytearray(png)
    broken[-20] ^= 0xFF
    bomb = grey_png(8000, 8000)
    return {
        "animated.png": saved(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "animated.webp": saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "bomb-of-64-megapixels.png": bomb,
        "claims-4-gigapixels.png": png.replace(png[16:24], struct.pack(">II", 65_535, 65_535), 1),
        "clear-everywhere.png": saved(Image.new("RGBA", (9, 9)), "PNG"),
        "checksum-wrong.png": bytes(broken),
        "cut-off.jpg": jpeg[: len(jpeg) // 2],
        "cut-off.png": png[: len(png) // 2],
        "cut-off.webp": webp[: len(webp) // 2],
        "empty.png": b"",
        "film.jpg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        "gif-inside.png": saved(photo(), "GIF"),
        "header-only.jpg": jpeg[:20],
        "header-only.webp": webp[:12],
        "heic-inside.jpg": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        "pdf-inside.jpg": b"%PDF-1.7\n%%EOF\n",
        "text-bomb-of-80-megabytes.png": grey_png(
            9, 9, png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9))
        ),
        "width-zero.png": png.replace(png[16:20], bytes(4), 1),
        "words.png": b"This is not a picture.\n",
        "aspect-1000-to-1.svg": svg('<rect width="9" height="9"/>').replace(b"0 0 90 90", b"0 0 9000 9"),
        "circle-of-references.svg": svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
        "draws-nothing.svg": svg('<rect x="500" width="9" height="9"/>'),
        "embedded-bomb.svg": embedded(bomb),
        "embedded-svg.svg": embedded(svg('<rect width="9" height="9"/>'), "svg+xml"),
        "entity-bomb.svg": entity_bomb(),
        "entity-of-a-file.svg": b'<!DOCTYPE svg [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + svg("<desc>&e;</desc>"),
        "filter-without-bound.svg": svg(
            '<filter id="f"><feTurbulence numOctaves="999999" baseFrequency="9"/></filter>'
            '<rect width="90" height="90" filter="url(#f)"/>'
        ),
        "marker.svg": svg(
            '<marker id="m"><rect width="9" height="9"/></marker><path d="M0 0h9" marker-end="url(#m)"/>'
        ),
        "named-file.svg": svg('<image width="90" height="90" xlink:href="/etc/passwd"/>'),
        "named-file-in-style.svg": svg("<style>rect { fill: url(paint.svg#p) }</style><rect width='9' height='9'/>"),
        "named-url.svg": svg('<image width="90" height="90" href="https://example.com/a.png"/>'),
        "nested-1000-deep.svg": svg("<g>" * 1000 + "</g>" * 1000),
        "no-size.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
        "not-closed.svg": b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect',
        "not-utf-8.svg": svg("<desc>caf\xe9</desc>").decode().encode("latin-1"),
        "style-import.svg": svg("<style>@import 'a.css';</style><rect width='9' height='9'/>"),
        "style-filter-on-all.svg": svg(
            '<style>rect { filter: url(#f) }</style><filter id="f"><feGaussianBlur stdDeviation="9"/></filter>'
            + '<rect width="9" height="9"/>' * 500
        ),
        "text.svg": svg('<text x="9" y="9">Hello</text>'),
        "too-many-elements.svg": svg("<g/>" * 20_001),
        "use-bomb.svg": use_bomb(),
        "web-page.svg": b"<!DOCTYPE html><html><body><svg viewBox='0 0 9 9'></svg></body></html>",
    }


if __name__ == "__main__":
    folder = Path(__file__).parent
    for name, data in files().items():
        (folder / name).write_bytes(data)
    sys.stdout.write(f"{len(files())} files in {folder}\n")
