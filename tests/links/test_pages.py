"""What the pages are made of."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from walletpass_server.bootstrap import Platform
from walletpass_server.http.app import create_app
from walletpass_server.testing_links import Street, design, open_street

ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
INSTAGRAM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/21F90 Instagram 336.0.0.21.86 (iPhone15,2; iOS 17_5_1; fr_FR; fr; scale=3.00; 1179x2556)"
)


@pytest.fixture
def url(sqlite_url: str) -> str:
    """Pages are the same on every database."""
    return sqlite_url


def _links(page: str) -> list[str]:
    return re.findall(r'<a[^>]* href="([^"]+)"', page)


async def test_each_device_is_offered_its_own_way_first(street: Street) -> None:
    token = await street.token()
    path, apple, google = f"/p/{token}", f"/p/{token}.pkpass", f"/p/{token}/google"

    iphone = (await street.get(path)).text
    android = (await street.get(path, user_agent=ANDROID)).text
    computer = (await street.get(path, user_agent=WINDOWS)).text
    unknown = (await street.get(path, user_agent="Something/1.0")).text

    assert _links(iphone) == [apple, google]
    assert _links(android) == [google, apple]
    assert _links(computer) == [apple, google]
    assert _links(unknown) == [apple, google]
    assert [page.count("Another kind of phone?") for page in (iphone, android, computer, unknown)] == [1, 1, 0, 0]
    assert f'src="{path}/qr.svg"' in computer
    assert f'<p class="address">https://pass.example.com{path}</p>' in computer
    assert "qr.svg" not in iphone + android


async def test_an_app_that_cannot_add_passes_is_told_how_to_open_safari(street: Street) -> None:
    page = (await street.get(f"/o/{street.link}", user_agent=INSTAGRAM, accept_language="fr")).text

    assert "Ouvrez cette page dans Safari" in page
    assert f'<p class="address">https://pass.example.com/o/{street.link}</p>' in page
    assert 'class="button"' not in page


async def test_source_tags_go_along_from_a_computer_or_an_app_to_the_phone(street: Street) -> None:
    from io import BytesIO

    import zxingcpp
    from PIL import Image

    for path in (f"/o/{street.link}", f"/p/{await street.token()}"):
        tagged = f"{path}?utm_source=mail"
        assert f'src="{path}/qr.svg?utm_source=mail"' in (await street.get(tagged, user_agent=WINDOWS)).text
        address = f"https://pass.example.com{tagged}"
        assert f'<p class="address">{address}</p>' in (await street.get(tagged, user_agent=INSTAGRAM)).text
        code = await street.get(f"{path}/qr.png?utm_source=mail&other=1")
        (read,) = zxingcpp.read_barcodes(Image.open(BytesIO(code.content)).convert("L"))
        assert read.text == address


async def test_personal_pages_are_kept_by_nobody_and_lead_nowhere_else(street: Street) -> None:
    answer = await street.get(f"/p/{await street.token()}", user_agent=WINDOWS)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "etag" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert re.fullmatch(
        r"default-src 'none'; img-src 'self' data:; style-src 'sha256-[A-Za-z0-9+/=]+'; base-uri 'none'; "
        r"form-action 'none'; frame-ancestors 'none'",
        policy,
    )
    assert "<script" not in answer.text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', answer.text)


async def test_the_page_of_an_operation_is_asked_for_again_but_not_sent_twice(street: Street) -> None:
    picture = re.search(r'<img src="([^"]+)"', (await street.get(f"/o/{street.link}")).text)
    assert picture is not None
    await street.get(picture[1])
    first = await street.get(f"/o/{street.link}")

    again = await street.get(f"/o/{street.link}", if_none_match=first.headers["etag"])

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    french = await street.get(f"/o/{street.link}", if_none_match=first.headers["etag"], accept_language="fr")
    assert french.status_code == 200


async def test_pages_speak_french_and_english_and_the_brand_its_own_languages(street: Street) -> None:
    french = (await street.get(f"/o/{street.link}", accept_language="fr-FR,fr;q=0.9,en;q=0.5")).text
    english = (await street.get(f"/o/{street.link}", accept_language="en-GB")).text
    german = (await street.get(f"/o/{street.link}", accept_language="de")).text

    assert '<html lang="fr">' in french
    assert "10 % dans tous nos magasins" in french
    assert "Ajouter à Apple Wallet" in french
    assert '<html lang="en">' in english
    assert "10 % off in every shop" in english
    assert german == english


async def test_the_picture_is_small_keeps_for_ever_and_has_no_code_to_scan(street: Street) -> None:
    import zxingcpp

    page = (await street.get(f"/o/{street.link}")).text
    found = re.search(r'<img src="([^"]+\.webp)" width="375" alt="([^"]+)"', page)
    assert found is not None
    assert found[2] == "What the pass looks like: 10 % off in every shop"

    answer = await street.get(found[1])

    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(answer.content) <= 32_000
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.width == 750
        assert zxingcpp.read_barcodes(image.convert("L")) == []
    later = (await street.get(f"/o/{street.link}")).text
    assert re.search(r'width="375" height="\d+"', later)
    assert (await street.get(f"/o/{street.link}/{'0' * 24}.webp")).status_code == 404


async def test_a_pass_that_has_moved_is_shown_as_it_is_now(street: Street) -> None:
    from sqlalchemy import update

    from walletpass_server.persistence.tables import PassRow
    from walletpass_server.persistence.unit_of_work import ALL_CLIENTS

    token = await street.token()
    await street.get(f"/p/{token}.pkpass")
    before = (await street.get(f"/p/{token}")).text
    async with street.on.database.writing(ALL_CLIENTS) as unit:
        await unit.connection.execute(update(PassRow).values(model="used"))

    after = (await street.get(f"/p/{token}")).text

    pictures = [re.findall(r"[0-9a-f]{24}\.webp", page)[-1] for page in (before, after)]
    assert pictures[0] != pictures[1]
    assert (await street.get(f"/o/{street.link}/{pictures[1]}")).status_code == 200


async def test_a_design_that_cannot_be_drawn_makes_a_page_without_a_picture(
    on: Platform, http: httpx.AsyncClient
) -> None:
    street = await open_street(on, http, design(images={}))
    found = re.search(r'<img src="([^"]+)"', (await street.get(f"/o/{street.link}")).text)
    assert found is not None
    assert (await street.get(found[1])).status_code == 404

    assert "<img" not in (await street.get(f"/o/{street.link}")).text


async def test_names_with_markup_in_them_are_text(on: Platform, http: httpx.AsyncClient) -> None:
    nasty = '"><script>alert(1)</script>{{'.removesuffix("{{")
    street = await open_street(on, http, design(organization=nasty, description=nasty, languages=["en"]))

    page = (await street.get(f"/o/{street.link}?utm_source={nasty}")).text

    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("form", ["png", "svg"])
async def test_a_link_comes_as_a_code_too(street: Street, form: str) -> None:
    token = await street.token()

    public = await street.get(f"/o/{street.link}/qr.{form}")
    personal = await street.get(f"/p/{token}/qr.{form}")

    assert public.headers["content-type"] == personal.headers["content-type"] == {
        "png": "image/png", "svg": "image/svg+xml"
    }[form]  # fmt: skip
    assert personal.headers["cache-control"] == "no-store"
    assert (await street.get(f"/p/{'A' * 27}/qr.{form}")).status_code == 404


async def test_official_badges_come_from_the_operators_folder(street: Street, tmp_path: Path) -> None:
    for place in ("en", "fr"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "add-to-apple-wallet.svg").write_text(f"<svg><title>{place}</title></svg>")
    on = replace(street.on, settings=replace(street.on.settings, badges=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(on)), base_url="https://x.example") as http:
        page = (await http.get(f"/o/{street.link}", headers={"accept-language": "fr"})).text
        found = re.search(r'<a class="badge" href="([^"]+)" rel="nofollow"><img src="([^"]+)" alt="([^"]+)">', page)
        assert found is not None
        badge = await http.get(found[2])

    assert (found[1], found[3]) == (f"/o/{street.link}.pkpass", "Ajouter à Apple Wallet")
    assert ">Ajouter à Google Wallet</a>" in page
    assert (badge.text, badge.headers["content-type"]) == ("<svg><title>fr</title></svg>", "image/svg+xml")
    assert "sandbox" in badge.headers["content-security-policy"]


async def test_a_folder_of_badges_that_is_gone_leaves_text(street: Street, tmp_path: Path) -> None:
    on = replace(street.on, settings=replace(street.on.settings, badges=tmp_path / "gone"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(on)), base_url="https://x.example") as http:
        page = await http.get(f"/o/{street.link}")

    assert ">Add to Apple Wallet</a>" in page.text


async def test_an_operation_without_credentials_says_that_it_pauses(street: Street) -> None:
    await street.change(apple_credential_id=None, google_credential_id=None)

    answer = await street.get(f"/o/{street.link}")

    assert answer.status_code == 503
    assert "Paused for the moment" in answer.text
