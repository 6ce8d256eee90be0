"""Whatever Model is valid, its passes build, verify clean, and are the same bytes again."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from walletpass import KeySigner, PassMaker, Severity, check, verify
from walletpass.apple.compile.document import document
from walletpass.apple.compile.texts import AppleTexts, Filling, StringTable
from walletpass.render import OMIT, Hole, Needs, Writer, compiled, compiled_json
from walletpass.testing import Authority
from walletpass.testing.models import FilledModel, filled_models

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(key="ec", now=AT)


@pytest.fixture(scope="module")
def signer(authority: Authority) -> KeySigner:
    return KeySigner(authority.issue_pass_certificate("pass.example.test", "TESTTEAM12", key="rsa").credentials())


@FEW
@given(filled=filled_models(wallets=("apple",)))
def test_any_valid_model_builds_and_verifies_clean(
    filled: FilledModel, authority: Authority, signer: KeySigner
) -> None:
    data = PassMaker(filled.model, signer).make(filled.serial, filled.values, at=AT)
    errors = [f for f in verify(data, anchors=[authority.root_pem], at=AT) if f.severity is Severity.ERROR]
    assert errors == []


@settings(FEW, max_examples=15)
@given(filled=filled_models(wallets=("apple",)))
def test_the_same_inputs_and_instant_give_the_same_bytes(filled: FilledModel, signer: KeySigner) -> None:
    one = PassMaker(filled.model, signer).make(filled.serial, filled.values, at=AT)
    again = PassMaker(filled.model, signer).make(filled.serial, filled.values, at=AT)
    assert one == again


@settings(FEW, max_examples=60)
@given(filled=filled_models(wallets=("apple",)))
def test_json_written_around_the_holes_is_that_of_the_filled_document(filled: FilledModel) -> None:
    model = filled.model
    texts = AppleTexts(Writer(model.variables, model.clock, model.languages))
    tree = document(model, texts)
    values = model.values.check(filled.values, filled.serial)
    written = compiled_json(tree)(Filling(values, StringTable(texts.table)))
    assert written == to_json(compiled(tree)(Filling(values, StringTable(texts.table))))


def test_what_values_leave_out_is_left_out_of_the_json_too() -> None:
    say = Hole(lambda values: values["say"] or OMIT)
    write = compiled_json({"a": [1, Needs({"b": say}, "b"), say], "c": None, "d": "e"})
    assert write({"say": ""}) == rb'{"a":[1],"d":"e"}'
    assert write({"say": "x"}) == rb'{"a":[1,{"b":"x"},"x"],"d":"e"}'


@settings(FEW, max_examples=15)
@given(filled=filled_models(wallets=("apple",)))
def test_the_two_buffers_of_a_pass_are_its_archive(filled: FilledModel, signer: KeySigner) -> None:
    shared, own = PassMaker(filled.model, signer).parts(filled.serial, filled.values, at=AT)
    with zipfile.ZipFile(io.BytesIO(shared + own)) as archive:
        assert archive.testzip() is None
        assert {"pass.json", "manifest.json", "signature", "icon.png"} <= {
            name.rpartition("/")[2] for name in archive.namelist()
        }


@settings(FEW, max_examples=25)
@given(filled=filled_models(), data=st.data())
def test_check_never_fails_on_a_valid_model(filled: FilledModel, data: st.DataObject) -> None:
    for finding in check(filled.model):
        assert finding.rule
        assert finding.where
