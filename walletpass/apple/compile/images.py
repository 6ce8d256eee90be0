"""The picture files of an Apple pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from walletpass.apple.compile.document import style_of
from walletpass.errors import PictureError
from walletpass.model.images import Image
from walletpass.model.pass_model import PassModel
from walletpass.model.variables import Value
from walletpass.templates.apple import STYLES

FILES = {
    "icon": "icon",
    "logo": "logo",
    "strip": "strip",
    "thumbnail": "thumbnail",
    "background": "background",
    "footer": "footer",
    "artwork": "artwork",
    "primary_logo": "primaryLogo",
    "secondary_logo": "secondaryLogo",
    "venue_map": "venueMap",
    "personalization_logo": "personalizationLogo",
}
"""Picture of a Model to file stem."""


def drawn_by(model: PassModel) -> tuple[str, ...]:
    """File stems that the styles of a Model draw."""
    stems = [*STYLES[style_of(model)].images]
    if model.apple.poster_generic:
        stems += STYLES["posterGeneric"].images
    newer = model.apple.poster or model.apple.semantic or model.apple.poster_generic
    if not newer:
        stems = [stem for stem in stems if stem not in ("primaryLogo", "secondaryLogo", "artwork", "venueMap")]
    if style_of(model) == "eventTicket" and model.images.strip:
        # Wallet draws either the strip, or the background and the thumbnail.
        stems = [stem for stem in stems if stem not in ("background", "thumbnail")]
    if model.apple.personalization:
        stems.append("personalizationLogo")
    return tuple(dict.fromkeys(stems))


@dataclass(frozen=True, slots=True)
class Place:
    """One picture and the stem of its files."""

    stem: str
    image: Image
    where: str

    def files(self, data: bytes, model: PassModel) -> dict[str, bytes]:
        """Every scale of one source picture."""
        from walletpass.pictures import apple_files, open_picture

        picture = open_picture(data, name=self.image.file or self.where)
        return apple_files(self.stem, picture, style=style_of(model), fit=self.image.fit, focus=self.image.focus)


def places(model: PassModel) -> list[Place]:
    """
    What goes into the bundle: the pictures the style draws, icon and logo always.

    Raises:
        PictureError: The Model has neither an icon nor a logo.
    """
    images = model.images
    chosen = {name: image for name, image in images.present().items() if FILES.get(name) in drawn_by(model)}
    logo = images.wide_logo or images.logo or images.icon
    icon = images.icon or images.logo or images.wide_logo
    if logo is None or icon is None:
        raise PictureError("images: Apple needs an icon: give the model images.icon or images.logo")
    chosen["icon"], chosen["logo"] = icon, logo
    if "primaryLogo" in drawn_by(model):
        chosen.setdefault("primary_logo", logo)
    return [Place(FILES[name], image, f"images.{name}") for name, image in chosen.items()]


def fixed_files(model: PassModel) -> dict[str, bytes]:
    """Files of the pictures that every pass of a Model shares."""
    files: dict[str, bytes] = {}
    for place in places(model):
        if place.image.variable is None:
            for folder, data in _sources(model, place):
                files |= {folder + name: content for name, content in place.files(data, model).items()}
    return files


def _sources(model: PassModel, place: Place) -> Iterator[tuple[str, bytes]]:
    """Folder and bytes. A localized picture lies in every language folder: one at the root would hide the others."""
    data = _data(place.image, place.where)
    if not place.image.languages or len(model.languages) == 1:
        yield "", data
        return
    for language in model.languages:
        other = place.image.languages.get(language)
        yield f"{language}.lproj/", _data(other, f"{place.where}.languages.{language}") if other else data


def _data(image: Image, where: str) -> bytes:
    if image.data is None:
        name = image.file or image.url or "no file"
        raise PictureError(
            f"{where}: {name} is not loaded; read the model with walletpass.load_model, or give the bytes"
        )
    return image.data


def own_files(model: PassModel, places: list[Place], values: dict[str, Value]) -> dict[str, bytes]:
    """Files of the pictures one pass brings itself; a pass without one has none."""
    files: dict[str, bytes] = {}
    for place in places:
        data = values.get(place.image.variable or "")
        if isinstance(data, bytes):
            files |= place.files(data, model)
    return files
