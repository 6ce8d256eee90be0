"""`walletpass simulate`: who moves when, and why; the examples give what their README says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from walletpass.cli import main
from walletpass.errors import ScenarioError
from walletpass.matrix.drawing import draw
from walletpass.scenario import parse_scenario
from walletpass.simulate import default_operation, simulate
from walletpass.testing.life import matrix_document, small_matrix, small_operation

EXAMPLES = Path(__file__).parents[2] / "examples"
ON = {"from": "a", "to": "b", "on": "coupon.used"}
USED = {"coupon.used": {"amount": "number"}}


def played(
    matrix_lines: list[dict[str, object]], *triggers: dict[str, object], models: object = None, **operation: object
) -> list[str]:
    matrix = small_matrix(models or ["a", "b"], list(triggers) or [ON], USED)
    lines = parse_scenario("\n".join(map(json.dumps, matrix_lines)), ZoneInfo("Europe/Paris"))
    force = small_operation(**operation)
    return [step.says(force.tz) for step in simulate(matrix, force, lines)]


def parsed(drawing: str | bytes) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314  # our own drawing


def used(at: str = "2027-03-21T10:00:00Z", serial: str | None = "C-1", **data: object) -> dict[str, object]:
    line: dict[str, object] = {"at": at, "event": "coupon.used", "data": data or {"amount": 12}}
    return line if serial is None else {**line, "pass": serial}


@pytest.mark.parametrize("name", ["coupon", "loyalty", "event"])
def test_an_example_plays_as_its_readme_says(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = EXAMPLES / name
    arguments = [str(folder / f"matrix-{name}.yaml"), "--operation", str(folder / "operation.yaml")]
    code = main(["simulate", *arguments, "--events", str(folder / "events.jsonl")])
    said = (folder / "README.md").read_text("utf-8").split("```text\n")[1].split("```")[0]
    assert (code, capsys.readouterr().out) == (0, said)


@pytest.mark.parametrize("name", ["coupon", "loyalty", "event"])
def test_an_example_passes_lint_without_a_finding(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = EXAMPLES / name
    code = main(["lint", "--strict", str(folder / f"matrix-{name}.yaml"), str(folder / "operation.yaml")])
    assert (code, capsys.readouterr().out.count("ok")) == (0, 2)


def test_a_pass_is_issued_by_its_first_line() -> None:
    assert played([used()]) == [
        "2027-03-21 11:00  C-1  pass.issued: a, pass.issued",
        "2027-03-21 11:00  C-1  coupon.used: a → b by t0",
    ]


def test_an_event_without_a_pass_is_for_all_passes_issued_before() -> None:
    steps = played(
        [used(serial="C-1"), used(serial="C-2"), used(serial=None)], {**ON, "to": "a", "from": "a"}, models=["a"]
    )
    assert [step.split("  ")[1] for step in steps if "coupon.used" in step] == ["C-1", "C-2", "C-1", "C-2"]


def test_delays_and_dates_fall_due_in_order_between_the_events() -> None:
    added = {"at": "2027-03-21T10:00:00Z", "pass": "C-1", "event": "pass.added"}
    nudge = {"from": "a", "to": "a", "after": {"event": "pass.added", "delay": {"hours": 2}}}
    date = {"from": "a", "to": "b", "at": "2027-03-21T14:00"}
    steps = played([added, used("2027-03-21T12:30:00Z")], nudge, date)
    assert [step.split("  ")[0][11:] for step in steps if " by " in step] == ["13:00", "14:00"]


def test_a_refusal_is_a_step_with_its_reason() -> None:
    early = played([used("2027-02-01T10:00:00Z")])
    late = played([used("2027-03-21T10:00:00Z"), used("2027-06-01T10:00:00Z")])
    assert "refused: op: opens on 2027-03-01 09:00" in early[0]
    assert "refused: op: ended on 2027-05-01 10:00" in late[-1]


def test_a_line_the_matrix_cannot_take_is_named() -> None:
    with pytest.raises(ScenarioError, match=r"line 2: coupon\.used: amount: 'x' is not a number"):
        played([used(), used(amount="x")])
    with pytest.raises(ScenarioError, match="line 1: n: missing"):
        played([used()], models={"a": {"n": "number"}, "b": {}})


def test_an_example_value_stands_in_for_a_required_one() -> None:
    assert len(played([used()], models={"a": {"n": {"type": "number", "example": 3}}, "b": {}})) == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2: not a JSON object"),
        ("[]", "line 2: not a JSON object"),
        ('{"at": "noon", "event": "x"}', "line 2: 'noon' is not an instant"),
        ('{"event": "x"}', "line 2: at is missing"),
        ('{"at": "2027-03-21T10:00:00Z"}', "line 2: event is missing"),
        ('{"at": "2027-03-21T10:00:00Z", "event": "x", "pass": 3}', "line 2: pass is not a serial"),
        ('{"at": "2027-03-21T10:00:00Z", "event": "x", "date": {}}', "line 2: unknown key date"),
        ('{"at": "2027-03-21T10:00:00Z", "event": "x", "data": []}', "line 2: data is not an object"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        parse_scenario(f"{json.dumps(used())}\n{line}\n", ZoneInfo("UTC"), name="events.jsonl")


def test_without_an_operation_one_is_made_up_around_the_events() -> None:
    lines = parse_scenario(json.dumps(used()), ZoneInfo("UTC"))
    operation = default_operation(small_matrix(["a", "b"], [ON], USED), lines)
    assert (operation.start, operation.end) == (
        datetime(2027, 3, 21, 10, tzinfo=UTC),
        datetime(2027, 4, 20, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(("at", "until"), [("9999-12-31T00:00:00Z", None), ("2027-03-20T09:00:00Z", datetime.max)])
def test_dates_at_the_end_of_time_are_no_period(at: str, until: datetime | None) -> None:
    lines = parse_scenario(json.dumps({"at": at, "pass": "a", "event": "pass.added"}), ZoneInfo("UTC"))
    with pytest.raises(ScenarioError, match="is no period"):
        default_operation(small_matrix(["a"]), lines, until and until.replace(tzinfo=UTC))


def test_until_ends_the_play() -> None:
    matrix = small_matrix(["a", "b"], [{"from": "a", "to": "b", "at": "operation.ends_at"}])
    lines = parse_scenario('{"at": "2027-03-21T10:00:00Z", "pass": "C-1", "event": "pass.issued"}', ZoneInfo("UTC"))
    until = datetime(2027, 4, 1, tzinfo=UTC)
    assert len(simulate(matrix, small_operation(), lines, until)) == len(simulate(matrix, small_operation(), lines)) - 1


# command line


@pytest.fixture
def matrix_file(tmp_path: Path) -> Path:
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps(matrix_document(["a", "b"], [ON], USED)), "utf-8")
    return path


def test_json_gives_every_step_to_scripts(matrix_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = matrix_file.with_name("events.jsonl")
    events.write_text(json.dumps(used()), "utf-8")
    code = main(["simulate", str(matrix_file), "--events", str(events), "--json"])
    steps = json.loads(capsys.readouterr().out)
    assert (code, [(step["outcome"], step["model"], step["trigger"]) for step in steps]) == (
        0,
        [("recorded", "a", None), ("moved", "b", "t0")],
    )


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--events", "gone.jsonl"], 2, "gone.jsonl: cannot be read"),
        ([], 2, "nothing to do"),
        (["--events", "bad.jsonl"], 1, "line 1: not a JSON object"),
        (["--events", "bad.jsonl", "--operation", "gone.yaml"], 2, "gone.yaml: cannot be read"),
    ],
)
def test_bad_input_gives_one_line_and_its_exit_code(
    arguments: list[str],
    code: int,
    says: str,
    matrix_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(matrix_file.parent)
    Path("bad.jsonl").write_text("?", "utf-8")
    assert main(["simulate", str(matrix_file), *arguments]) == code
    shown = capsys.readouterr()
    assert (says in shown.err, shown.err.count("\n"), shown.out) == (True, 1, "")


def test_an_operation_that_does_not_fit_the_matrix_is_refused(
    matrix_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = matrix_file.with_name("operation.json")
    document = {
        "operation": "o",
        "matrix": "m",
        "starts_at": "2027-01-01T00:00",
        "ends_at": "2027-02-01T00:00",
        "at": {"gone": "2027-01-05T00:00"},
    }
    operation.write_text(json.dumps(document), "utf-8")
    events = matrix_file.with_name("events.jsonl")
    events.write_text("", "utf-8")
    code = main(["simulate", str(matrix_file), "--operation", str(operation), "--events", str(events)])
    assert (code, "there is no `at` Trigger gone" in capsys.readouterr().err) == (1, True)


def test_the_drawing_shows_every_model_and_trigger(matrix_file: Path) -> None:
    graph = matrix_file.with_name("graph.svg")
    assert main(["simulate", str(matrix_file), "--graph", str(graph)]) == 0
    texts = [element.text for element in parsed(graph.read_bytes()).iter() if element.tag.endswith("text")]
    assert texts == ["small, version 1", "t0: coupon.used", "a", "coupon a", "b", "coupon b"]


def test_text_never_breaks_out_of_the_drawing() -> None:
    document = matrix_document(["a", "b"], [{**ON, "when": "event.amount < 3 && 'x' != '</text><script>'"}], USED)
    document["models"]["a"]["function"] = '<script>alert("1")</script>'
    drawing = parsed(draw(small_matrix(["a"]).model_validate(document)))
    assert not [element for element in drawing.iter() if element.tag.endswith("script")]


def test_every_arrangement_of_arrows_is_drawn_inside_the_picture() -> None:
    names = [f"m{n}" for n in range(6)]
    pairs = [(one, other) for one in names for other in names]
    triggers = [{"from": one, "to": other, "on": "coupon.used", "priority": n} for n, (one, other) in enumerate(pairs)]
    drawing = parsed(draw(small_matrix(names, triggers, USED)))
    width, height = float(drawing.attrib["width"]), float(drawing.attrib["height"])
    labels = [e for e in drawing.iter() if e.tag.endswith("text")]
    assert len(labels) == 1 + 2 * 6 + 36
    assert all(0 <= float(e.attrib["x"]) <= width and 0 <= float(e.attrib["y"]) <= height for e in labels)


@pytest.mark.parametrize(
    "cause", [{"at": "2027-03-21T12:00"}, {"after": {"event": "coupon.used", "delay": {"hours": 1}}}]
)
def test_of_two_that_fall_due_at_once_the_lowest_priority_goes_first(cause: dict[str, object]) -> None:
    late = {"from": "a", "to": "b", "priority": 2, **cause}
    soon = {"from": "a", "to": "c", "priority": 1, **cause}
    lines = played([used()], late, soon, models=["a", "b", "c"])
    assert "a → c by t1" in "\n".join(lines)
