"""User agents as real devices send them."""

from __future__ import annotations

import pytest

from walletpass_server.links.devices import Device, device_of, fetched_ahead

_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IOS = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {_WEBKIT}"
_ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT}"
_CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

AGENTS = {
    Device.IPHONE: [
        f"{_IOS} Version/17.5 Mobile/15E148 Safari/604.1",
        f"{_IOS} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
        f"{_IOS} FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
        f"{_IOS} Version/17.0 EdgiOS/125.0.2535.60 Mobile/15E148 Safari/605.1.15",
        f"{_IOS} Version/17.5 Mobile/15E148 Safari/604.1 OPT/4.7.0",
        f"{_IOS} Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
        "Mozilla/5.0 (iPod touch; CPU iPhone OS 15_8 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/15.6 Mobile/15E148 Safari/604.1",
    ],
    Device.IPHONE_IN_APP: [
        f"{_IOS} Mobile/15E148",
        f"{_IOS} Mobile/21F90 [FBAN/FBIOS;FBAV/467.0.0.40.106;FBBV/609104340;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS]",
        f"{_IOS} Mobile/21F90 [FBAN/MessengerForiOS;FBAV/461.0.0.29.107;FBBV/605236921;FBDV/iPhone14,5]",
        f"{_IOS} Mobile/21F90 Instagram 336.0.0.21.86 (iPhone15,2; iOS 17_5_1; fr_FR; fr; scale=3.00; 1179x2556)",
        f"{_IOS} Mobile/15E148 musical_ly_35.0.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/fr",
        f"{_IOS} Mobile/15E148 [LinkedInApp]/9.29.4813",
        f"{_IOS} GSA/320.0.640233128 Mobile/15E148 Safari/604.1",
        f"{_IOS} Mobile/15E148 Safari Line/14.9.1",
        f"{_IOS} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN",
        f"{_IOS} Mobile/15E148 Snapchat/12.92.0.45 (like Safari/8618.2.12.10.9, panda)",
        f"{_IOS} Mobile/15E148 [Pinterest/iOS]",
        f"{_IOS} Version/17.5 Mobile/15E148 Safari/604.1 Twitter for iPhone/10.43",
        f"{_IOS} Mobile/15E148 KAKAOTALK 10.8.3",
    ],
    Device.ANDROID: [
        f"{_ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        f"{_ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
        f"{_ANDROID} Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36 Instagram 336.0.0.35.90 Android",
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 Mobile Safari/537.36",
    ],
    Device.MAC: [f"{_MAC} Version/17.5 Safari/605.1.15"],
    Device.COMPUTER: [
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROMIUM}",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROMIUM} Edg/126.0.0.0",
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROMIUM}",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
        f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_CHROMIUM}",
        f"{_MAC} CriOS/126.0.6478.54 Version/17.5 Safari/605.1.15",
        f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {_WEBKIT} Version/17.5 Mobile/15E148 Safari/604.1",
    ],
    Device.ROBOT: [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
        "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "WhatsApp/2.24.12.78 A",
        "TelegramBot (like TwitterBot)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        f"{_ANDROID} Chrome/126.0.6478.61 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        f"{_MAC} Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/)",
        "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)",
        "http.rb/5.1.1 (Mastodon/4.2.10; +https://mastodon.example/)",
        "meta-externalfetcher/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
        "FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)",
    ],
    Device.OTHER: ["", "curl/8.5.0", "python-httpx/0.27.0", "Opera/9.80 (J2ME/MIDP; Opera Mini/9.80)"],
}  # fmt: skip


@pytest.mark.parametrize(("device", "agent"), [(device, agent) for device, all_ in AGENTS.items() for agent in all_])
def test_a_device_is_told_by_what_it_says_of_itself(device: Device, agent: str) -> None:
    assert device_of({"user-agent": agent}) is device


def test_an_android_phone_that_asks_for_the_desktop_site_is_told_by_its_client_hint() -> None:
    agent = f"Mozilla/5.0 (X11; Linux x86_64) {_CHROMIUM}"

    assert device_of({"user-agent": agent, "sec-ch-ua-platform": '"Android"'}) is Device.ANDROID


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "script"),
    ],
)
def test_what_a_browser_fetches_before_it_is_asked_is_noticed(name: str, value: str) -> None:
    assert fetched_ahead({name: value})
    assert not fetched_ahead({"accept": "prefetch"})
    assert not fetched_ahead({"sec-fetch-dest": "document"})
