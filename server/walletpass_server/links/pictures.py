"""The picture of a pass on its page: drawn from the Model with made-up values, so that it may be kept by anybody."""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walletpass import __version__
from walletpass.errors import WalletPassError
from walletpass.lifecycle import Wallet
from walletpass.model import PassModel
from walletpass_server.links.showcase import Showcase

if TYPE_CHECKING:
    from PIL import Image

LARGEST = 32_000
"""Bytes of a picture; a page with all it needs stays below 50 kB."""
KEPT = 256
MEDIA_TYPE = "image/webp"

_SCALE = 2
_BLUR = 12
"""Pixels: wider than a module of any code at this size."""
_QUALITIES = (82, 70, 55, 40, 25)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """
    What a picture shows.

    Attributes:
        name: The last part of its address; changes with what it shows, tells nothing of it.
    """

    name: str
    model: PassModel = field(repr=False)
    wallet: Wallet
    language: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture, its size in points. Without content where the Model cannot be drawn."""

    content: bytes = field(repr=False)
    width: int = 0
    height: int = 0


@dataclass(slots=True)
class Pictures:
    """The pictures that a process has drawn."""

    _drawn: OrderedDict[str, asyncio.Future[Drawn]] = field(default_factory=OrderedDict)
    _one_by_one: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    def peek(self, picture: Picture) -> Drawn | None:
        """The picture if it is ready, else None, and it is being drawn from now on: a page does not wait for it."""
        drawn = self._start(picture)
        return drawn.result() if drawn.done() else None

    async def draw(self, picture: Picture) -> Drawn:
        """The picture, drawn once; in a thread, since it takes half a second."""
        return await asyncio.shield(self._start(picture))

    def _start(self, picture: Picture) -> asyncio.Future[Drawn]:
        waiting = self._drawn.get(picture.name)
        if waiting is None:
            waiting = asyncio.ensure_future(self._draw(picture))
            self._drawn[picture.name] = waiting
            if len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
        else:
            self._drawn.move_to_end(picture.name)
        return waiting

    async def _draw(self, picture: Picture) -> Drawn:
        async with self._one_by_one:
            return await asyncio.to_thread(_draw, picture)


def picture_of(showcase: Showcase, key: str, wallet: Wallet, language: str) -> Picture:
    """The picture of a Model of an operation's Matrix."""
    model = showcase.matrix.models[key]
    spoken = language if language in model.languages else model.default_language
    mark = f"{__version__} {showcase.content_hash} {key} {wallet} {spoken}"
    return Picture(f"{hashlib.sha256(mark.encode()).hexdigest()[:24]}.webp", model, wallet, spoken)


def picture_named(showcase: Showcase, name: str) -> Picture | None:
    """One of an operation's pictures by the last part of its address; those of Models yet to come cannot be guessed."""
    for key, model in showcase.matrix.models.items():
        for wallet in model.wallets:
            for language in model.languages:
                found = picture_of(showcase, key, wallet, language)
                if found.name == name:
                    return found
    return None


def _draw(picture: Picture) -> Drawn:
    model = picture.model
    try:
        image = _without_code(picture)
    except WalletPassError as failure:
        _logger.warning("%s cannot be drawn for %s: %s", model.model, picture.wallet, failure)
        return Drawn(b"")
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        content = out.getvalue()
        if len(content) <= LARGEST:
            return Drawn(content, image.width // _SCALE, image.height // _SCALE)
    _logger.warning("%s: its picture for %s is larger than %d bytes and left out", model.model, picture.wallet, LARGEST)
    return Drawn(b"")


def _without_code(picture: Picture) -> Image.Image:
    """The pass with its code blurred where that can be done, else without: nobody shall scan a made-up one."""
    from PIL import ImageChops, ImageFilter

    plain = _image(picture, picture.model.model_copy(update={"barcode": None}))
    if picture.model.barcode is None:
        return plain
    whole = _image(picture, picture.model)
    place = ImageChops.difference(plain.convert("RGB"), whole.convert("RGB")).getbbox()
    if plain.size != whole.size or place is None:
        return plain
    whole.paste(whole.crop(place).filter(ImageFilter.GaussianBlur(_BLUR)), place[:2])
    return whole


def _image(picture: Picture, model: PassModel) -> Image.Image:
    from PIL import Image

    from walletpass.preview.models import draw_model
    from walletpass.samples import SERIAL, sample_values

    drawing = draw_model(model, picture.wallet, SERIAL, sample_values(model), language=picture.language)
    return Image.open(io.BytesIO(drawing.png(_SCALE))).convert("RGBA")
