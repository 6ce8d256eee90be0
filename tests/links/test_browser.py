"""
The pages in a real browser: by phone and computer, light and dark, French and English, judged by axe-core.

Screenshots of what was judged are left in the test's folder.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, async_playwright

from walletpass.files import load_model
from walletpass.matrix import Matrix
from walletpass_server.bootstrap import Platform
from walletpass_server.engine.tokens import find_token, revoke
from walletpass_server.http.app import create_app
from walletpass_server.serving.web import WebServer, listen
from walletpass_server.testing_links import design, now, open_street, period

pytestmark = pytest.mark.browser

EXAMPLES = Path(__file__).parents[2] / "examples"
MOST_BYTES = 50_000
_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_IOS = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) {_WEBKIT}"
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
DEVICES: dict[str, tuple[str, dict[str, int]]] = {
    "iphone": (f"{_IOS} Version/17.5 Mobile/15E148 Safari/604.1", PHONE),
    "in-app": (f"{_IOS} Mobile/21F90 Instagram 336.0.0.21.86 (iPhone15,2; iOS 17_5_1; fr_FR)", PHONE),
    "android": ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36", PHONE),
    "computer": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36",
        DESKTOP,
    ),
}


@dataclass
class Seen:
    """
    A page in a browser, and what it did.

    Attributes:
        requests: Addresses it asked for.
        received: Bytes of their bodies.
        complaints: What the browser wrote on its console, such as a breach of the page's policy.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    received: int = 0
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def base(on: Platform) -> AsyncIterator[str]:
    """The address of the platform, served on a port of this machine."""
    listener = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = WebServer(create_app(replace(on, settings=replace(on.settings, public_url=address))))
    serving = asyncio.create_task(server.serve([listener]))
    yield address
    server.should_exit = True
    await serving


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "these tests need Chromium: install it with the system's package manager"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        await opened.close()


@asynccontextmanager
async def look(
    browser: Browser, address: str, device: str, *, locale: str = "en-GB", scheme: Any = "light", **options: Any
) -> AsyncIterator[Seen]:
    agent, viewport = DEVICES[device]
    settings = {"user_agent": agent, "viewport": viewport, "locale": locale, "color_scheme": scheme, **options}
    context = await browser.new_context(**settings)
    try:
        seen = Seen(await context.new_page())
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("console", lambda message: seen.complaints.append(message.text))
        answers: list[Any] = []
        seen.page.on("response", lambda answer: answers.append(answer))
        await seen.page.goto(address, wait_until="networkidle")
        seen.received = sum([len(await answer.body()) for answer in answers])
        yield seen
    finally:
        await context.close()


async def faults(page: Page) -> list[str]:
    """What axe-core finds on a page that keeps people out."""
    await page.evaluate(AXE_SCRIPT)
    result = await page.evaluate("axe.run()")
    return [
        f"{found['id']} ({found['impact']}): {found['nodes'][0]['html']}"
        for found in result["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def coupon(**changes: Any) -> Matrix:
    """A Matrix of one Model with pictures in two languages: the first of the examples."""
    model = load_model(EXAMPLES / "01_coupon.yaml").model_copy(update=changes)
    document = {"matrix": "small", "pass_type": "coupon", "start": "active", "models": {"active": "active"}}
    return Matrix.read(document, model=lambda _: model)


async def _warm(base: str, path: str) -> None:
    """Have the pictures drawn, as they are for everybody but the first visitor."""
    async with httpx.AsyncClient(base_url=base, timeout=60) as http:
        for agent, _ in DEVICES.values():
            for language in ("en", "fr"):
                headers = {"user-agent": agent, "accept-language": language}
                page = (await http.get(path, headers=headers)).text
                await http.get("/o/" + page.split('<img src="/o/')[1].split('"')[0])


async def test_pages_let_everybody_in_on_every_device(
    on: Platform, http: httpx.AsyncClient, base: str, browser: Browser, tmp_path: Path
) -> None:
    street = await open_street(on, http, coupon())
    token = await street.token()
    await _warm(base, f"/p/{token}")
    for device in DEVICES:
        for locale, scheme in (("fr-FR", "light"), ("en-GB", "dark")):
            async with look(browser, f"{base}/p/{token}", device, locale=locale, scheme=scheme) as seen:
                await seen.page.screenshot(path=tmp_path / f"{device}-{locale}-{scheme}.png", full_page=True)
                where = f"{device} {locale} {scheme}"
                assert all(request.startswith((base, "data:")) for request in seen.requests), where
                assert seen.received < MOST_BYTES, where
                assert await faults(seen.page) == [], where
                assert seen.complaints == [], where


async def test_pages_can_be_read_in_the_colours_of_any_brand(
    on: Platform, http: httpx.AsyncClient, base: str, browser: Browser, tmp_path: Path
) -> None:
    for number, colour in enumerate(["#ffffff", "#0a0a0a", "#ffd400", "#7a7a7a", "#e4002b"]):
        street = await open_street(on, http, design(colors={"background": colour}), slug=f"shop-{number}")
        for device, scheme in (("iphone", "light"), ("computer", "dark")):
            async with look(browser, f"{base}/o/{street.link}", device, scheme=scheme) as seen:
                await seen.page.screenshot(path=tmp_path / f"{colour[1:]}-{device}-{scheme}.png", full_page=True)
                assert await faults(seen.page) == [], (colour, device, scheme)


async def test_pages_that_refuse_let_everybody_in_too(
    on: Platform, http: httpx.AsyncClient, base: str, browser: Browser, tmp_path: Path
) -> None:
    street = await open_street(on, http, design(), period(timedelta(days=2), timedelta(days=9)))
    token = await street.token()
    async with on.database.writing(street.client_id) as unit:
        await revoke(unit, (await find_token(unit, token)).id, now())
    pages = {"early": f"/o/{street.link}", "revoked": f"/p/{token}", "unknown": "/p/nothing"}
    for name, path in pages.items():
        for device, locale, scheme in (("iphone", "fr-FR", "light"), ("computer", "en-GB", "dark")):
            async with look(browser, base + path, device, locale=locale, scheme=scheme) as seen:
                await seen.page.screenshot(path=tmp_path / f"{name}-{device}-{scheme}.png", full_page=True)
                assert await faults(seen.page) == [], (name, device)
                assert all(request.startswith((base, "data:")) for request in seen.requests)


async def test_a_pass_is_had_without_javascript_by_keyboard_and_on_the_smallest_screen(
    on: Platform, http: httpx.AsyncClient, base: str, browser: Browser
) -> None:
    street = await open_street(on, http)
    token = await street.token()
    async with look(
        browser, f"{base}/p/{token}", "iphone", java_script_enabled=False, viewport={"width": 320, "height": 568}
    ) as seen:
        width = (await seen.page.screenshot(full_page=True))[16:20]
        assert int.from_bytes(width, "big") == 320, "nothing sticks out to the right"
        await seen.page.keyboard.press("Tab")
        async with seen.page.expect_download() as downloading:
            await seen.page.keyboard.press("Enter")
        downloaded = await downloading.value
        assert downloaded.suggested_filename == "pass.pkpass"
        assert (await downloaded.path()).read_bytes() == b"PK-%d" % street.apple.handed[0]
