"""ETags: the version of a thing, so that nobody overwrites what somebody else changed meanwhile."""

from __future__ import annotations

from walletpass.errors import VersionDiffers


def etag(version: object) -> str:
    """A strong ETag."""
    return f'"{version}"'


def require_match(if_match: str | None, current: str) -> None:
    """
    Let a change go on only if it means the current version; without If-Match it always does.

    Raises:
        VersionDiffers: It means another one.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if current not in (tag.strip() for tag in if_match.split(",")):
        raise VersionDiffers(f"it is {current} by now, not {if_match[:60]}: read it again, then change it")
