"""Design §1 and docs/figures.md: what each figure counts, and the edge cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.events import Fact
from walletpass.lifecycle import Holding, Pass, accept_event, decide, display, follow, issue, register, unregister
from walletpass.reporting import (
    DEFINITIONS,
    DEFINITIONS_FR,
    UNKNOWABLE,
    UNKNOWABLE_FR,
    Counts,
    Figures,
    figures,
    fold,
)
from walletpass.testing.life import START, small_matrix, small_operation

PARIS = ZoneInfo("Europe/Paris")
MATRIX = small_matrix(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], {"coupon.used": {}})
OPERATION = small_operation()
FIRST, LAST = date(2027, 3, 1), date(2027, 4, 30)


class Book:
    """Facts of some passes, as they happen."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.passes: dict[str, Pass] = {}
        self.now = START

    def _do(self, serial: str, command: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        for decision in follow(
            MATRIX, OPERATION, command(MATRIX, OPERATION, *arguments, self.now, **options), self.now
        ):
            self.facts += decision.facts
            self.passes[serial] = decision.state

    def open(self, serial: str = "C-1", wallet: str = "apple") -> None:
        if serial not in self.passes:
            self._do(serial, issue, serial, {})
        self._do(serial, display, self.passes[serial], wallet)

    def add(self, serial: str = "C-1", wallet: Any = "apple", device: str = "d1", **options: Any) -> None:
        if serial not in self.passes:
            self._do(serial, issue, serial, {})
        self._do(serial, register, self.passes[serial], Holding(wallet, device), **options)

    def delete(self, serial: str = "C-1", wallet: Any = "apple", device: str = "d1", **options: Any) -> None:
        self._do(serial, unregister, self.passes[serial], Holding(wallet, device), **options)

    def use(self, serial: str = "C-1") -> None:
        self._do(serial, decide, self.passes[serial], accept_event(MATRIX, OPERATION, "coupon.used", {}, self.now))

    def figures(self, first: date = FIRST, last: date = LAST, **only: str) -> Figures:
        days = fold(self.facts, PARIS)
        kept = {key: counts for key, counts in days.items() if all(getattr(key, n) == v for n, v in only.items())}
        return figures(kept, first, last)


def test_the_same_pass_on_three_devices_is_one_pass_added() -> None:
    book = Book()
    for device in ("phone", "watch", "tablet"):
        book.add(device=device)
    book.delete(device="watch")
    total = sum(fold(book.facts, PARIS).values(), Counts())
    assert book.figures() == Figures(displayed=0, generated=0, added=1, deleted=0, active=1)
    assert (total.devices_registered, total.devices_unregistered) == (3, 1)


def test_devices_count_for_the_model_under_which_the_pass_was_added() -> None:
    book = Book()
    book.add(device="phone")
    book.use()
    book.add(device="watch")
    book.delete(device="phone")
    by_model: dict[str, int] = {}
    for key, counts in fold(book.facts, PARIS).items():
        by_model[key.model] = by_model.get(key.model, 0) + counts.devices
    assert by_model == {"a": 1}


def test_the_last_device_that_goes_deletes_the_pass() -> None:
    book = Book()
    book.add(device="phone")
    book.add(device="watch")
    book.delete(device="phone")
    book.delete(device="watch")
    assert book.figures() == Figures(0, 0, added=1, deleted=1, active=0)


def test_adding_again_counts_again_and_generated_never_comes_back() -> None:
    book = Book()
    book.open()
    book.add()
    book.delete()
    book.open()
    book.add()
    assert book.figures() == Figures(displayed=1, generated=0, added=2, deleted=1, active=1)


def test_apple_unregistering_counts_as_deleted_and_is_marked_uncertain() -> None:
    book = Book()
    book.add()
    book.delete()
    assert book.figures().deleted == 1
    assert [fact.data["certain"] for fact in book.facts if fact.name == "pass.deleted"] == [False]


def test_google_repeating_itself_counts_once() -> None:
    book = Book()
    for _ in range(3):
        book.add(wallet="google", device="google")
    book.delete(wallet="google", device="google")
    book.delete(wallet="google", device="google")
    assert book.figures() == Figures(0, 0, added=1, deleted=1, active=0)
    assert [fact.data["certain"] for fact in book.facts if fact.name == "pass.deleted"] == [True]


def test_an_open_that_never_adds_stays_generated() -> None:
    book = Book()
    book.open("C-1")
    book.open("C-1")
    book.open("C-2")
    book.add("C-2")
    assert book.figures() == Figures(displayed=2, generated=1, added=1, deleted=0, active=1)


def test_generated_is_a_stock_a_pass_added_later_leaves_it_that_day() -> None:
    book = Book()
    book.open()
    book.now += timedelta(days=3)
    book.add()
    assert (book.figures(last=date(2027, 3, 3)).generated, book.figures(last=date(2027, 3, 4)).generated) == (1, 0)


def test_a_pass_added_without_having_been_displayed_does_not_make_generated_negative() -> None:
    book = Book()
    book.add()
    book.open()
    assert book.figures() == Figures(displayed=1, generated=0, added=1, deleted=0, active=1)


def test_a_fact_counts_on_the_day_it_was_recorded_whatever_the_senders_clock_says() -> None:
    book = Book()
    book.add(occurred_at=datetime(2027, 2, 27, tzinfo=UTC))
    before = book.figures(last=date(2027, 2, 28))
    assert (before.added, book.figures(first=date(2027, 3, 1), last=date(2027, 3, 1)).added) == (0, 1)


def test_a_day_is_a_day_of_the_operations_zone() -> None:
    book = Book()
    book.now = datetime(2027, 3, 10, 23, 30, tzinfo=UTC)
    book.add()
    assert [key.day for key in fold(book.facts, PARIS)] == [date(2027, 3, 11)]


def test_each_wallet_is_counted_by_itself() -> None:
    book = Book()
    book.open(wallet="apple")
    book.open(wallet="google")
    book.add(wallet="apple")
    assert book.figures(wallet="apple") == Figures(1, 0, 1, 0, 1)
    assert book.figures(wallet="google") == Figures(1, generated=1, added=0, deleted=0, active=0)


def test_a_deletion_counts_for_the_model_under_which_the_pass_was_added() -> None:
    book = Book()
    book.open()
    book.add()
    book.use()
    book.delete()
    book.add(device="d2")
    assert book.figures(model="a") == Figures(displayed=1, generated=0, added=1, deleted=1, active=0)
    assert book.figures(model="b") == Figures(displayed=0, generated=0, added=1, deleted=0, active=1)


def test_a_past_period_asked_again_gives_the_same_figures() -> None:
    book = Book()
    book.open()
    book.add()
    march = book.figures(last=date(2027, 3, 31))
    book.now = datetime(2027, 4, 10, tzinfo=UTC)
    book.delete(occurred_at=datetime(2027, 3, 20, tzinfo=UTC))
    assert (book.figures(last=date(2027, 3, 31)), book.figures().active) == (march, 0)


STEPS = st.tuples(
    st.sampled_from(["open", "add", "delete", "use"]), st.sampled_from(["C-1", "C-2"]),
    st.sampled_from(["apple", "google"]), st.sampled_from(["d1", "d2"]), st.integers(0, 30),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=25), st.randoms(use_true_random=False))
def test_active_is_added_minus_deleted_and_no_stock_is_ever_negative(steps: list[Any], random: Any) -> None:
    book = Book()
    for act, serial, wallet, device, hours in steps:
        book.now += timedelta(hours=hours)
        if act == "open":
            book.open(serial, wallet)
        elif act == "add":
            book.add(serial, wallet, device)
        elif serial in book.passes:
            book.delete(serial, wallet, device) if act == "delete" else book.use(serial)
    shuffled = list(book.facts)
    random.shuffle(shuffled)
    assert fold(shuffled, PARIS) == fold(book.facts, PARIS)
    days = fold(book.facts, PARIS)
    for key in days:
        alike = {k: c for k, c in days.items() if (k.model, k.wallet) == (key.model, key.wallet)}
        found = figures(alike, FIRST, key.day)
        assert found.active == found.added - found.deleted
        assert min(found.active, found.generated) >= 0
    now_active = sum(len(state.wallets) for state in book.passes.values())
    assert figures(days, FIRST, date(2028, 1, 1)).active == now_active


def test_the_definitions_printed_in_reports_are_those_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "figures.md").read_text("utf-8")
    rows = [f"| {name} | {definition.counts} | {definition.kind} |" for name, definition in DEFINITIONS.items()]
    assert "\n".join(rows) in page


def test_the_document_tells_what_no_report_can() -> None:
    text = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [line.removeprefix("- ") for line in text.splitlines()[-len(UNKNOWABLE) :]] == list(UNKNOWABLE)


def test_everything_is_said_in_french_too() -> None:
    assert list(DEFINITIONS_FR) == list(DEFINITIONS)
    assert len(UNKNOWABLE_FR) == len(UNKNOWABLE)
    assert all(DEFINITIONS_FR[name].counts != definition.counts for name, definition in DEFINITIONS.items())
