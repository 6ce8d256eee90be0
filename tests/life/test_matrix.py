"""Issue 3 §1, design §5 Freeze and One Google type: what makes a Matrix, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from walletpass.errors import MatrixError
from walletpass.files import dump_matrix
from walletpass.matrix import Matrix, lint_matrix
from walletpass.testing.life import matrix_document, model_document, small_matrix

USED = {"coupon.used": {"amount": "number", "store": "text", "till": "text?"}}


def rules(*arguments: Any, **changes: Any) -> list[str]:
    return [finding.rule for finding in lint_matrix(matrix_document(*arguments, **changes))]


def test_a_matrix_of_one_model_and_no_trigger_is_legal() -> None:
    matrix = small_matrix(["only"])
    assert (matrix.start, matrix.triggers, rules(["only"])) == ("only", (), [])


def test_nothing_is_added_to_what_the_client_designed() -> None:
    document = matrix_document(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], USED)
    matrix = Matrix.read(document)
    assert (list(matrix.models), [trigger.name for trigger in matrix.triggers]) == (["a", "b"], ["t0"])


ON = {"from": "a", "to": "b", "on": "coupon.used"}


@pytest.mark.parametrize(
    ("rule", "models", "triggers"),
    [
        ("model-unknown", ["a"], [ON]),
        ("model-unreachable", ["a", "b", "c"], [ON]),
        ("triggers-ambiguous", ["a", "b"], [ON, ON]),
        ("triggers-ambiguous", ["a", "b"], [{**ON, "priority": 2}, {**ON, "priority": 2, "when": "event.amount > 3"}]),
        (
            "self-feeding-cycle",
            ["a", "b"],
            [ON, {"from": "b", "to": "a", "on": "pass.moved"}, {"from": "a", "to": "b", "on": "pass.moved"}],
        ),
        ("self-feeding-cycle", ["a"], [{"from": "a", "to": "a", "on": "pass.moved"}]),
        ("event-unknown", ["a", "b"], [{**ON, "on": "coupon.eaten"}]),
        ("event-unknown", ["a", "b"], [{"from": "a", "to": "b", "after": {"event": "x.y", "delay": {"hours": 1}}}]),
        ("condition-missing", ["a", "b"], [{**ON, "on": "pass.changed"}]),
        (
            "cancels-itself",
            ["a", "b"],
            [
                {
                    "from": "a",
                    "to": "b",
                    "after": {"event": "coupon.used", "delay": {"hours": 1}, "cancel": {"event": "coupon.used"}},
                }
            ],
        ),
        ("variable-unset", {"a": {}, "b": {"store": "text"}}, [ON]),
        ("variable-unset", {"a": {"store": "text"}, "b": {"store": "text"}}, [{**ON, "set": {"store": None}}]),
        ("variable-unknown", ["a", "b"], [{**ON, "set": {"stroe": "event.store"}}]),
        ("variable-differs", {"a": {"x": "text"}, "b": {"x": "number"}}, [ON]),
        ("type-mismatch", {"a": {}, "b": {"store": "text"}}, [{**ON, "set": {"store": "event.amount"}}]),
        ("type-mismatch", {"a": {}, "b": {"store": "text"}}, [{**ON, "set": {"store": 3}}]),
        ("type-mismatch", ["a", "b"], [{**ON, "when": "event.amount"}]),
        ("type-mismatch", ["a", "b"], [{**ON, "when": "event.amout > 3"}]),
        (
            "type-mismatch",
            ["a", "b"],
            [{"from": "a", "to": "b", "at": "operation.ends_at", "when": "event.amount > 3"}],
        ),
        ("value-may-be-absent", ["a", "b"], [{**ON, "when": "event.till == 'x'"}]),
        (
            "value-may-be-absent",
            {"a": {"x": {"type": "number", "required": False}}, "b": {}},
            [{**ON, "when": "pass.x > 3"}],
        ),
        ("event-unused", ["a", "b"], [{**ON, "on": "pass.added"}]),
        ("document-invalid", ["a", "b"], [{**ON, "at": "operation.ends_at"}]),
        ("document-invalid", ["a", "b"], [{"from": "a", "to": "b", "at": "tomorrow"}]),
        ("document-invalid", ["a", "b"], [{**ON, "when": "[1].all(x, x > 0)"}]),
        ("document-invalid", ["a", "b"], [{**ON, "when": "x" * 501}]),
        ("document-invalid", ["a", "b"], [{**ON, "essential": True, "notify": False}]),
        ("document-invalid", ["a", "b"], [{**ON, "colour": "red"}]),
        ("document-invalid", ["a", "b"], [{**ON, "name": "x"}, {**ON, "name": "x", "priority": 1}]),
    ],
)
def test_lint_finds(rule: str, models: Any, triggers: list[dict[str, Any]]) -> None:
    assert rule in rules(models, triggers, USED)


@pytest.mark.parametrize(
    ("models", "triggers"),
    [
        (["a", "b"], [{**ON, "priority": 1}, {**ON, "priority": 2}]),
        (["a", "b"], [ON, {"from": "b", "to": "a", "on": "pass.moved"}]),
        ({"a": {}, "b": {"store": "text"}}, [{**ON, "set": {"store": "event.store"}}]),
        ({"a": {"store": "text"}, "b": {"store": "text"}}, [ON]),
        ({"a": {}, "b": {"store": {"default": "x"}}}, [ON]),
        (["a", "b"], [{**ON, "when": "has(event.till) && event.till == 'x'"}]),
        ({"a": {"x": {"type": "number", "default": 0}}, "b": {}}, [{**ON, "when": "pass.x > 3"}]),
    ],
)
def test_lint_finds_nothing(models: Any, triggers: list[dict[str, Any]]) -> None:
    assert rules(models, triggers, USED) == []


def test_a_value_set_on_one_way_only_is_missed_on_the_other() -> None:
    triggers = [
        {"from": "a", "to": "b", "on": "coupon.used", "set": {"store": "event.store"}},
        {"from": "a", "to": "c", "on": "pass.added"},
        {"from": "c", "to": "b", "on": "coupon.used"},
    ]
    found = lint_matrix(matrix_document({"a": {}, "b": {"store": "text"}, "c": {}}, triggers, USED))
    assert [(f.rule, f.where) for f in found] == [("variable-unset", "triggers.t2")]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"pass_type": "loyalty"}, "google-type-differs"),
        ({"google": {"type": "loyalty"}}, "google-type-rejected"),
        ({"wallets": ["apple"]}, "wallets-differ"),
    ],
)
def test_all_models_compile_to_one_google_type(changes: dict[str, Any], rule: str) -> None:
    document = matrix_document(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], USED)
    document["models"]["b"] = model_document("b", **changes)
    assert rule in [finding.rule for finding in lint_matrix(document)]


def test_two_models_cannot_overwrite_each_other_s_class_at_google() -> None:
    document = matrix_document(["a", "b"], [{"from": "a", "to": "b", "on": "coupon.used"}], USED)
    for name, suffix in (("a", "spring"), ("b", "summer")):
        document["models"][name] = model_document(name, google={"class_suffix": suffix})
    assert lint_matrix(document) == []
    document["models"]["b"]["google"]["class_suffix"] = "spring"
    found = lint_matrix(document)
    assert [(f.rule, f.where) for f in found] == [("google-class-shared", "models.b.google.class_suffix")]


def test_the_kind_of_transit_cannot_change_either() -> None:
    trip = {"origin": {"name": "A"}, "destination": {"name": "B"}}
    document = matrix_document(["a", "b"], [{"from": "a", "to": "b", "on": "pass.added"}], pass_type="boarding-pass")
    for name, transit in (("a", "train"), ("b", "bus")):
        section = {"pass_type": "boarding-pass", "boarding_pass": {"transit": transit, **trip}}
        document["models"][name] = model_document(name, **section)
    assert [f.rule for f in lint_matrix(document)] == ["google-type-differs"]


def test_the_pass_type_of_reports_is_that_of_the_models() -> None:
    assert rules(["a"], pass_type="generic") == ["pass-type-differs"]


def test_the_platforms_own_event_names_cannot_be_declared() -> None:
    assert rules(["a"], events={"pass.added": {}}) == ["document-invalid"]


def test_construction_lists_every_error_in_one_line() -> None:
    triggers = [{"from": "a", "to": "b", "on": "x.y"}, {"from": "a", "to": "b", "on": "pass.changed"}]
    with pytest.raises(MatrixError) as caught:
        Matrix.read(matrix_document(["a", "b"], triggers), name="m.yaml")
    message = str(caught.value)
    assert (message.startswith("m.yaml: "), "\n" in message, len(caught.value.problems)) == (True, False, 2)


def test_the_constructor_itself_refuses_what_makes_no_sense() -> None:
    with pytest.raises(ValidationError, match="there is no Model b"):
        Matrix.model_validate(matrix_document(["a"], [ON], USED))


def test_a_matrix_cannot_be_changed() -> None:
    matrix = small_matrix(["a"])
    with pytest.raises(ValidationError, match="frozen"):
        matrix.start = "b"  # type: ignore[misc]  # what the test is about


def test_the_hash_covers_models_triggers_and_events_but_not_name_and_version() -> None:
    base = matrix_document(["a", "b"], [ON], USED)
    same = Matrix.read({**base, "matrix": "other", "version": 7})
    changed = [
        {**base, "events": {**USED, "more": {}}},
        {**base, "triggers": [{**base["triggers"][0], "notify": True}]},
        {**base, "models": {**base["models"], "a": model_document("a", function="another")}},
    ]
    hashes = {Matrix.read(document).content_hash for document in changed}
    assert (Matrix.read(base).content_hash == same.content_hash, len(hashes | {same.content_hash})) == (True, 4)


def test_the_hash_covers_the_bytes_of_pictures() -> None:
    document = matrix_document(["a"])
    document["models"]["a"]["images"] = {"logo": "logo.png"}
    matrix = Matrix.read(document)
    models = [matrix.models["a"].with_pictures(lambda _name, data=data: data) for data in (b"one", b"two")]
    hashes = {matrix.next_version(models={"a": model}).content_hash for model in models}
    assert len(hashes) == 2


def test_a_change_is_a_new_version_and_leaves_the_old_one_as_it_is() -> None:
    matrix = small_matrix(["a", "b"], [ON], USED)
    before = matrix.content_hash
    following = matrix.next_version(triggers=(matrix.triggers[0].model_copy(update={"notify": True}),))
    assert (following.version, following.content_hash != before, matrix.content_hash) == (2, True, before)


def test_a_matrix_reads_back_equal() -> None:
    triggers = [
        {**ON, "when": "event.amount >= 10", "set": {"store": "event.store"}, "priority": 1},
        {
            "from": "a",
            "to": "a",
            "after": {"event": "pass.added", "delay": {"days": 3, "unit": "calendar", "at": "09:00"}},
            "notify": True,
        },
        {"from": "a", "to": "b", "at": "operation.ends_at", "essential": True, "set": {"store": "'none'"}},
    ]
    matrix = small_matrix({"a": {}, "b": {"store": "text"}}, triggers, USED)
    document = json.loads(json.dumps(dump_matrix(matrix)))
    assert Matrix.read(document) == matrix


def test_a_trigger_without_condition_and_with_constant_values_is_set_based() -> None:
    triggers = [
        {"from": "a", "to": "b", "at": "operation.ends_at", "set": {"x": "'over'"}},
        {"from": "a", "to": "b", "at": "2027-04-01T10:00", "set": {"x": "pass.x"}},
        {"from": "a", "to": "b", "at": "2027-04-02T10:00", "when": "pass.x == 'a'"},
        {"from": "a", "to": "b", "at": "2027-04-03T10:00", "set": {"x": "string(operation.ends_at)"}},
    ]
    matrix = small_matrix({"a": {"x": "text"}, "b": {}}, triggers)
    assert [trigger.is_set_based for trigger in matrix.triggers] == [True, False, False, True]
