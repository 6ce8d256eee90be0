"""Paths and methods: those of the protocol, written in every permitted way, and all others."""

from __future__ import annotations

from walletpass.testing.protocol.rules import (
    HTTP,
    PERSONALIZE,
    SAFETY,
    SEEN,
    URI,
    RuleBook,
    expect,
    hold,
    refused,
)
from walletpass.testing.protocol.subject import Subject

BOOK = RuleBook()
rule = BOOK.rule

METHOD = "RFC 9110, section 15.5.6"


def _encoded(text: str, form: str = "%{:02X}") -> str:
    """Every byte percent-encoded, also those that need it not."""
    return "".join(form.format(byte) for byte in text.encode())


async def _opened(on: Subject, path: str) -> None:
    expect(await on.get(path, Authorization=on.one.authorization), 200)


@rule(URI)
async def a_serial_may_be_percent_encoded(on: Subject) -> None:
    """A serial with every character percent-encoded is the same serial."""
    await _opened(on, f"/v1/passes/{on.pass_type}/{_encoded(on.one.serial)}")


@rule(URI)
async def percent_encoding_may_be_in_lower_case(on: Subject) -> None:
    """`%2d` is `%2D`."""
    await _opened(on, f"/v1/passes/{on.pass_type}/{_encoded(on.one.serial, '%{:02x}')}")


@rule(URI)
async def a_pass_type_may_be_percent_encoded(on: Subject) -> None:
    """A pass type with every character percent-encoded is the same pass type."""
    await _opened(on, f"/v1/passes/{_encoded(on.pass_type)}/{_encoded(on.one.serial)}")


@rule(URI)
async def a_serial_is_decoded_once(on: Subject) -> None:
    """A serial that is encoded twice is another serial."""
    twice = _encoded(on.one.serial).replace("%", "%25")
    expect(await on.get(f"/v1/passes/{on.pass_type}/{twice}", Authorization=on.one.authorization), 401)


@rule(SEEN)
async def two_slashes_before_v1_do_no_harm(on: Subject) -> None:
    """A webServiceURL that ends in a slash makes `//v1`, which is served as `/v1`."""
    await _opened(on, f"/{on.one.path}")


@rule(SEEN)
async def registering_works_behind_two_slashes(on: Subject) -> None:
    """Registrations at `//v1` and at `/v1` are the same."""
    device = on.device()
    headers: dict[str, str | None] = {"Authorization": on.one.authorization}
    path = on.one.registration(device.identifier)
    device.registered.add(on.one)
    answer = await on.client.send("POST", on.service, f"/{path}", {"pushToken": device.push_token}, headers)
    expect(answer, 201)
    expect(await device.register(), 200)


@rule(HTTP)
async def a_query_does_no_harm(on: Subject) -> None:
    """An unknown parameter behind a pass is ignored."""
    await _opened(on, f"{on.one.path}?since=1")


@rule(HTTP)
async def unknown_paths_answer_404(on: Subject) -> None:
    """What the protocol does not know answers 404."""
    for path in ("/v1/nothing", "/v1", "/v1/devices", "/v1/passes", f"/v1/passes/{on.pass_type}"):
        expect(await on.get(path), 404)


@rule(HTTP)
async def another_version_answers_404(on: Subject) -> None:
    """`/v2` answers 404."""
    expect(await on.get(on.one.path.replace("/v1", "/v2"), Authorization=on.one.authorization), 404)


@rule(HTTP)
async def deeper_paths_answer_404(on: Subject) -> None:
    """Another part behind a pass answers 404."""
    expect(await on.get(f"{on.one.path}/more", Authorization=on.one.authorization), 404)


@rule(PERSONALIZE)
async def personalising_another_pass_answers_404(on: Subject) -> None:
    """A pass without enrolment form cannot be personalised: 404, or 401 without its secret."""
    body = b'{"personalizationToken": "a", "requiredPersonalizationInfo": {"emailAddress": "a@example.com"}}'
    expect(await on.client.send("POST", on.service, f"{on.one.path}/personalize", content=body), 404, 401)


async def _not_allowed(on: Subject, path: str, *methods: str) -> None:
    for method in methods:
        headers: dict[str, str | None] = {"Authorization": on.one.authorization}
        answer = await on.client.send(method, on.service, path, headers=headers)
        expect(answer, 405)
        hold(answer.headers.get("Allow"), "it has no Allow", answer)


@rule(METHOD)
async def other_methods_on_a_pass_answer_405(on: Subject) -> None:
    """A pass can be fetched alone: POST, PUT, PATCH and DELETE answer 405, and name what is allowed."""
    await _not_allowed(on, on.one.path, "POST", "PUT", "PATCH", "DELETE")


@rule(METHOD)
async def other_methods_on_a_registration_answer_405(on: Subject) -> None:
    """A registration is made and removed: GET, PUT and PATCH answer 405, and name what is allowed."""
    await _not_allowed(on, on.one.registration(on.device().identifier), "GET", "PUT", "PATCH")


@rule(METHOD)
async def other_methods_on_the_log_answer_405(on: Subject) -> None:
    """The log is written alone: GET, PUT and DELETE answer 405, and name what is allowed."""
    await _not_allowed(on, "/v1/log", "GET", "PUT", "DELETE")


@rule(METHOD)
async def an_invented_method_is_refused(on: Subject) -> None:
    """A method that nobody knows is refused."""
    answer = await on.client.send("BREW", on.service, on.one.path)
    expect(answer, 400, 405, 501)


@rule(SAFETY)
async def a_serial_with_a_null_byte_is_refused(on: Subject) -> None:
    """`%00` in a serial is refused as any unknown serial, and is no fault of the server."""
    refused(await on.get(f"{on.one.path}%00", Authorization=on.one.authorization))


@rule(SAFETY)
async def a_serial_of_broken_utf8_is_refused(on: Subject) -> None:
    """`%FF%FE` and overlong forms in a serial are refused, and are no fault of the server."""
    for serial in ("%FF%FE", "%C0%AF", "%ED%A0%80"):
        refused(await on.get(f"/v1/passes/{on.pass_type}/{serial}", Authorization=on.one.authorization))


@rule(SAFETY)
async def a_huge_serial_is_refused(on: Subject) -> None:
    """A serial of 20,000 characters is refused."""
    refused(await on.get(f"/v1/passes/{on.pass_type}/{'A' * 20_000}", Authorization=on.one.authorization))


@rule(SAFETY)
async def a_huge_device_identifier_is_refused(on: Subject) -> None:
    """A device identifier of 20,000 characters registers nothing."""
    refused(await on.client.register(on.one, "A" * 20_000, "0a1b"))


@rule(SAFETY)
async def climbing_paths_are_refused(on: Subject) -> None:
    """`..`, encoded or not, leads nowhere."""
    for path in (
        f"/v1/passes/{on.pass_type}/%2E%2E/{on.one.serial}",
        "/v1/%2e%2e/%2e%2e/etc/passwd",
        "/v1/passes/..%2F..%2F..%2Fetc%2Fpasswd/x",
        "/v1/passes/..;/x",
        "/v1/passes/%5C..%5Cx/y",
    ):
        refused(await on.get(path, Authorization=on.one.authorization))
