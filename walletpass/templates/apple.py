"""
What Apple Wallet allows: styles, pictures, barcodes, newer layouts, limits, certificates. Data, never behaviour.

The keys of pass.json and their types are in `apple_json`; the tables most readers want are named here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from walletpass.templates.apple_json import (
    BUILDER,
    CLASSIC_STYLES,
    DATE_STYLES,
    ENUMS,
    EVENT_TYPES,
    FIELD,
    FIELD_GROUPS,
    FIELD_KEYS,
    FIELDS,
    GUIDE,
    KEYS,
    NUMBER_STYLES,
    OBJECTS,
    PASS,
    SEMANTIC_TAGS,
    STYLE_KEYS,
    TAGS,
    TEXT_ALIGNMENTS,
    TRANSIT_TYPES,
    UPCOMING,
    Key,
)

__all__ = [
    "BARCODE_FORMATS",
    "BUILDER",
    "CLASSIC_STYLES",
    "DATE_STYLES",
    "ENUMS",
    "EVENT_TYPES",
    "FIELD",
    "FIELDS",
    "FIELD_GROUPS",
    "FIELD_KEYS",
    "GUIDE",
    "HIG",
    "IMAGES",
    "KEYS",
    "NUMBER_STYLES",
    "OBJECTS",
    "PASS",
    "SCALES",
    "SCHEMES",
    "SEMANTIC_TAGS",
    "STYLES",
    "STYLE_KEYS",
    "TAGS",
    "TEXT_ALIGNMENTS",
    "TRANSIT_TYPES",
    "UPCOMING",
    "BarcodeFormat",
    "ImageRule",
    "Key",
    "Limit",
    "Scheme",
    "Style",
]

HIG = "Apple, Human Interface Guidelines: Wallet (2026)"
BUILDING = "Apple, Wallet Passes: Building a Pass (2026)"
SOURCE = "Apple, Wallet Passes: Creating the Source for a Pass (2025)"
POSTER_EVENT = "Apple, Wallet Passes: Creating an Event Pass Using Semantic Tags (2026)"
AIRLINE = "Apple, Wallet Passes: Creating an Airline Boarding Pass Using Semantic Tags (2026)"
POSTER_GENERIC = "Apple, Wallet Passes: Creating a Poster Generic Pass (2026)"
DISTRIBUTING = "Apple, Wallet Passes: Distributing and Updating a Pass (2026)"
SECURITY = "Apple, Security framework: policy for pass signing certificates"

SCALES = (1, 2, 3)
"""Pixels per point of the files `name.png`, `name@2x.png`, `name@3x.png`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """
    One kind of pass as Apple draws it.

    Attributes:
        key: The key of pass.json that chooses it.
        since: First iOS version that shows it.
        shown: Field group to how many of its fields the face shows; a group that is absent is never drawn there.
        shown_together: Groups that share one row, and how many fields that row shows.
        images: Pictures it draws; a picture of another style is carried but never seen.
        required: Keys this style needs inside its object.
        source: Who says so.
    """

    key: str
    since: float
    shown: Mapping[str, int]
    shown_together: tuple[tuple[str, ...], int] | None = None
    images: tuple[str, ...]
    required: tuple[str, ...] = ()
    source: str


_LOWER_ROWS = ("secondaryFields", "auxiliaryFields")

STYLES: Mapping[str, Style] = {
    style.key: style
    for style in (
        Style(
            key="boardingPass",
            since=6,
            shown={"headerFields": 3, "primaryFields": 2, "secondaryFields": 4, "auxiliaryFields": 5},
            images=("icon", "logo", "footer", "primaryLogo"),
            required=("transitType",),
            source=FIELDS,
        ),
        Style(
            key="coupon",
            since=6,
            shown={"headerFields": 3, "primaryFields": 1, "secondaryFields": 4, "auxiliaryFields": 4},
            shown_together=(_LOWER_ROWS, 4),
            images=("icon", "logo", "strip"),
            source="Apple, Wallet Passes: Creating a Coupon Pass (2026)",
        ),
        Style(
            key="eventTicket",
            since=6,
            # With `row: 1` a second auxiliary row shows four more.
            shown={"headerFields": 3, "primaryFields": 1, "secondaryFields": 4, "auxiliaryFields": 8},
            images=(
                "icon",
                "logo",
                *("strip", "thumbnail", "background"),
                *("primaryLogo", "secondaryLogo", "artwork", "venueMap"),
            ),
            source=FIELDS,
        ),
        Style(
            key="generic",
            since=6,
            shown={"headerFields": 3, "primaryFields": 1, "secondaryFields": 4, "auxiliaryFields": 4},
            images=("icon", "logo", "thumbnail"),
            source=FIELDS,
        ),
        Style(
            key="storeCard",
            since=6,
            shown={"headerFields": 3, "primaryFields": 1, "secondaryFields": 4, "auxiliaryFields": 4},
            shown_together=(_LOWER_ROWS, 4),
            images=("icon", "logo", "strip"),
            source="Apple, Wallet Passes: Creating a Store Card Pass (2026)",
        ),
        Style(
            key="posterGeneric",
            since=27,
            # Apple's page says two footer fields; session 209 of WWDC26 and devices show one.
            shown={"headerFields": 1, "primaryFields": 4, "footerFields": 2},
            images=("icon", "primaryLogo", "artwork"),
            source=POSTER_GENERIC,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """
    A newer layout that `preferredStyleSchemes` asks for and Wallet falls back from silently when something is missing.

    Attributes:
        name: Its word in `preferredStyleSchemes`.
        style: The classic style it replaces, which must be there and is the fall-back.
        since: First iOS version that shows it.
        tags: Semantic tags without which Wallet falls back.
        advised_tags: Tags Apple's pages or validator ask for, whose absence has not been seen to matter.
        event_tags: Further tags by `eventType`.
        images: Pictures of which one must be there.
        transit_type: The only `transitType` it exists for.
        needs_nfc: Entry is by NFC: without `nfc` Wallet up to iOS 26 falls back.
    """

    name: str
    style: str
    since: float
    tags: tuple[str, ...]
    advised_tags: tuple[str, ...] = ()
    event_tags: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    images: tuple[str, ...] = ()
    transit_type: str | None = None
    needs_nfc: bool = False
    source: str


SCHEMES: Mapping[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            name="posterEventTicket",
            style="eventTicket",
            since=18,
            tags=("eventName", "venueName"),
            advised_tags=("venueRegionName", "venueRoom", "eventStartDate", "seats"),
            event_tags={
                "PKEventTypeSports": ("awayTeamAbbreviation", "homeTeamAbbreviation"),
                "PKEventTypeLivePerformance": ("performerNames",),
            },
            images=("artwork", "background"),
            needs_nfc=True,
            source=POSTER_EVENT,
        ),
        Scheme(
            name="semanticBoardingPass",
            style="boardingPass",
            since=26,
            tags=(
                "airlineCode",
                "flightNumber",
                *("departureAirportCode", "departureCityName", "departureLocationTimeZone"),
                *("destinationAirportCode", "destinationCityName", "destinationLocationTimeZone"),
                *("originalDepartureDate", "originalBoardingDate", "originalArrivalDate"),
                "passengerName",
            ),
            transit_type="PKTransitTypeAir",
            source=AIRLINE,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRule:
    """
    One picture of a pass. Sizes are in points; the file for scale n has n times as many pixels.

    Attributes:
        name: File stem: `logo` stands for `logo.png`, `logo@2x.png`, `logo@3x.png`.
        size: Width and height of its box, in points; None where Apple names none.
        sizes: Boxes of single styles that differ from `size`.
        fit: exact = precisely this size; within = at most this size, proportions kept; fill = fills the box, cropped.
        min_width: Narrowest sensible width in points.
        aspect: Width divided by height, lowest and highest, where Apple bounds it.
        since: First iOS version that draws it.
        required: Wallet refuses the pass without it.
        localizable: May lie in language folders.
        source: Who says so.
    """

    name: str
    size: tuple[int, int] | None
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    fit: Literal["exact", "within", "fill"]
    min_width: int | None = None
    aspect: tuple[float, float] | None = None
    since: float = 6
    required: bool = False
    localizable: bool = True
    source: str


IMAGES: Mapping[str, ImageRule] = {
    rule.name: rule
    for rule in (
        ImageRule(name="icon", size=(38, 38), fit="exact", required=True, source=HIG),
        ImageRule(name="logo", size=(160, 50), fit="within", min_width=50, source=HIG),
        ImageRule(name="primaryLogo", size=(126, 30), fit="within", min_width=30, since=18, source=HIG),
        ImageRule(name="secondaryLogo", size=(135, 12), fit="within", min_width=12, since=18, source=HIG),
        ImageRule(name="strip", size=(375, 144), sizes={"eventTicket": (375, 98)}, fit="fill", source=HIG),
        ImageRule(name="thumbnail", size=(90, 90), fit="fill", min_width=60, aspect=(2 / 3, 3 / 2), source=HIG),
        ImageRule(name="background", size=(343, 503), fit="fill", source=HIG),
        ImageRule(name="artwork", size=(358, 448), fit="fill", since=18, source=HIG),
        ImageRule(name="footer", size=(286, 15), fit="within", source=HIG),
        ImageRule(
            name="venueMap", size=None, fit="within", since=18, source="Observed: spatie/laravel-mobile-pass #61"
        ),
        ImageRule(name="personalizationLogo", size=(150, 40), fit="within", since=10, source=GUIDE),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BarcodeFormat:
    """
    One barcode format.

    Attributes:
        name: Its value in `format`.
        since: First iOS version that draws it.
        legacy: Also allowed in the old single `barcode` key.
        square: Drawn as a square, which leaves less room for fields.
        alphabet: Regular expression every message matches; None where any bytes go.
        messages: What such a message looks like, for a person.
        capacity: The most it holds: digits only, capital letters and digits, bytes; None where any length is drawn.
        source: Who says so.
    """

    name: str
    since: float
    legacy: bool = False
    square: bool = False
    alphabet: str | None = None
    messages: str = "any text that messageEncoding can write"
    capacity: tuple[int, int, int] | None = None
    source: str


BARCODE_FORMATS: Mapping[str, BarcodeFormat] = {
    form.name: form
    for form in (
        # The capacities are those of the standards, at their lowest error correction: ISO/IEC 18004, 15438, 24778.
        BarcodeFormat(
            name="PKBarcodeFormatQR", since=6, legacy=True, square=True, capacity=(7089, 4296, 2953), source=PASS
        ),
        BarcodeFormat(name="PKBarcodeFormatPDF417", since=6, legacy=True, capacity=(2710, 1850, 1108), source=PASS),
        BarcodeFormat(
            name="PKBarcodeFormatAztec", since=6, legacy=True, square=True, capacity=(3832, 3067, 1914), source=PASS
        ),
        BarcodeFormat(
            name="PKBarcodeFormatCode128", since=9, alphabet=r"[\x00-\x7f]+", messages="ASCII text", source=PASS
        ),
        BarcodeFormat(
            name="PKBarcodeFormatCode39",
            since=27,
            alphabet=r"[0-9A-Z \-.$/+%]+",
            messages="digits, capital letters, space and - . $ / + %",
            source="ISO/IEC 16388",
        ),
        BarcodeFormat(
            name="PKBarcodeFormatCodabar",
            since=27,
            alphabet=r"[A-D][0-9\-$:/.+]*[A-D]|[0-9\-$:/.+]+",
            messages="digits and - $ : / . +, between start and stop letters A to D",
            source="EN 798",
        ),
        BarcodeFormat(
            name="PKBarcodeFormatEAN13",
            since=27,
            alphabet=r"[0-9]{12,13}",
            messages="13 digits, the last of them the check digit",
            source="GS1 General Specifications",
        ),
        BarcodeFormat(
            name="PKBarcodeFormatI2of5",
            since=27,
            alphabet=r"([0-9]{2})+",
            messages="an even number of digits",
            source="ISO/IEC 16390",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A number Apple sets, and where."""

    value: int
    source: str


MAX_LOCATIONS = Limit(10, PASS)
MAX_BEACON_UUIDS = Limit(10, PASS)
MAX_BEACON_NUMBER = Limit(65_535, PASS)
MIN_TOKEN_LENGTH = Limit(16, GUIDE)
MAX_NFC_MESSAGE_BYTES = Limit(64, PASS)
MAX_FEATURED_ACTIONS_SHOWN = Limit(2, PASS)
MAX_REMOTE_IMAGE_BYTES = Limit(2_000_000, UPCOMING)
MAX_RELEVANT_HOURS = Limit(24, "Observed: passkit-generator #205")
MAX_PASSES_IN_BUNDLE = Limit(10, DISTRIBUTING)
MAX_BUNDLE_BYTES = Limit(150_000_000, DISTRIBUTING)

WWDR_G4_SHA256 = bytes.fromhex("EA4757885538DD8CB59FF4556F676087D83C85E70902C122E42C0808B5BCE14C")
"""Fingerprint of the intermediate that issues every Pass Type ID certificate since January 2022."""
WWDR_G4_KEY_ID = bytes.fromhex("5BD9FA1DE79A1A0BA399762250863E91C85B77A8")
"""Its subject key identifier."""
