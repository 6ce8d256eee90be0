"""`fetch_intermediate` against a server of our own: only the expected certificate comes through."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from walletpass.apple import fetch_intermediate
from walletpass.apple.fetching import LARGEST, WWDR_G4_SHA256, WWDR_G4_URL
from walletpass.errors import FetchError


@pytest.fixture(scope="module")
def pages() -> dict[str, tuple[int, dict[str, str], bytes]]:
    """Path to status, headers and body."""
    return {}


@pytest.fixture(scope="module")
def server(pages) -> Iterator[str]:
    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client had seen enough

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Pages) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@pytest.fixture
def wanted(authority) -> str:
    return authority.intermediate.fingerprint(SHA256()).hex()


def fetch(url: str, expected: str):
    return fetch_intermediate(url, expected_sha256=expected, allow_loopback=True)


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_the_expected_certificate_comes_through(server, pages, authority, wanted, encoding):
    pages["/g4.cer"] = (200, {}, authority.intermediate.public_bytes(encoding))
    assert fetch(f"{server}/g4.cer", wanted) == authority.intermediate


def test_the_fingerprint_may_be_written_with_colons_and_capitals(server, pages, authority, wanted):
    pages["/g4.cer"] = (200, {}, authority.intermediate_pem)
    assert fetch(f"{server}/g4.cer", bytes.fromhex(wanted).hex(":").upper()) == authority.intermediate


def test_another_certificate_is_refused(server, pages, authority, wanted):
    pages["/other.cer"] = (200, {}, authority.root_pem)
    with pytest.raises(FetchError, match=f"not {wanted}: nothing was kept"):
        fetch(f"{server}/other.cer", wanted)


@pytest.mark.parametrize("times", [0, 2])
def test_anything_but_one_certificate_is_refused(server, pages, authority, wanted, times):
    pages["/page"] = (200, {}, b"<html>" + authority.intermediate_pem * times)
    with pytest.raises(FetchError, match="does not answer with one certificate"):
        fetch(f"{server}/page", wanted)


def test_a_large_answer_is_not_read_to_its_end(server, pages, wanted):
    pages["/large"] = (200, {}, bytes(50 * LARGEST))
    with pytest.raises(FetchError, match="more than 65,536 bytes"):
        fetch(f"{server}/large", wanted)


def test_redirects_are_not_followed(server, pages, authority, wanted):
    pages["/g4.cer"] = (200, {}, authority.intermediate_pem)
    pages["/moved"] = (302, {"Location": "/g4.cer"}, b"")
    with (
        httpx.Client(follow_redirects=True) as client,
        pytest.raises(FetchError, match="answered 302 instead of 200"),
    ):
        fetch_intermediate(f"{server}/moved", expected_sha256=wanted, client=client, allow_loopback=True)


def test_a_missing_page_is_told(server, wanted):
    with pytest.raises(FetchError, match="answered 404 instead of 200"):
        fetch(f"{server}/absent", wanted)


def test_no_answer_is_told(wanted):
    with pytest.raises(FetchError, match="cannot be fetched"):
        fetch("http://127.0.0.1:1/g4.cer", wanted)


@pytest.mark.parametrize(
    "url", ["http://example.org/g4.cer", "ftp://example.org/g4.cer", "file:///etc/passwd", "g4.cer", ""]
)
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_other_addresses_than_https_are_refused_unasked(url, allow_loopback):
    with pytest.raises(FetchError, match="give an https address"):
        fetch_intermediate(url, allow_loopback=allow_loopback)


def test_this_machine_is_refused_unless_allowed(server, wanted):
    with pytest.raises(FetchError, match="give an https address"):
        fetch_intermediate(f"{server}/g4.cer", expected_sha256=wanted)


def test_apples_certificate_is_asked_for_by_default_and_nothing_else_taken(authority):
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=authority.intermediate_pem)

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as client,
        pytest.raises(FetchError, match=WWDR_G4_SHA256),
    ):
        fetch_intermediate(client=client)
    assert asked == [WWDR_G4_URL]
