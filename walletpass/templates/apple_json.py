"""
The JSON of an Apple pass as data: every object Apple documents, its keys, their types, since when, and who says so.

A type is written as one word:

- a plain value: text, localizable (text that `pass.strings` may translate), value (text or number), number, integer,
  boolean, date, color, url, timezone, object (any JSON object);
- the name of an enumeration in `ENUMS` ("TransitType") or of an object in `OBJECTS` ("Seat");
- any of these in brackets for a list ("[Seat]").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PASS = "Apple, Wallet Passes: Pass (2026)"
FIELD = "Apple, Wallet Passes: PassFieldContent (2026)"
FIELDS = "Apple, Wallet Passes: PassFields (2026)"
TAGS = "Apple, Wallet Passes: SemanticTags (2026)"
UPCOMING = "Apple, Wallet Passes: UpcomingPassInformationEntry (2026)"
PERSONALIZE = "Apple, Wallet Passes: Return a Personalized Pass (2025)"
BUILDER = "Apple, Pass Builder 0.0.1 (2026)"
GUIDE = "Apple, Wallet Developer Guide (archived, 2017)"
OBSERVED = "Observed: passkit-generator #205, #249"


@dataclass(frozen=True, slots=True)
class Key:
    """
    One key of a JSON object.

    Attributes:
        name: As it stands in the JSON; capitals matter.
        type: One word of the vocabulary above.
        since: First iOS version that knows it; 6 is the first with passes.
        source: Who says so.
        required: The object is refused without it.
        deprecated: iOS version since which another key replaces it.
        discarded: Wallet ignores a value of the wrong type where it refuses the pass for other keys.
    """

    name: str
    type: str
    since: float
    source: str
    required: bool = False
    deprecated: float | None = None
    discarded: bool = False


def _table(*rows: Key | list[Key]) -> dict[str, Key]:
    keys = [key for row in rows for key in (row if isinstance(row, list) else [row])]
    return {key.name: key for key in keys}


def _alike(type_: str, since: float, source: str, names: str) -> list[Key]:
    """Keys that differ in nothing but their name."""
    return [Key(name, type_, since, source) for name in names.split()]


def _named(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names.split())


CLASSIC_STYLES = ("boardingPass", "coupon", "eventTicket", "generic", "storeCard")
STYLE_KEYS = (*CLASSIC_STYLES, "posterGeneric")

POSTER_EVENT_URLS = (
    "accessibilityURL addOnURL bagPolicyURL contactVenueWebsite directionsInformationURL merchandiseURL orderFoodURL "
    "parkingInformationURL purchaseParkingURL sellURL transferURL transitInformationURL"
)
BOARDING_URLS = (
    "changeSeatURL entertainmentURL managementURL purchaseAdditionalBaggageURL purchaseLoungeAccessURL purchaseWifiURL "
    "registerServiceAnimalURL reportLostBagURL requestWheelchairURL trackBagsURL transitProviderWebsiteURL upgradeURL"
)
POSTER_EVENT_LINKS = [
    *_alike("url", 18, PASS, POSTER_EVENT_URLS),
    *_alike("text", 18, PASS, "contactVenueEmail contactVenuePhoneNumber"),
]
BOARDING_LINKS = [
    *_alike("url", 26, PASS, BOARDING_URLS),
    *_alike("text", 26, PASS, "transitProviderEmail transitProviderPhoneNumber businessChatIdentifier"),
]

KEYS: Mapping[str, Key] = _table(
    Key("formatVersion", "integer", 6, PASS, required=True),
    Key("passTypeIdentifier", "text", 6, PASS, required=True),
    Key("teamIdentifier", "text", 6, PASS, required=True),
    Key("serialNumber", "text", 6, PASS, required=True),
    Key("organizationName", "localizable", 6, PASS, required=True),
    Key("description", "localizable", 6, PASS, required=True),
    _alike("PassFields", 6, PASS, " ".join(CLASSIC_STYLES)),
    Key("posterGeneric", "PassFields", 27, PASS),
    Key("appLaunchURL", "text", 6, PASS),
    Key("associatedStoreIdentifiers", "[integer]", 6, PASS),
    Key("auxiliaryStoreIdentifiers", "[integer]", 18, PASS),
    Key("authenticationToken", "text", 6, PASS),
    Key("webServiceURL", "url", 6, PASS),
    _alike("color", 6, PASS, "backgroundColor foregroundColor labelColor"),
    Key("stripColor", "color", 6, BUILDER),
    Key("footerBackgroundColor", "color", 18, PASS),
    Key("useAutomaticColors", "boolean", 18, PASS),
    Key("suppressHeaderDarkening", "boolean", 18, PASS),
    Key("suppressStripShine", "boolean", 6, PASS, deprecated=7),
    Key("logoText", "localizable", 6, PASS),
    Key("eventLogoText", "localizable", 18.1, PASS),
    Key("logoSymbolName", "text", 27, BUILDER),
    Key("barcode", "Barcode", 6, PASS, deprecated=9),
    Key("barcodes", "[Barcode]", 9, PASS),
    Key("locations", "[Location]", 6, PASS),
    Key("beacons", "[Beacon]", 7, PASS),
    Key("maxDistance", "number", 7, BUILDER, discarded=True),
    Key("relevantDate", "date", 6, PASS, deprecated=18),
    Key("relevantDates", "[RelevantDate]", 18, PASS),
    Key("expirationDate", "date", 7, PASS),
    Key("voided", "boolean", 7, PASS),
    Key("sharingProhibited", "boolean", 11, PASS),
    Key("groupingIdentifier", "text", 7, PASS),
    Key("nfc", "Nfc", 9, PASS),
    Key("semantics", "SemanticTags", 12, PASS),
    Key("userInfo", "object", 7, PASS),
    Key("preferredStyleSchemes", "[text]", 18, PASS),
    Key("featuredActions", "[FeaturedAction]", 27, PASS),
    Key("upcomingPassInformation", "[UpcomingEntry]", 26, PASS),
    POSTER_EVENT_LINKS,
    BOARDING_LINKS,
)

FIELD_GROUPS = (
    "headerFields",
    "primaryFields",
    "secondaryFields",
    "auxiliaryFields",
    "backFields",
    "additionalInfoFields",
    "footerFields",
)

FIELD_KEYS: Mapping[str, Key] = _table(
    Key("key", "text", 6, FIELD, required=True),
    Key("value", "value", 6, FIELD, required=True),
    _alike("localizable", 6, FIELD, "label changeMessage"),
    Key("attributedValue", "value", 7, FIELD),
    Key("textAlignment", "TextAlignment", 6, FIELD),
    Key("dataDetectorTypes", "[DataDetector]", 7, FIELD),
    Key("dateStyle", "DateStyle", 6, FIELD),
    Key("timeStyle", "DateStyle", 6, FIELD),
    Key("ignoresTimeZone", "boolean", 7, FIELD),
    Key("isRelative", "boolean", 6, FIELD),
    Key("numberStyle", "NumberStyle", 6, FIELD),
    Key("currencyCode", "text", 6, FIELD),
    Key("semantics", "SemanticTags", 12, FIELD),
    Key("row", "integer", 6, FIELD),
)

_EVENT_TEXTS = (
    "additionalTicketAttributes admissionLevel admissionLevelAbbreviation attendeeName entranceDescription eventName "
    "genre venueEntrance venueEntranceDoor venueEntranceGate venueEntrancePortal venueName venuePhoneNumber "
    "venueRegionName venueRoom"
)
_EVENT_DATES = (
    "eventEndDate eventStartDate venueBoxOfficeOpenDate venueCloseDate venueDoorsOpenDate venueFanZoneOpenDate "
    "venueGatesOpenDate venueOpenDate venueParkingLotsOpenDate"
)
_SPORT_TEXTS = (
    "awayTeamAbbreviation awayTeamLocation awayTeamName homeTeamAbbreviation homeTeamLocation homeTeamName "
    "leagueAbbreviation leagueName sportName"
)
_TRANSIT_TEXTS = (
    "boardingGroup boardingSequenceNumber confirmationNumber departureGate departureLocationDescription "
    "destinationLocationDescription membershipProgramName membershipProgramNumber priorityStatus securityScreening "
    "transitProvider transitStatus transitStatusReason vehicleName vehicleNumber vehicleType"
)
_TRANSIT_DATES = (
    "currentArrivalDate currentBoardingDate currentDepartureDate originalArrivalDate originalBoardingDate "
    "originalDepartureDate"
)
_RAIL_TEXTS = "carNumber departurePlatform departureStationName destinationPlatform destinationStationName"
_AIR_TEXTS = (
    "airlineCode flightCode departureAirportCode departureAirportName departureTerminal destinationAirportCode "
    "destinationAirportName destinationGate destinationTerminal"
)
_AIR_LISTS_26 = "passengerAirlineSSRs passengerInformationSSRs passengerServiceSSRs loungePlaceIDs"
_PROGRAM_LISTS = (
    "departureLocationSecurityPrograms destinationLocationSecurityPrograms passengerEligibleSecurityPrograms"
)

SEMANTIC_TAGS: Mapping[str, Key] = _table(
    Key("totalPrice", "CurrencyAmount", 12, TAGS),
    Key("wifiAccess", "[WifiNetwork]", 12, TAGS),
    Key("balance", "CurrencyAmount", 12, TAGS),
    Key("duration", "number", 12, TAGS),
    Key("seats", "[Seat]", 12, TAGS),
    Key("silenceRequested", "boolean", 12, TAGS),
    _alike("localizable", 12, TAGS, _EVENT_TEXTS),
    _alike("date", 12, TAGS, _EVENT_DATES),
    _alike("[text]", 12, TAGS, "albumIDs artistIDs playlistIDs"),
    Key("performerNames", "[localizable]", 12, TAGS),
    Key("eventStartDateInfo", "EventDateInfo", 18, TAGS),
    Key("eventType", "EventType", 12, TAGS),
    Key("tailgatingAllowed", "boolean", 18, TAGS),
    Key("venueLocation", "Coordinates", 12, TAGS),
    _alike("localizable", 12, TAGS, _SPORT_TEXTS),
    _alike("localizable", 12, TAGS, _TRANSIT_TEXTS),
    _alike("date", 12, TAGS, _TRANSIT_DATES),
    _alike("Coordinates", 12, TAGS, "departureLocation destinationLocation"),
    Key("passengerName", "PersonName", 12, TAGS),
    Key("membershipProgramStatus", "localizable", 26, TAGS),
    _alike("localizable", 12, TAGS, _RAIL_TEXTS),
    _alike("localizable", 12, TAGS, _AIR_TEXTS),
    Key("flightNumber", "number", 12, TAGS),
    _alike("localizable", 26, TAGS, "boardingZone departureCityName destinationCityName ticketFareClass"),
    Key("internationalDocumentsVerifiedDeclarationName", "localizable", 26, TAGS),
    Key("internationalDocumentsAreVerified", "boolean", 26, TAGS),
    _alike("timezone", 26, TAGS, "departureLocationTimeZone destinationLocationTimeZone"),
    _alike("[SecurityProgram]", 26, TAGS, _PROGRAM_LISTS),
    Key("passengerCapabilities", "[PassengerCapability]", 26, TAGS),
    _alike("[text]", 26, TAGS, _AIR_LISTS_26),
    _alike("timezone", 26, BUILDER, "departureAirportTimeZone destinationAirportTimeZone"),
    _alike("[SecurityProgram]", 26, BUILDER, "departureAirportSecurityPrograms destinationAirportSecurityPrograms"),
    Key("airlineLoungePlaceID", "text", 26, BUILDER),
    Key("venuePlaceID", "text", 26, "Apple, WWDC25 session 202: sample code"),
)

OBJECTS: Mapping[str, Mapping[str, Key]] = {
    "Pass": KEYS,
    "PassFields": _table(
        _alike("[Field]", 6, FIELDS, " ".join(FIELD_GROUPS[:5])),
        Key("additionalInfoFields", "[Field]", 18, FIELDS),
        Key("footerFields", "[Field]", 27, FIELDS),
        Key("transitType", "TransitType", 6, FIELDS),
    ),
    "Field": FIELD_KEYS,
    "SemanticTags": SEMANTIC_TAGS,
    "Barcode": _table(
        Key("format", "BarcodeFormat", 6, PASS, required=True),
        Key("message", "text", 6, PASS, required=True),
        Key("messageEncoding", "text", 6, PASS, required=True),
        Key("altText", "localizable", 6, PASS),
    ),
    "Location": _table(
        Key("latitude", "number", 6, PASS, required=True),
        Key("longitude", "number", 6, PASS, required=True),
        Key("altitude", "number", 6, PASS),
        Key("relevantText", "localizable", 6, PASS),
    ),
    "Beacon": _table(
        Key("proximityUUID", "text", 7, PASS, required=True),
        _alike("integer", 7, PASS, "major minor"),
        Key("relevantText", "localizable", 7, PASS),
    ),
    "RelevantDate": _table(
        _alike("date", 18, PASS, "date startDate endDate"),
        Key("relevantDate", "date", 18, OBSERVED, deprecated=26),
    ),
    "Nfc": _table(
        Key("message", "text", 9, PASS, required=True),
        Key("encryptionPublicKey", "text", 9, PASS, required=True),
        Key("requiresAuthentication", "boolean", 13.1, PASS),
    ),
    "FeaturedAction": _table(
        Key("identifier", "text", 27, PASS, required=True),
        Key("type", "FeaturedActionType", 27, PASS, required=True),
        Key("url", "text", 27, PASS, required=True),
    ),
    "UpcomingEntry": _table(
        Key("identifier", "text", 26, UPCOMING, required=True),
        Key("name", "localizable", 26, UPCOMING, required=True),
        Key("type", "UpcomingType", 26, UPCOMING, required=True),
        Key("dateInformation", "DateInformation", 26, UPCOMING),
        Key("isActive", "boolean", 26, UPCOMING),
        Key("semantics", "SemanticTags", 26, UPCOMING),
        _alike("[Field]", 26, UPCOMING, "additionalInfoFields backFields"),
        Key("auxiliaryStoreIdentifiers", "[integer]", 26, UPCOMING),
        Key("URLs", "UpcomingUrls", 26, UPCOMING),
        Key("images", "UpcomingImages", 26, UPCOMING),
    ),
    "DateInformation": _table(
        Key("date", "date", 26, UPCOMING),
        Key("timeZone", "timezone", 26, UPCOMING),
        _alike("boolean", 26, UPCOMING, "ignoreTimeComponents isAllDay isUnannounced isUndetermined"),
    ),
    "UpcomingUrls": _table([Key(key.name, key.type, 26, UPCOMING) for key in POSTER_EVENT_LINKS]),
    "UpcomingImages": _table(_alike("RemoteImage", 26, UPCOMING, "headerImage venueMap")),
    "RemoteImage": _table(
        Key("URLs", "[RemoteFile]", 26, UPCOMING),
        Key("reuseExisting", "boolean", 26, UPCOMING),
    ),
    "RemoteFile": _table(
        Key("URL", "url", 26, UPCOMING, required=True),
        Key("SHA256", "text", 26, UPCOMING, required=True),
        _alike("number", 26, UPCOMING, "scale size"),
    ),
    "CurrencyAmount": _table(_alike("text", 12, TAGS, "amount currencyCode")),
    "EventDateInfo": _table(
        Key("date", "date", 18, TAGS),
        Key("timeZone", "timezone", 18, TAGS),
        _alike("boolean", 18, TAGS, "ignoreTimeComponents unannounced undetermined"),
    ),
    "Coordinates": _table(
        Key("latitude", "number", 12, TAGS, required=True),
        Key("longitude", "number", 12, TAGS, required=True),
    ),
    "PersonName": _table(
        _alike("localizable", 12, TAGS, "familyName givenName middleName namePrefix nameSuffix nickname"),
        Key("phoneticRepresentation", "text", 12, TAGS),
    ),
    "Seat": _table(
        _alike(
            "localizable",
            12,
            TAGS,
            "seatAisle seatDescription seatIdentifier seatLevel seatNumber seatRow seatSection seatType",
        ),
        Key("seatSectionColor", "color", 18, TAGS),
    ),
    "WifiNetwork": _table(
        Key("ssid", "text", 12, TAGS, required=True),
        Key("password", "text", 12, TAGS, required=True),
    ),
    "Personalization": _table(
        Key("description", "localizable", 10, PERSONALIZE, required=True),
        Key("requiredPersonalizationFields", "[PersonalizationField]", 10, PERSONALIZE, required=True),
        Key("termsAndConditions", "localizable", 10, PERSONALIZE),
    ),
}

ENUMS: Mapping[str, tuple[str, ...]] = {
    "TransitType": _named("PKTransitType", "Air Boat Bus Generic Train"),
    "TextAlignment": _named("PKTextAlignment", "Left Center Right Natural"),
    "DataDetector": _named("PKDataDetectorType", "PhoneNumber Link Address CalendarEvent"),
    "DateStyle": _named("PKDateStyle", "None Short Medium Long Full"),
    "NumberStyle": _named("PKNumberStyle", "Decimal Percent Scientific SpellOut"),
    "BarcodeFormat": _named("PKBarcodeFormat", "QR PDF417 Aztec Code128 Code39 Codabar EAN13 I2of5"),
    "EventType": _named(
        "PKEventType", "Generic LivePerformance Movie Sports Conference Convention Workshop SocialGathering"
    ),
    "SecurityProgram": _named(
        "PKTransitSecurityProgram", "TSAPreCheck TSAPreCheckTouchlessID OSS ITI ITD GlobalEntry CLEAR"
    ),
    "PassengerCapability": _named(
        "PKPassengerCapability", "Preboarding PriorityBoarding Carryon PersonalItem LapInfant"
    ),
    "FeaturedActionType": _named(
        "",
        "viewSchedule watchTrailer listenToMusic call place addToBalance order shop membershipBenefits "
        "bookAppointment bookCar bookFlight bookStay viewOffersRewards",
    ),
    "UpcomingType": ("event",),
    "PersonalizationField": _named("PKPassPersonalizationField", "Name PostalCode EmailAddress PhoneNumber"),
}
TRANSIT_TYPES = ENUMS["TransitType"]
EVENT_TYPES = ENUMS["EventType"]
DATE_STYLES = ENUMS["DateStyle"]
NUMBER_STYLES = ENUMS["NumberStyle"]
TEXT_ALIGNMENTS = ENUMS["TextAlignment"]
