"""When and where Wallet suggests the pass: places, beacons, dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from walletpass.apple.verify.values import read_date
from walletpass.apple.verify.wording import place, shown
from walletpass.findings import Finding, error, note, warning
from walletpass.templates.apple import (
    MAX_BEACON_NUMBER,
    MAX_BEACON_UUIDS,
    MAX_LOCATIONS,
    MAX_RELEVANT_HOURS,
    PASS,
)

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def check_relevance(document: dict[str, Any]) -> Iterator[Finding]:
    """`locations`, `beacons`, `relevantDates`."""
    yield from _locations(document.get("locations"))
    yield from _beacons(document.get("beacons"))
    dates = document.get("relevantDates")
    if dates and "relevantDate" not in document:
        says = "systems before iOS 18 know only relevantDate, and will not suggest the pass"
        yield note("relevant-date-new-only", place("pass.json", "relevantDates"), says, PASS, "Give relevantDate too.")
    for at, entry in enumerate(dates if isinstance(dates, list) else ()):
        if isinstance(entry, dict):
            yield from _relevant_date(entry, place("pass.json", "relevantDates", at))


def check_coordinates(value: dict[str, Any], where: str) -> Iterator[Finding]:
    """Latitude within ±90, longitude within ±180."""
    for key, bound in (("latitude", 90), ("longitude", 180)):
        degrees = value.get(key)
        if isinstance(degrees, int | float) and not isinstance(degrees, bool) and not -bound <= degrees <= bound:
            says = f"{shown(degrees)} is outside of ±{bound} degrees"
            yield error("coordinate-out-of-range", f"{where}/{key}", says, PASS, "Check the coordinates.")


def _locations(locations: Any) -> Iterator[Finding]:
    if not isinstance(locations, list):
        return
    where = place("pass.json", "locations")
    if len(locations) > MAX_LOCATIONS.value:
        says = f"it has {len(locations)} places, Wallet takes {MAX_LOCATIONS.value}"
        yield error("locations-too-many", where, says, MAX_LOCATIONS.source, "Keep the most useful ones.")
    for at, location in enumerate(locations):
        if isinstance(location, dict):
            yield from check_coordinates(location, f"{where}/{at}")


def _beacons(beacons: Any) -> Iterator[Finding]:
    if not isinstance(beacons, list):
        return
    where = place("pass.json", "beacons")
    uuids = set()
    for at, beacon in enumerate(beacons):
        if not isinstance(beacon, dict):
            continue
        uuid = beacon.get("proximityUUID")
        if isinstance(uuid, str):
            uuids.add(uuid.lower())
            if not _UUID.fullmatch(uuid):
                says = f"{shown(uuid)} is not a UUID"
                yield error("beacon-uuid-invalid", f"{where}/{at}/proximityUUID", says, PASS, "Write it with hyphens.")
        for key in ("major", "minor"):
            number = beacon.get(key)
            if isinstance(number, int | float) and not 0 <= number <= MAX_BEACON_NUMBER.value:
                says = f"{shown(number)} is not between 0 and {MAX_BEACON_NUMBER.value}"
                yield error("beacon-number-out-of-range", f"{where}/{at}/{key}", says, PASS, "Check the beacon.")
    if len(uuids) > MAX_BEACON_UUIDS.value:
        says = f"it has {len(uuids)} different UUIDs, Wallet takes {MAX_BEACON_UUIDS.value}"
        yield warning(
            "beacons-too-many", where, says, MAX_BEACON_UUIDS.source, "Tell beacons apart by major and minor."
        )


def _relevant_date(entry: dict[str, Any], where: str) -> Iterator[Finding]:
    single = "date" in entry or "relevantDate" in entry
    interval = {"startDate", "endDate"} & entry.keys()
    if single == bool(interval) or len(interval) == 1:
        says = "it needs either date, or startDate together with endDate"
        yield error("relevant-date-incomplete", where, says, PASS, "Give one date, or start and end.")
        return
    start, end = (
        read_date(entry[key]) if isinstance(entry.get(key), str) else None for key in ("startDate", "endDate")
    )
    if start is None or end is None:
        return
    if end < start:
        yield error("end-before-start", where, "endDate lies before startDate", PASS, "Exchange them.")
    elif end - start > timedelta(hours=MAX_RELEVANT_HOURS.value):
        says = f"it spans more than {MAX_RELEVANT_HOURS.value} hours"
        hint = "Give one entry for each day."
        yield warning("relevant-date-too-long", where, says, MAX_RELEVANT_HOURS.source, hint)
