"""Who may fetch a pass, and what those learn who may not."""

from __future__ import annotations

import httpx

from walletpass.testing.protocol.rules import FETCH, SAFETY, SEEN, UPDATING, Need, RuleBook, expect, hold
from walletpass.testing.protocol.subject import Subject
from walletpass.testing.web_service import PassAddress

BOOK = RuleBook()
rule = BOOK.rule

WRONG = "ApplePass 0123456789abcdef0123456789abcdef"
_VARYING = frozenset({"date", "x-request-id", "server-timing"})


async def _refused(on: Subject, authorization: str | None, method: str = "GET") -> httpx.Response:
    return expect(await on.client.fetch(on.one, method=method, Authorization=authorization), 401)


def _stranger(on: Subject, *, pass_type: str | None = None) -> PassAddress:
    """A pass that does not exist."""
    return PassAddress(on.service, pass_type or on.pass_type, f"{on.one.serial}-unknown", on.one.secret)


@rule(FETCH)
async def a_wrong_secret_answers_401(on: Subject) -> None:
    """A wrong secret answers 401."""
    await _refused(on, WRONG)


@rule(FETCH)
async def no_secret_answers_401(on: Subject) -> None:
    """Without Authorization the answer is 401."""
    await _refused(on, None)


@rule(FETCH)
async def an_empty_secret_answers_401(on: Subject) -> None:
    """The scheme alone, and no value at all, answer 401."""
    await _refused(on, "ApplePass")
    await _refused(on, "")


@rule(FETCH, Need.SECOND_PASS)
async def each_pass_has_a_secret_of_its_own(on: Subject) -> None:
    """The secret of one pass does not open another."""
    hold(on.one.secret != on.other.secret, "two passes have the same secret")
    await _refused(on, on.other.authorization)


@rule(FETCH)
async def a_secret_counts_to_its_last_character(on: Subject) -> None:
    """A secret with a character more, or less, or in other case is wrong."""
    for secret in (on.one.secret + "0", on.one.secret[:-1], on.one.secret.swapcase()):
        if secret != on.one.secret:
            await _refused(on, f"ApplePass {secret}")


@rule(UPDATING)
async def the_scheme_is_case_sensitive(on: Subject) -> None:
    """The scheme is `ApplePass`, as phones write it."""
    await _refused(on, f"applepass {on.one.secret}")


@rule(UPDATING)
async def another_scheme_answers_401(on: Subject) -> None:
    """`Bearer` with the right secret answers 401."""
    await _refused(on, f"Bearer {on.one.secret}")


@rule(UPDATING)
async def a_secret_without_scheme_answers_401(on: Subject) -> None:
    """The secret alone answers 401."""
    await _refused(on, on.one.secret)


@rule(SEEN)
async def spaces_around_the_secret_do_no_harm(on: Subject) -> None:
    """More spaces between scheme and secret than one are tolerated; those around both are HTTP's affair."""
    expect(await on.client.fetch(on.one, Authorization=f"ApplePass   {on.one.secret}"), 200)


@rule(SAFETY)
async def a_secret_of_any_bytes_breaks_nothing(on: Subject) -> None:
    """A secret that is not ASCII answers 401."""
    await _refused(on, "ApplePass é\N{SNOWMAN}")


@rule(SAFETY)
async def a_huge_secret_is_refused(on: Subject) -> None:
    """A secret of 6,000 characters is refused."""
    expect(await on.client.fetch(on.one, Authorization="ApplePass " + "a" * 6000), 401, 431, 400)


def _alike(known: httpx.Response, unknown: httpx.Response) -> None:
    expect(known, 401)
    expect(unknown, 401)
    hold(known.content == unknown.content, "the bodies of a wrong secret and an unknown pass differ", unknown)
    ours, theirs = (
        sorted((name, value) for name, value in answer.headers.items() if name not in _VARYING)
        for answer in (known, unknown)
    )
    hold(ours == theirs, "the headers of a wrong secret and an unknown pass differ", unknown)


@rule(SAFETY)
async def an_unknown_serial_looks_like_a_wrong_secret(on: Subject) -> None:
    """Nobody can find out which serials there are: both answer the same 401."""
    _alike(await on.client.fetch(on.one, Authorization=WRONG), await on.client.fetch(_stranger(on)))


@rule(SAFETY)
async def an_unknown_type_looks_like_a_wrong_secret(on: Subject) -> None:
    """Nobody can find out which pass types there are: both answer the same 401."""
    stranger = PassAddress(on.service, f"{on.pass_type}.unknown", on.one.serial, on.one.secret)
    _alike(await on.client.fetch(on.one, Authorization=WRONG), await on.client.fetch(stranger))


@rule(SAFETY)
async def registering_an_unknown_pass_looks_like_a_wrong_secret(on: Subject) -> None:
    """Registering tells no more than fetching: both answer the same 401."""
    device = on.device()
    _alike(await device.register(Authorization=WRONG), await device.register(_stranger(on)))


@rule(SAFETY)
async def unregistering_an_unknown_pass_looks_like_a_wrong_secret(on: Subject) -> None:
    """Unregistering tells no more than fetching: both answer the same 401."""
    device = on.device()
    _alike(await device.unregister(Authorization=WRONG), await device.unregister(_stranger(on)))


@rule(SAFETY)
async def a_wrong_secret_learns_no_date(on: Subject) -> None:
    """If-Modified-Since with a wrong secret answers 401, never 304, and no Last-Modified."""
    date = "Fri, 31 Dec 2100 23:59:59 GMT"
    answer = expect(await on.client.fetch(on.one, date, Authorization=WRONG), 401)
    hold("Last-Modified" not in answer.headers, "it has a Last-Modified", answer)


@rule(SAFETY)
async def head_with_a_wrong_secret_answers_401(on: Subject) -> None:
    """HEAD is no way around the secret."""
    await _refused(on, WRONG, "HEAD")


@rule(SAFETY)
async def the_secret_in_the_query_opens_nothing(on: Subject) -> None:
    """A secret belongs into the header, not into addresses that are logged."""
    answer = await on.get(f"{on.one.path}?authenticationToken={on.one.secret}&token={on.one.secret}")
    expect(answer, 401)


@rule(SAFETY)
async def refusals_give_no_secret_away(on: Subject) -> None:
    """No refusal repeats the secret that was sent, nor the pass's own."""
    for sent in (WRONG, f"Bearer {on.one.secret}"):
        answer = await _refused(on, sent)
        everything = answer.text + "".join(f"{name}: {value}" for name, value in answer.headers.items())
        secret = sent.split()[1]
        hold(secret not in everything and on.one.secret not in everything, "it repeats a secret", answer)


@rule(SAFETY)
async def refusals_are_short(on: Subject) -> None:
    """A refusal has no stack trace and no page: at most 1,000 bytes."""
    answer = await _refused(on, WRONG)
    hold(len(answer.content) <= 1000, f"it has {len(answer.content)} bytes", answer)
