"""
What Google Wallet allows, as data: types, fields, limits, pictures, each with its source.
Enums and the combinations of nested fields are in `google_schema`.

The compiler, the linter, the picture maker and the docs read these tables; nothing here decides anything.
A test compares names and enums with Google's published discovery document.

Google's words: a *type* ("loyalty") has a *class*, shared by many passes, and an *object*, the pass itself.
Paths below begin with `class.` or `object.`, the way Google writes them in `fieldPath`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from walletpass.templates.google_schema import ENUMS

DISCOVERY = "Google, Wallet Objects API v1, discovery document (revision 20260806)"
GUIDE = "Google, Wallet developer guide (2026)"
HOUSE = "walletpass: a rule of this project"

DISCOVERY_REVISION = "20260806"
API_ROOT = "https://walletobjects.googleapis.com/walletobjects/v1"
API_SCOPE = "https://www.googleapis.com/auth/wallet_object.issuer"

SAVE_LINK_PREFIX = "https://pay.google.com/gp/v/save/"
SAVE_TOKEN_SAFE_LENGTH = 1800
"""Characters of the signed token that browsers and mail programs carry safely. Source: GUIDE, save links."""

ID_PATTERN = r"^(?P<issuer>\d{1,20})\.(?P<suffix>[A-Za-z0-9._-]{1,100})$"
"""Id of a class or object. The suffix may hold dots: the first one ends the issuer. Source: DISCOVERY; caps HOUSE."""

MODULE_ID_PATTERN = r"^[A-Za-z0-9_-]+$"
"""Id of a text module: no dot, or `fieldPath` could not name it. Source: DISCOVERY."""

MICROS = 1_000_000
"""`Money.micros` per whole unit, of every currency: 500 JPY is "500000000". Source: DISCOVERY."""


# --- fields ---------------------------------------------------------------------------------------------------------


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVERY_CLASS = _names(
    "appLinkData callbackOptions classTemplateInfo enableSmartTap id imageModulesData linksModuleData"
    " merchantLocations messages multipleDevicesAndHoldersAllowedStatus redemptionIssuers securityAnimation"
    " textModulesData valueAddedModuleData viewUnlockRequirement"
)
_BRANDED_CLASS = _EVERY_CLASS | _names(  # every class but generic
    "countryCode heroImage hexBackgroundColor homepageUri issuerName localizedIssuerName notifyPreference review"
    " reviewStatus"
)
_EVERY_OBJECT = _names(
    "appLinkData barcode classId groupingInfo hasUsers heroImage id imageModulesData linkedObjectIds linksModuleData"
    " merchantLocations messages passConstraints rotatingBarcode saveRestrictions smartTapRedemptionValue state"
    " textModulesData validTimeInterval valueAddedModuleData"
)
_BRANDED_OBJECT = _EVERY_OBJECT | _names(
    "classReference disableExpirationNotification hasLinkedDevice notifyPreference"
)

SERVER_OWNED = _names("classReference hasLinkedDevice hasUsers review")
"""Google writes these: strip them from what was read before sending it back. Source: DISCOVERY."""

NEVER_SENT = _names("allowMultipleUsersPerObject infoModuleData kind locations version wordMark")
"""Deprecated fields of classes and objects. Source: DISCOVERY."""


NOTICED_FIELDS: dict[str, tuple[str, ...]] = {
    "loyalty": ("loyaltyPoints", "secondaryLoyaltyPoints"),
    "eventTicket": ("seatInfo",),
    "flight": ("boardingAndSeatingInfo",),
}
"""Type to the object's fields whose change phones tell by themselves when asked (`notifyPreference`). Source: GUIDE."""

MESSAGES_KEPT = 10
"""Messages of a class or object. Source: DISCOVERY."""


# --- types ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleType:
    """
    One of the seven kinds of pass.

    Attributes:
        key: Google's name, which begins REST paths ("loyaltyClass") and keys of a save token ("loyaltyObjects").
        class_fields, object_fields: Every field that may be sent. Google refuses others with 400.
        class_required, object_required: Fields that must be there.
        title: What the title block shows, in order, as paths.
        logo, wide_logo: Path of the picture. The class's cannot differ between its passes.
        color: Where `hexBackgroundColor` may be set; the object wins.
        notifies: Whether `notifyPreference` exists, so that an update can show a notice.
    """

    key: str
    class_fields: frozenset[str]
    class_required: tuple[str, ...]
    object_fields: frozenset[str]
    object_required: tuple[str, ...]
    title: tuple[str, ...]
    logo: str
    wide_logo: str
    color: tuple[Literal["class", "object"], ...]
    notifies: bool = True
    source: str = DISCOVERY

    @property
    def class_schema(self) -> str:
        """Name of the class in the discovery document: "LoyaltyClass"."""
        return f"{self.key[0].upper()}{self.key[1:]}Class"

    @property
    def object_schema(self) -> str:
        """Name of the object in the discovery document: "LoyaltyObject"."""
        return f"{self.key[0].upper()}{self.key[1:]}Object"


EVENT_TICKET = GoogleType(
    key="eventTicket",
    class_fields=_BRANDED_CLASS
    | _names(
        "confirmationCodeLabel customConfirmationCodeLabel customGateLabel customRowLabel customSeatLabel"
        " customSectionLabel dateTime eventId eventName finePrint gateLabel logo rowLabel seatLabel sectionLabel venue"
        " wideLogo"
    ),
    class_required=("id", "issuerName", "reviewStatus", "eventName"),
    object_fields=_BRANDED_OBJECT
    | _names(
        "faceValue hexBackgroundColor linkedOfferIds reservationInfo seatInfo ticketHolderName ticketNumber ticketType"
    ),
    object_required=("id", "classId", "state"),
    title=("class.logo", "class.issuerName", "class.eventName", "class.venue.name"),
    logo="class.logo",
    wide_logo="class.wideLogo",
    color=("class", "object"),
)
FLIGHT = GoogleType(
    key="flight",
    class_fields=_BRANDED_CLASS
    | _names(
        "boardingAndSeatingPolicy destination flightHeader flightStatus languageOverride localBoardingDateTime"
        " localEstimatedOrActualArrivalDateTime localEstimatedOrActualDepartureDateTime localGateClosingDateTime"
        " localScheduledArrivalDateTime localScheduledDepartureDateTime origin"
    ),
    class_required=(
        "id", "issuerName", "reviewStatus", "origin", "destination", "flightHeader", "localScheduledDepartureDateTime",
    ),
    object_fields=_BRANDED_OBJECT
    | _names("boardingAndSeatingInfo hexBackgroundColor passengerName reservationInfo securityProgramLogo"),
    object_required=("id", "classId", "state", "passengerName", "reservationInfo"),
    title=(
        "class.flightHeader.carrier.airlineLogo",
        "class.flightHeader.carrier.airlineName",
        "class.flightHeader.flightNumber",
        "class.origin.airportIataCode",
        "class.destination.airportIataCode",
    ),
    logo="class.flightHeader.carrier.airlineLogo",
    wide_logo="class.flightHeader.carrier.wideAirlineLogo",
    color=("class", "object"),
)  # fmt: skip
GENERIC = GoogleType(
    key="generic",
    class_fields=_EVERY_CLASS,
    class_required=("id",),
    object_fields=_EVERY_OBJECT
    | _names("cardTitle genericType header hexBackgroundColor logo notifications subheader wideLogo"),
    object_required=("id", "classId", "cardTitle", "header"),
    title=("object.logo", "object.cardTitle", "object.subheader", "object.header"),
    logo="object.logo",
    wide_logo="object.wideLogo",
    color=("object",),
    notifies=False,
)
GIFT_CARD = GoogleType(
    key="giftCard",
    class_fields=_BRANDED_CLASS
    | _names(
        "allowBarcodeRedemption cardNumberLabel eventNumberLabel localizedCardNumberLabel localizedEventNumberLabel"
        " localizedMerchantName localizedPinLabel merchantName pinLabel programLogo wideProgramLogo"
    ),
    class_required=("id", "issuerName", "reviewStatus"),
    object_fields=_BRANDED_OBJECT | _names("balance balanceUpdateTime cardNumber eventNumber pin"),
    object_required=("id", "classId", "state", "cardNumber"),
    title=("class.programLogo", "class.merchantName"),
    logo="class.programLogo",
    wide_logo="class.wideProgramLogo",
    color=("class",),
)
LOYALTY = GoogleType(
    key="loyalty",
    class_fields=_BRANDED_CLASS
    | _names(
        "accountIdLabel accountNameLabel discoverableProgram localizedAccountIdLabel localizedAccountNameLabel"
        " localizedProgramName localizedRewardsTier localizedRewardsTierLabel localizedSecondaryRewardsTier"
        " localizedSecondaryRewardsTierLabel programLogo programName rewardsTier rewardsTierLabel"
        " secondaryRewardsTier secondaryRewardsTierLabel wideProgramLogo"
    ),
    class_required=("id", "issuerName", "reviewStatus", "programName", "programLogo"),
    object_fields=_BRANDED_OBJECT | _names("accountId accountName linkedOfferIds loyaltyPoints secondaryLoyaltyPoints"),
    object_required=("id", "classId", "state"),
    title=("class.programLogo", "class.issuerName", "class.programName"),
    logo="class.programLogo",
    wide_logo="class.wideProgramLogo",
    color=("class",),
)
OFFER = GoogleType(
    key="offer",
    class_fields=_BRANDED_CLASS
    | _names(
        "details finePrint helpUri localizedDetails localizedFinePrint localizedProvider localizedShortTitle"
        " localizedTitle provider redemptionChannel shortTitle title titleImage wideTitleImage"
    ),
    class_required=("id", "issuerName", "reviewStatus", "title", "provider", "redemptionChannel"),
    object_fields=_BRANDED_OBJECT,
    object_required=("id", "classId", "state"),
    title=("class.titleImage", "class.issuerName", "class.title"),
    logo="class.titleImage",
    wide_logo="class.wideTitleImage",
    color=("class",),
)
TRANSIT = GoogleType(
    key="transit",
    class_fields=_BRANDED_CLASS
    | _names(
        "activationOptions customCarriageLabel customCoachLabel customConcessionCategoryLabel"
        " customConfirmationCodeLabel customDiscountMessageLabel customFareClassLabel customFareNameLabel"
        " customOtherRestrictionsLabel customPlatformLabel customPurchaseFaceValueLabel customPurchasePriceLabel"
        " customPurchaseReceiptNumberLabel customRouteRestrictionsDetailsLabel customRouteRestrictionsLabel"
        " customSeatLabel customTicketNumberLabel customTimeRestrictionsLabel customTransitTerminusNameLabel"
        " customZoneLabel enableSingleLegItinerary languageOverride logo transitOperatorName transitType watermark"
        " wideLogo"
    ),
    class_required=("id", "issuerName", "reviewStatus", "transitType", "logo"),
    object_fields=_BRANDED_OBJECT
    | _names(
        "activationStatus concessionCategory customConcessionCategory customTicketStatus deviceContext"
        " hexBackgroundColor passengerNames passengerType purchaseDetails ticketLeg ticketLegs ticketNumber"
        " ticketRestrictions ticketStatus tripId tripType"
    ),
    object_required=("id", "classId", "state", "tripType"),
    title=("class.logo", "class.issuerName", "object.ticketLeg.originName", "object.ticketLeg.destinationName"),
    logo="class.logo",
    wide_logo="class.wideLogo",
    color=("class", "object"),
)

TYPES: dict[str, GoogleType] = {
    google_type.key: google_type for google_type in (EVENT_TICKET, FLIGHT, GENERIC, GIFT_CARD, LOYALTY, OFFER, TRANSIT)
}


BARCODE_TYPES = ENUMS["Barcode.type"]
STATES = ENUMS["LoyaltyObject.state"]
WRITABLE_REVIEW_STATUSES = ("UNDER_REVIEW", "DRAFT")
"""APPROVED and REJECTED are Google's to write; send UNDER_REVIEW with every change of a class. Source: DISCOVERY."""


# --- limits ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """
    How much of something Google takes or shows.

    Attributes:
        path: Field, from its schema ("OfferClass.title"); a bare field name holds for every class and object.
        at_most: Characters for a text, entries for a list.
        effect: `rejected`: the request fails. `hidden`: what is beyond is not shown. `cut`: the text may be shortened.
    """

    path: str
    at_most: int
    effect: Literal["rejected", "hidden", "cut"]
    source: str = DISCOVERY


LIMITS: dict[str, Limit] = {
    limit.path: limit
    for limit in (
        Limit("issuerName", 20, "cut"),
        Limit("LoyaltyClass.programName", 20, "cut"),
        Limit("LoyaltyClass.rewardsTier", 7, "cut"),
        Limit("LoyaltyClass.rewardsTierLabel", 9, "cut"),
        Limit("LoyaltyClass.accountIdLabel", 15, "cut"),
        Limit("LoyaltyClass.accountNameLabel", 15, "cut"),
        Limit("LoyaltyObject.accountId", 20, "cut"),
        Limit("LoyaltyObject.accountName", 20, "cut"),
        Limit("LoyaltyPoints.label", 9, "cut"),
        Limit("LoyaltyPointsBalance.string", 7, "cut"),
        Limit("GiftCardClass.merchantName", 20, "cut"),
        Limit("OfferClass.title", 60, "cut"),
        Limit("OfferClass.shortTitle", 20, "cut"),
        Limit("OfferClass.provider", 12, "cut"),
        Limit("EventTicketClass.eventId", 64, "rejected"),
        Limit("TextModuleData.header", 35, "cut"),
        Limit("TextModuleData.body", 500, "cut"),
        Limit("Uri.description", 20, "cut"),
        Limit("AppLinkData.displayText", 30, "cut"),
        Limit("ValueAddedModuleData.header", 60, "cut"),
        Limit("ValueAddedModuleData.body", 50, "cut"),
        Limit("textModulesData", 10, "hidden"),
        Limit("linksModuleData.uris", 10, "hidden"),
        Limit("imageModulesData", 1, "hidden"),
        Limit("messages", 10, "rejected"),
        Limit("merchantLocations", 10, "rejected"),
        Limit("valueAddedModuleData", 15, "hidden"),
        Limit("linkedObjectIds", 50, "rejected", GUIDE),
        Limit("classTemplateInfo.cardTemplateOverride.cardRowTemplateInfos", 3, "rejected"),
    )
}

ROWS = 3
ITEMS_PER_ROW = 3
"""The face of a pass under its title block: rows of the class, the same for all its passes. Source: DISCOVERY."""

NOTICES_PER_DAY = 3
"""Notifications per pass in 24 hours; a fourth is refused. Source: GUIDE."""

REQUESTS_PER_SECOND = 20
"""Source: GUIDE, questions and answers; whether per project or issuer is not stated."""


# --- pictures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleImage:
    """
    How a picture is made; the same words as in the template of Apple.

    Attributes:
        size: Box in pixels; a height of None bounds the width only.
        fit: exact = all of the picture, padded to the box; within = at most the box; fill = fills the box, cropped.
        margin: Share of each side left empty around the drawing.
        min_width: Narrowest allowed, in pixels.
        shown: What Google does with it.
    """

    size: tuple[int, int | None]
    fit: Literal["exact", "within", "fill"]
    margin: float = 0.0
    min_width: int | None = None
    shown: str
    source: str = GUIDE


IMAGES: dict[str, GoogleImage] = {
    # Google cuts a circle out of it, so a picture that was cut already shows twice the edge.
    "logo": GoogleImage(size=(660, 660), fit="exact", margin=0.15, shown="masked to a circle"),
    "wide_logo": GoogleImage(
        size=(1280, 400),
        fit="exact",
        shown="on the card, instead of the logo",
        source="Seen in practice; Google states none",
    ),
    "hero": GoogleImage(size=(1032, 336), fit="fill", shown="full width, under the rows"),
    "image_module": GoogleImage(size=(1860, None), fit="within", shown="full width, in the details"),
    "above_barcode": GoogleImage(size=(780, 80), fit="within", min_width=80, shown="small, above the barcode"),
}
