"""Operation: what makes one, and its documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from walletpass.errors import DocumentError, MatrixError, OperationError
from walletpass.files import dump_matrix, dump_model, dump_operation, load_matrix, load_operation, write_yaml
from walletpass.operation import Operation, check_operation
from walletpass.testing.life import model_document, small_matrix, small_operation

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ends_at": "2027-03-01T08:00:00+00:00"}, "is not after starts_at"),
        ({"zone": "Europe/Lyon"}, "is not a time zone"),
        ({"starts_at": "soon"}, "starts_at: 'soon' is not a date and time"),
        ({"environment": "staging"}, "environment: "),
        ({"notifications": {"quiet": {"from": "21:00", "to": "21:00"}}}, "from and to are the same"),
        ({"notifications": {"quiet": {"from": "9pm", "to": "21:00"}}}, "is not a time of day"),
        ({"notifications": {"min_interval": {"days": 1}}}, "say the unit"),
        ({"limits": {"passes": 0}}, "limits.passes: "),
        ({"colour": "red"}, "colour: unknown key"),
    ],
)
def test_an_operation_that_makes_no_sense_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(OperationError) as caught:
        small_operation(**changes)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_naive_instant_is_in_the_zone_of_the_operation() -> None:
    operation = small_operation(starts_at="2027-03-20T08:00", ends_at="2027-04-20T00:00", zone="Europe/Paris")
    assert (operation.start, operation.end) == (
        datetime(2027, 3, 20, 7, tzinfo=UTC),
        datetime(2027, 4, 19, 22, tzinfo=UTC),
    )


def test_an_operation_is_checked_against_its_matrix() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "2029-01-01T00:00"}])
    found = check_operation(small_operation(at={"gone": "2027-04-01T00:00"}), matrix)
    moved = check_operation(small_operation(at={"t0": "2027-04-01T00:00"}), matrix)
    assert ([finding.rule for finding in found], moved) == (["instant-unknown", "instant-outside-period"], [])


def test_an_operation_reads_back_equal() -> None:
    operation = small_operation(
        at={"the-end": "2027-04-18T20:00"},
        grace={"days": 2, "unit": "calendar"},
        limits={"passes": 100},
        notifications={"max": 6, "min_interval": {"hours": 20}, "quiet": {"from": "21:00", "to": "08:00"}},
    )
    assert Operation.read(json.loads(json.dumps(dump_operation(operation)))) == operation


@pytest.mark.parametrize("name", ["coupon", "loyalty", "event"])
def test_documents_read_back_equal_from_yaml(name: str, tmp_path: Path) -> None:
    matrix = load_matrix(EXAMPLES / name / f"matrix-{name}.yaml")
    operation = load_operation(EXAMPLES / name / "operation.yaml")
    files = {model: f"{model}.yaml" for model in matrix.models}
    for model, file in files.items():
        (tmp_path / file).write_text(write_yaml(dump_model(matrix.models[model])), "utf-8")
    (tmp_path / "matrix.yaml").write_text(write_yaml(dump_matrix(matrix, files)), "utf-8")
    (tmp_path / "operation.yaml").write_text(write_yaml(dump_operation(operation)), "utf-8")
    again = load_matrix(tmp_path / "matrix.yaml")
    assert (again, load_operation(tmp_path / "operation.yaml")) == (matrix, operation)
    assert again.content_hash == matrix.content_hash


DESIGNED = """
matrix: spring-coupon
pass_type: coupon
start: active
models: {active: active.yaml, used: used.yaml, expired: expired.yaml}
events:
  coupon.used: {amount: number, store: text}
triggers:
  - {name: redeemed, from: active, to: used, on: coupon.used, when: "event.amount >= 10.0", priority: 1}
  - name: nudge
    from: active
    to: active
    after: {event: pass.added, delay: {days: 3, unit: calendar, at: 09:00}, rearm: first, cancel: {event: coupon.used}}
    set: {teaser: "'Plus que 4 jours'"}
    notify: true
  - {name: the-end, from: active, to: expired, at: operation.ends_at, essential: true}
"""


def test_on_stays_a_word_and_times_stay_text_in_yaml(tmp_path: Path) -> None:
    for name in ("active", "used", "expired"):
        document = model_document(name, {"store": {"default": ""}, "teaser": {"default": ""}})
        (tmp_path / f"{name}.yaml").write_text(write_yaml(document), "utf-8")
    path = tmp_path / "matrix.yaml"
    path.write_text(DESIGNED, "utf-8")
    redeemed, nudge, end = load_matrix(path).triggers
    assert (redeemed.on, str(nudge.after and nudge.after.delay), end.notifies) == (
        "coupon.used",
        "3 days (calendar) at 09:00",
        True,
    )


def test_a_matrix_names_models_in_its_own_folder_only(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    document = {"matrix": "m", "pass_type": "coupon", "start": "a"}
    for file, error in (("../out.yaml", DocumentError), ("gone.yaml", MatrixError)):
        path = tmp_path / "in" / "matrix.json"
        path.write_text(json.dumps({**document, "models": {"a": file}}), "utf-8")
        with pytest.raises(error, match=file):
            load_matrix(path)
