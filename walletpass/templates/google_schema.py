"""
Google Wallet's nested schemas, as data: the live values of each enum, and which fields go together.

The discovery document holds the enums; the combinations stand in its prose only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ENUMS: dict[str, tuple[str, ...]] = {
    "ActivationStatus.state": ("UNKNOWN_STATE", "NOT_ACTIVATED", "ACTIVATED"),
    "Barcode.renderEncoding": ("UTF_8",),
    "Barcode.type": (
        "AZTEC", "CODE_39", "CODE_128", "CODABAR", "DATA_MATRIX", "EAN_8", "EAN_13", "ITF_14", "PDF_417", "QR_CODE",
        "UPC_A", "TEXT_ONLY",
    ),
    "BoardingAndSeatingInfo.boardingDoor": ("FRONT", "BACK"),
    "BoardingAndSeatingPolicy.boardingPolicy": ("ZONE_BASED", "GROUP_BASED", "BOARDING_POLICY_OTHER"),
    "BoardingAndSeatingPolicy.seatClassPolicy": (
        "CABIN_BASED", "CLASS_BASED", "TIER_BASED", "SEAT_CLASS_POLICY_OTHER",
    ),
    "EventDateTime.doorsOpenLabel": ("DOORS_OPEN", "GATES_OPEN"),
    "EventTicketClass.confirmationCodeLabel": (
        "CONFIRMATION_CODE", "CONFIRMATION_NUMBER", "ORDER_NUMBER", "RESERVATION_NUMBER",
    ),
    "EventTicketClass.gateLabel": ("GATE", "DOOR", "ENTRANCE"),
    "EventTicketClass.rowLabel": ("ROW",),
    "EventTicketClass.seatLabel": ("SEAT",),
    "EventTicketClass.sectionLabel": ("SECTION", "THEATER"),
    "FieldReference.dateFormat": (
        "DATE_TIME", "DATE_ONLY", "TIME_ONLY", "DATE_TIME_YEAR", "DATE_YEAR", "YEAR_MONTH", "YEAR_MONTH_DAY",
    ),
    "FirstRowOption.transitOption": ("ORIGIN_AND_DESTINATION_NAMES", "ORIGIN_AND_DESTINATION_CODES", "ORIGIN_NAME"),
    "FlightClass.flightStatus": ("SCHEDULED", "ACTIVE", "LANDED", "CANCELLED", "REDIRECTED", "DIVERTED"),
    "GenericObject.genericType": (
        "GENERIC_SEASON_PASS", "GENERIC_UTILITY_BILLS", "GENERIC_PARKING_PASS", "GENERIC_VOUCHER",
        "GENERIC_GYM_MEMBERSHIP", "GENERIC_LIBRARY_MEMBERSHIP", "GENERIC_RESERVATIONS", "GENERIC_AUTO_INSURANCE",
        "GENERIC_HOME_INSURANCE", "GENERIC_ENTRY_TICKET", "GENERIC_RECEIPT", "GENERIC_LOYALTY_CARD",
        "GENERIC_BUSINESS_CARD", "GENERIC_BARCODE_PASS", "GENERIC_MEMBERSHIP_CARD", "GENERIC_STUDENT_CARD",
        "GENERIC_TRANSIT_PASS", "GENERIC_VEHICLE_REGISTRATION", "GENERIC_OTHER",
    ),
    "LoyaltyClass.multipleDevicesAndHoldersAllowedStatus": (
        "MULTIPLE_HOLDERS", "ONE_USER_ALL_DEVICES", "ONE_USER_ONE_DEVICE",
    ),
    "LoyaltyClass.reviewStatus": ("UNDER_REVIEW", "APPROVED", "REJECTED", "DRAFT"),
    "LoyaltyClass.viewUnlockRequirement": ("UNLOCK_NOT_REQUIRED", "UNLOCK_REQUIRED_TO_VIEW"),
    "LoyaltyObject.notifyPreference": ("NOTIFY_ON_UPDATE",),
    "LoyaltyObject.state": ("ACTIVE", "COMPLETED", "EXPIRED", "INACTIVE"),
    "Message.messageType": ("TEXT", "EXPIRATION_NOTIFICATION", "TEXT_AND_NOTIFY"),
    "OfferClass.redemptionChannel": ("INSTORE", "ONLINE", "BOTH", "TEMPORARY_PRICE_REDUCTION"),
    "PassConstraints.nfcConstraint": ("BLOCK_PAYMENT", "BLOCK_CLOSED_LOOP_TRANSIT"),
    "PassConstraints.screenshotEligibility": ("ELIGIBLE", "INELIGIBLE"),
    "RotatingBarcodeTotpDetails.algorithm": ("TOTP_SHA1",),
    "SecurityAnimation.animationType": ("FOIL_SHIMMER",),
    "TemplateItem.predefinedItem": (
        "FREQUENT_FLYER_PROGRAM_NAME_AND_NUMBER", "FLIGHT_NUMBER_AND_OPERATING_FLIGHT_NUMBER",
    ),
    "TicketSeat.fareClass": ("ECONOMY", "FIRST", "BUSINESS"),
    "TransitClass.transitType": ("BUS", "RAIL", "TRAM", "FERRY", "OTHER"),
    "TransitObject.concessionCategory": ("ADULT", "CHILD", "SENIOR"),
    "TransitObject.passengerType": ("SINGLE_PASSENGER", "MULTIPLE_PASSENGERS"),
    "TransitObject.ticketStatus": ("USED", "REFUNDED", "EXCHANGED"),
    "TransitObject.tripType": ("ROUND_TRIP", "ONE_WAY"),
}  # fmt: skip
"""
Live values by `Schema.property`. A property that every class or object has stands under Loyalty's name.
The `..._UNSPECIFIED` values and the old camelCase spellings may be read, never sent. Source: DISCOVERY.
"""


@dataclass(frozen=True, slots=True)
class SchemaRule:
    """
    Which fields of one schema go together.

    Attributes:
        need: `all` of the fields, `exactly one`, `at least one`, or `at most one`.
    """

    schema: str
    need: Literal["all", "exactly one", "at least one", "at most one"]
    fields: tuple[str, ...]


RULES: tuple[SchemaRule, ...] = (
    SchemaRule("AirportInfo", "all", ("airportIataCode",)),
    SchemaRule("CardRowTemplateInfo", "exactly one", ("oneItem", "twoItems", "threeItems")),
    SchemaRule("EventDateTime", "at most one", ("doorsOpenLabel", "customDoorsOpenLabel")),
    SchemaRule("EventTicketClass", "at most one", ("confirmationCodeLabel", "customConfirmationCodeLabel")),
    SchemaRule("EventTicketClass", "at most one", ("gateLabel", "customGateLabel")),
    SchemaRule("EventTicketClass", "at most one", ("rowLabel", "customRowLabel")),
    SchemaRule("EventTicketClass", "at most one", ("seatLabel", "customSeatLabel")),
    SchemaRule("EventTicketClass", "at most one", ("sectionLabel", "customSectionLabel")),
    SchemaRule("EventVenue", "all", ("name", "address")),
    SchemaRule("FlightCarrier", "exactly one", ("carrierIataCode", "carrierIcaoCode")),
    SchemaRule("FlightHeader", "all", ("carrier", "flightNumber")),
    SchemaRule("FrequentFlyerInfo", "all", ("frequentFlyerNumber",)),
    SchemaRule("Image", "exactly one", ("sourceUri", "privateImageId")),
    SchemaRule("LoyaltyPoints", "all", ("balance",)),
    SchemaRule("LoyaltyPointsBalance", "exactly one", ("string", "int", "double", "money")),
    SchemaRule("TemplateItem", "exactly one", ("firstValue", "predefinedItem")),
    SchemaRule("TicketLeg", "at least one", ("originName", "originStationCode")),
    SchemaRule("TicketLeg", "at most one", ("ticketSeat", "ticketSeats")),
    SchemaRule("TicketSeat", "at most one", ("fareClass", "customFareClass")),
    SchemaRule("TransitObject", "at most one", ("ticketLeg", "ticketLegs")),
    SchemaRule("TransitObject", "at most one", ("concessionCategory", "customConcessionCategory")),
    SchemaRule("TransitObject", "at most one", ("ticketStatus", "customTicketStatus")),
)
"""Source: DISCOVERY, in the descriptions of the properties."""
