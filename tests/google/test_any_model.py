"""Any valid Model, any values that fit it: what comes out is what Google takes."""

from __future__ import annotations

import json

from hypothesis import given, settings

from walletpass.google import GoogleCompiler, google_findings
from walletpass.model import PassModel
from walletpass.model.details import BoardingPassDetails
from walletpass.templates.google import TYPES
from walletpass.testing.discovery import google_problems
from walletpass.testing.models import FilledModel, filled_models, pass_models

ISSUER = "3388000000000000001"


def _url(name: str, data: bytes) -> str:
    return f"https://img.example.com/{name}-{len(data)}.png"


@settings(max_examples=80, deadline=None)
@given(filled_models())
def test_any_pass_of_any_model_is_what_google_takes(filled: FilledModel) -> None:
    google_pass = GoogleCompiler(filled.model, issuer_id=ISSUER, image_url=_url).compile(filled.serial, filled.values)
    template = TYPES[google_pass.type]
    assert google_problems(template.class_schema, google_pass.class_) == []
    assert google_problems(template.object_schema, google_pass.object_) == []
    assert json.loads(json.dumps(google_pass.object_)) == google_pass.object_


@settings(max_examples=25, deadline=None)
@given(filled_models())
def test_compiling_twice_gives_the_same(filled: FilledModel) -> None:
    first, second = (
        GoogleCompiler(filled.model, issuer_id=ISSUER, image_url=_url).compile(filled.serial, filled.values)
        for _ in range(2)
    )
    assert first == second


@settings(max_examples=25, deadline=None)
@given(pass_models())
def test_the_check_and_the_compiler_agree(model: PassModel) -> None:
    """A Model with no error finding compiles; these are made to have none."""
    assert not [finding for finding in google_findings(model) if finding.severity == "error"]
    assert GoogleCompiler(model, issuer_id=ISSUER, image_url=_url).report.rejected == ()


@settings(max_examples=25, deadline=None)
@given(filled_models(pass_types=("boarding-pass",)))
def test_times_of_flights_never_carry_an_offset(filled: FilledModel) -> None:
    google_pass = GoogleCompiler(filled.model, issuer_id=ISSUER, image_url=_url).compile(filled.serial, filled.values)
    assert isinstance(filled.model.details, BoardingPassDetails)
    local = {name: value for name, value in google_pass.class_.items() if name.startswith("local")}
    local = {name: value for name, value in local.items() if name.endswith("DateTime")}
    assert bool(local) == (google_pass.type == "flight")
    assert all(len(value) == len("2027-03-20T11:00:00") for value in local.values())
