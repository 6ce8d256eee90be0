"""
What kind of device asks, told from the headers of its request: it decides which link comes first, never who may have
a pass.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum


class Device(Enum):
    """Who asks, as far as a page cares."""

    IPHONE = "iphone"
    """A browser that adds passes: Safari, Chrome, Firefox, Edge and others."""
    IPHONE_IN_APP = "iphone-in-app"
    """A browser inside an app, which shows pages but adds no pass."""
    ANDROID = "android"
    MAC = "mac"
    """Safari on a Mac, which opens passes. Safari on an iPad says the same of itself."""
    COMPUTER = "computer"
    """Another computer; also an iPad that says so: it has no Wallet."""
    OTHER = "other"
    ROBOT = "robot"
    """Makes previews and indexes: gets pages alone."""


_ROBOTS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|facebookexternalhit|facebookcatalog|^whatsapp/|preview|google-inspectiontool"
    r"|googleother|google-safety|google-read-aloud|googleimageproxy|mediapartners-google|chrome-lighthouse"
    r"|apis-google|feedfetcher-google|(?:chatgpt|claude|perplexity)-user|meta-external|mastodon/|cardyb"
    r"|yahoomailproxy|iframely|embedly|outbrain|vkshare|w3c_validator|microsoft office|ms-?office|barracuda|mimecast"
    r"|proofpoint|urlscan|uptime|pingdom|statuscake|monitoring",
    re.IGNORECASE,
)
"""Cubot makes telephones."""

_IOS = re.compile(r"\((?:iPhone|iPod)")
_IN_APP = re.compile(
    r"FBAN|FBAV|FB_IAB|Instagram|Barcelona|musical_ly|BytedanceWebview|TikTok|trill_|LinkedInApp|\bGSA/|\bLine/"
    r"|MicroMessenger|KAKAOTALK|NAVER\(inapp|Snapchat|Pinterest|Twitter for iPhone|Weibo|YJApp|WhatsApp|TeamsMobile"
    r"|\bDiscord|Reddit/",
)
_OTHER_ENGINE = re.compile(r"Chrome/|Chromium/|CriOS/|Edg/|EdgiOS/|Firefox/|FxiOS/|OPR/|OPiOS/|OPT/|DuckDuckGo/|Ddg/")
_IOS_BROWSER = re.compile(r"CriOS/|EdgiOS/|FxiOS/|OPiOS/|OPT/")
_COMPUTERS = re.compile(r"Windows NT|Macintosh|X11;|CrOS |Linux x86_64|\(iPad")
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_PARTS = frozenset({"image", "script", "style", "font", "audio", "video", "track", "manifest", "embed", "object"})
"""Of a page: what a browser fetches for its sake (Sec-Fetch-Dest)."""


def device_of(headers: Mapping[str, str]) -> Device:
    """
    The device of a request.

    Args:
        headers: Of the request, names in small letters.
    """
    agent = headers.get("user-agent", "")
    if _ROBOTS.search(agent):
        return Device.ROBOT
    if _IOS.search(agent):
        # A browser inside an app is WebKit without the word Safari, unless the app has put its own name there.
        in_app = _IN_APP.search(agent) or not ("Safari/" in agent or _IOS_BROWSER.search(agent))
        return Device.IPHONE_IN_APP if in_app else Device.IPHONE
    if "Android" in agent or headers.get("sec-ch-ua-platform") == '"Android"':
        return Device.ANDROID
    if "Macintosh" in agent and "Version/" in agent and "Safari/" in agent and not _OTHER_ENGINE.search(agent):
        return Device.MAC
    return Device.COMPUTER if _COMPUTERS.search(agent) else Device.OTHER


def fetched_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetches this before anybody asked for it: a guess at the next click, a thumbnail, a picture."""
    if headers.get("sec-fetch-dest") in _PARTS:
        return True
    return any("prefetch" in (said := headers.get(name, "")) or "preview" in said for name in _AHEAD)
