"""Pictures of a Model: one source each; the compilers make every name and size a wallet wants."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field as Limit
from pydantic import model_validator

from walletpass.model.part import Part
from walletpass.model.text import Reference, Text, whole_reference
from walletpass.values import language_tag

ImageName = Literal[
    "icon",
    "logo",
    "wide_logo",
    "strip",
    "hero",
    "thumbnail",
    "background",
    "footer",
    "artwork",
    "primary_logo",
    "secondary_logo",
    "venue_map",
    "personalization_logo",
]
IMAGE_NAMES: tuple[str, ...] = get_args(ImageName)


class Image(Part):
    """
    One picture. In a document `logo: images/logo.png` is short for `logo: {file: images/logo.png}`, and
    `thumbnail: "{{ photo }}"` takes the pass's own picture from a variable of type image.
    """

    file: str | None = None
    """Path inside the document's folder, or the name of an asset when the document comes by API."""
    data: bytes | None = Limit(default=None, repr=False, exclude=True)
    """The bytes (PNG, JPEG, WebP or SVG); filled by whoever loads the document."""
    variable: str | None = None
    """A variable of type image that holds this pass's own picture."""
    languages: dict[str, Image] = {}
    """Other pictures for other languages (Apple only)."""
    fit: Literal["contain", "cover"] | None = None
    """Pad or crop; by default what suits the place."""
    focus: tuple[Annotated[float, Limit(ge=0, le=1)], Annotated[float, Limit(ge=0, le=1)]] | None = None
    """The point to keep when cropping, from (0, 0) top left to (1, 1); the centre by default."""
    url: Annotated[str, Limit(pattern=r"^https://")] | None = None
    """Where Google fetches it; by default the place where the platform publishes the prepared picture."""
    alt: Text | None = None
    """What it shows, for people who listen (Google only)."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> Any:
        if isinstance(value, bytes):
            return {"data": value}
        if isinstance(value, str):
            reference = whole_reference(value)
            return {"variable": reference.name} if reference else {"file": value}
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Image:
        if self.variable and (self.file or self.data):
            raise ValueError("give either a file or a variable, not both")
        if not (self.variable or self.file or self.data or self.url):
            raise ValueError("give a file, data, a url or a variable")
        for language in self.languages:
            language_tag(language)
        return self

    def references(self) -> tuple[Reference, ...]:
        """The variable it takes its picture from, if any."""
        return (Reference(self.variable, None, ("image",)),) if self.variable else ()


class Images(Part):
    """The pictures of a Model by their place."""

    icon: Image | None = None
    """Square mark for the lock screen (Apple). Taken from `logo` when absent."""
    logo: Image | None = None
    """The mark on the pass face; Google wants it square and masks it to a circle."""
    wide_logo: Image | None = None
    """A wide mark for Google; Apple uses it before `logo` when there is one."""
    strip: Image | None = None
    """Band behind the primary fields (Apple coupon, store card, event ticket); Google's hero when that is absent."""
    hero: Image | None = None
    """Google's wide picture."""
    thumbnail: Image | None = None
    """Small picture beside the fields (Apple generic, event ticket)."""
    background: Image | None = None
    """Blurred behind an Apple event ticket."""
    footer: Image | None = None
    """Small band above the barcode of an Apple boarding pass."""
    artwork: Image | None = None
    """Full-face picture of Apple's poster styles."""
    primary_logo: Image | None = None
    """Logo of Apple's newer styles; taken from `wide_logo` or `logo` when absent."""
    secondary_logo: Image | None = None
    """Second logo of an Apple poster event ticket."""
    venue_map: Image | None = None
    """Map in the event guide of an Apple poster event ticket."""
    personalization_logo: Image | None = None
    """Shown in Apple's enrolment form."""

    def present(self) -> dict[str, Image]:
        """Place to picture, only those given."""
        return {name: image for name in IMAGE_NAMES if (image := getattr(self, name)) is not None}
