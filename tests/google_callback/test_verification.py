"""
Which callbacks are believed. Each refusal is named; `walletpass.testing` signs as Google does.

`callback.json` and `root_keys.json` were made with keys derived from labels; Node's crypto accepts them too.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.errors import (
    CallbackError,
    CallbackExpired,
    CallbackForged,
    CallbackMalformed,
    IdInvalid,
    RootKeysUnreadable,
)
from walletpass.google import Callback, RootKeys, verify_callback
from walletpass.google.callbacks import LARGEST_BODY
from walletpass.testing.google_api import CallbackSigner
from walletpass.testing.google_api.signer import milliseconds, public_text

ISSUER = "3388000000000000001"
CLASS = f"{ISSUER}.demo-class"
OBJECT = f"{ISSUER}.demo-object"
NONCE = "00000000-0000-4000-8000-000000000001"
NOW = datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
SIGNER = CallbackSigner.create("walletpass-test")
STRANGER = CallbackSigner.create("stranger")
ROOTS = RootKeys.parse(SIGNER.root_keys(NOW))

GENUINE = (Path(__file__).parent / "callback.json").read_bytes()
ROOT_DOCUMENT = (Path(__file__).parent / "root_keys.json").read_bytes()


def check(body: bytes, *, issuer_id: str = ISSUER, roots: RootKeys = ROOTS, now: datetime = NOW) -> Callback:
    return verify_callback(body, issuer_id=issuer_id, root_keys=roots, now=now)


def callback(signer: CallbackSigner = SIGNER, event: str = "save", **parts: Any) -> bytes:
    return signer.callback(CLASS, OBJECT, event, NOW, nonce=NONCE, **parts)


def signed(message: dict[str, Any] | str, signer: CallbackSigner = SIGNER) -> bytes:
    """A callback whose message is anything, well signed."""
    usual = {"classId": CLASS, "objectId": OBJECT, "eventType": "save", "nonce": NONCE}
    usual["expTimeMillis"] = milliseconds(NOW) + 1000
    text = message if isinstance(message, str) else json.dumps({**usual, **message}, ensure_ascii=False)
    return signer.envelope(ISSUER, text, signer.signed_key(NOW + timedelta(days=1)))


def changed(body: bytes, **members: Any) -> bytes:
    """A callback with other members; None takes one away."""
    envelope = {**json.loads(body), **members}
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()


def test_the_vector_of_two_other_implementations_is_believed() -> None:
    expected = Callback(CLASS, OBJECT, "save", NONCE, datetime.fromtimestamp(1900003600, UTC))
    assert check(GENUINE, roots=RootKeys.parse(ROOT_DOCUMENT)) == expected


def test_our_signer_makes_that_vector() -> None:
    assert json.loads(callback()) == json.loads(GENUINE)
    assert public_text(SIGNER.root) in ROOT_DOCUMENT.decode()


def test_a_deletion_is_believed() -> None:
    assert check(callback(event="del")).event == "del"


def test_texts_beyond_ascii_are_counted_in_bytes() -> None:
    assert check(signed({"nonce": "né-à-Orléans-🎫"})).nonce == "né-à-Orléans-🎫"


def test_a_member_that_google_adds_to_the_message_is_ignored() -> None:
    assert check(signed({"count": 1, "somethingNew": {"deep": [1]}})).event == "save"


def test_instants_may_be_written_as_digits() -> None:
    assert check(signed({"expTimeMillis": str(milliseconds(NOW) + 5000)})).expires_at == NOW + timedelta(seconds=5)


def test_any_of_several_signatures_of_the_key_will_do() -> None:
    body = json.loads(callback())
    key = body["intermediateSigningKey"]
    key["signatures"] = [json.loads(callback(STRANGER))["intermediateSigningKey"]["signatures"][0], *key["signatures"]]
    assert check(json.dumps(body).encode()).event == "save"


def test_any_of_several_roots_will_do() -> None:
    roots = RootKeys((*RootKeys.parse(STRANGER.root_keys(NOW)).keys, *ROOTS.keys))
    assert check(callback(), roots=roots).event == "save"


def test_no_more_than_eight_signatures_are_tried() -> None:
    body = json.loads(callback())
    key = body["intermediateSigningKey"]
    key["signatures"] = ["AAAA"] * 8 + key["signatures"]
    with pytest.raises(CallbackForged):
        check(json.dumps(body).encode())


@pytest.mark.parametrize("issuer", ["3388000000000000002", "338800000000000000", "0"])
def test_a_callback_for_another_issuer_is_forged(issuer: str) -> None:
    with pytest.raises(CallbackForged):
        check(callback(), issuer_id=issuer)


def test_a_callback_signed_for_another_issuer_about_our_pass_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(callback(issuer_id="3388000000000000002"))


@pytest.mark.parametrize("sender", ["Google", "GoogleWalletPasses", "", "googlepaypasses"])
def test_a_callback_of_another_sender_is_forged(sender: str) -> None:
    with pytest.raises(CallbackForged):
        check(callback(replace(SIGNER, sender=sender)))


def test_a_key_vouched_for_by_another_root_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(callback(SIGNER.with_root(STRANGER.root)))


def test_a_message_signed_by_the_root_itself_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(callback(replace(SIGNER, signs_message=SIGNER.root)))


def test_a_message_signed_by_a_stranger_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(callback(replace(SIGNER, signs_message=STRANGER.intermediate)))


def test_lengths_in_big_endian_are_forged() -> None:
    with pytest.raises(CallbackForged):
        check(callback(replace(SIGNER, byte_order="big")))


@pytest.mark.parametrize(
    ("before", "after"),
    [("save", "del"), ("demo-object", "demo-objecT"), (":1,", ":2,"), (NONCE, "1"), (":", ": ")],
)
def test_a_changed_message_is_forged(before: str, after: str) -> None:
    message = json.loads(callback())["signedMessage"]
    assert before in message
    with pytest.raises(CallbackForged):
        check(changed(callback(), signedMessage=message.replace(before, after)))


def test_a_signed_key_written_again_is_forged() -> None:
    key = json.loads(callback())["intermediateSigningKey"]
    key["signedKey"] = key["signedKey"].replace("\\u003d", "=")
    with pytest.raises(CallbackForged):
        check(changed(callback(), intermediateSigningKey=key))


def test_a_foreign_object_signed_by_google_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(signed({"objectId": "999.demo-object"}))


def test_a_foreign_class_signed_by_google_is_forged() -> None:
    with pytest.raises(CallbackForged):
        check(signed({"classId": "999.demo-class"}))


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64!", "MEQCIAC3fJTP", "é"])
def test_a_signature_that_is_none_is_forged(signature: str) -> None:
    with pytest.raises(CallbackForged):
        check(changed(callback(), signature=signature))


def test_a_callback_without_any_signature_of_its_key_is_forged() -> None:
    key = {**json.loads(callback())["intermediateSigningKey"], "signatures": []}
    with pytest.raises(CallbackForged):
        check(changed(callback(), intermediateSigningKey=key))


def test_an_expired_intermediate_key_is_refused() -> None:
    message = json.loads(callback())["signedMessage"]
    with pytest.raises(CallbackExpired, match="intermediate"):
        check(SIGNER.envelope(ISSUER, message, SIGNER.signed_key(NOW)))


def test_an_expired_message_is_refused() -> None:
    with pytest.raises(CallbackExpired):
        check(callback(), now=NOW + timedelta(hours=1, seconds=10))


def test_clocks_may_differ_by_a_few_seconds() -> None:
    assert check(callback(), now=NOW + timedelta(hours=1, seconds=9)).event == "save"


def test_a_root_that_has_expired_vouches_for_nothing() -> None:
    with pytest.raises(CallbackForged):
        check(callback(), roots=RootKeys.parse(SIGNER.root_keys(NOW - timedelta(days=365))))


@pytest.mark.parametrize(
    "change",
    [{"keyExpiration": None}, {"protocolVersion": "ECv2"}, {"protocolVersion": None}, {"keyExpiration": "soon"}],
)
def test_a_root_without_expiry_or_of_another_protocol_is_ignored(change: dict[str, Any]) -> None:
    [key] = json.loads(SIGNER.root_keys(NOW))["keys"]
    key = {name: value for name, value in {**key, **change}.items() if value is not None}
    roots = RootKeys.parse(json.dumps({"keys": [key]}).encode())
    assert roots.keys == ()
    with pytest.raises(CallbackForged):
        check(callback(), roots=roots)


def test_a_root_of_another_curve_is_ignored() -> None:
    other = replace(SIGNER, root=ec.generate_private_key(ec.SECP384R1()))
    assert RootKeys.parse(other.root_keys(NOW)).keys == ()


def test_root_keys_say_when_the_first_ends() -> None:
    assert RootKeys(()).expires_at is None
    assert ROOTS.expires_at == NOW + timedelta(days=365)


@pytest.mark.parametrize("document", [b"", b"[]", b'{"keys": 1}', b'{"keys": [1]}', b"<html>", b"{}", b"\xff"])
def test_what_is_no_document_of_root_keys_is_said(document: bytes) -> None:
    with pytest.raises(RootKeysUnreadable):
        RootKeys.parse(document)


def test_an_intermediate_key_of_another_curve_is_malformed() -> None:
    with pytest.raises(CallbackMalformed):
        check(callback(replace(SIGNER, intermediate=ec.generate_private_key(ec.SECP384R1()))))


@pytest.mark.parametrize(
    "signed_key",
    ["", "[]", "{}", '{"keyValue":"AAAA","keyExpiration":"1900604800000"}', '{"keyValue":1,"keyExpiration":true}'],
)
def test_a_vouched_key_that_is_none_is_malformed(signed_key: str) -> None:
    message = json.loads(callback())["signedMessage"]
    with pytest.raises(CallbackMalformed):
        check(SIGNER.envelope(ISSUER, message, signed_key))


@pytest.mark.parametrize("name", ["signature", "intermediateSigningKey", "protocolVersion", "signedMessage"])
@pytest.mark.parametrize("value", [None, 1, [], {}, True])
def test_a_member_that_is_missing_or_of_another_type_is_malformed(name: str, value: object) -> None:
    with pytest.raises(CallbackMalformed):
        check(changed(callback(), **{name: value}))


@pytest.mark.parametrize("key", [{"signedKey": 1}, {"signatures": "x"}, {"signatures": [1]}, {"signatures": None}])
def test_an_intermediate_key_of_other_types_is_malformed(key: dict[str, Any]) -> None:
    key = {**json.loads(callback())["intermediateSigningKey"], **key}
    with pytest.raises(CallbackMalformed):
        check(changed(callback(), intermediateSigningKey=key))


def test_one_member_too_many_is_malformed() -> None:
    with pytest.raises(CallbackMalformed):
        check(changed(callback(), extra=1))


def test_a_member_given_twice_is_malformed() -> None:
    with pytest.raises(CallbackMalformed):
        check(callback().replace(b'{"signature"', b'{"protocolVersion": "ECv2", "signature"'))


@pytest.mark.parametrize("protocol", ["ECv2", "ECv1", "", "ecv2signingonly"])
def test_another_protocol_is_malformed(protocol: str) -> None:
    with pytest.raises(CallbackMalformed):
        check(changed(callback(), protocolVersion=protocol))
    with pytest.raises(CallbackMalformed):
        check(callback(replace(SIGNER, protocol=protocol)))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"1", b"{", b"not json", b"\xff\xfe", b"NaN", b"[" * 60_000),
        callback().decode().encode("utf-16"),
        b"\xef\xbb\xbf" + callback(),
        callback() + b"x",
    ],
)
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(CallbackMalformed):
        check(body)


def test_a_body_over_64_kilobytes_is_malformed() -> None:
    padded = callback() + b" " * (LARGEST_BODY - len(callback()))
    assert check(padded).event == "save"
    with pytest.raises(CallbackMalformed):
        check(padded + b" ")


def test_half_of_a_surrogate_pair_is_malformed() -> None:
    body = callback().replace(b"demo-object", b"demo-\\\\ud800")
    with pytest.raises(CallbackForged):
        check(body)
    message = json.loads(callback())["signedMessage"] + "\ud800"
    with pytest.raises(CallbackMalformed):
        check(changed(callback(), signedMessage=message))


@pytest.mark.parametrize(
    "message",
    [
        *({"eventType": "update"}, {"eventType": "SAVE"}, {"eventType": None}, {"eventType": ["save"]}),
        *({"nonce": ""}, {"nonce": "x" * 129}, {"nonce": 1}, {"nonce": None}),
        *({"expTimeMillis": None}, {"expTimeMillis": "soon"}, {"expTimeMillis": 1.9e12}, {"expTimeMillis": True}),
        *({"expTimeMillis": 10**30}, {"expTimeMillis": "9" * 5000}, {"expTimeMillis": "１９００"}),
        *({"classId": "no-issuer"}, {"objectId": f"{ISSUER}."}, {"objectId": f"{ISSUER}.a b"}, {"classId": 1}),
        *("", "[]", "null", '{"nonce":1,"nonce":2}'),
    ],
)
def test_a_signed_message_that_says_nothing_usable_is_malformed(message: dict[str, Any] | str) -> None:
    with pytest.raises(CallbackMalformed):
        check(signed(message))


def test_the_issuer_asked_for_must_be_one() -> None:
    with pytest.raises(IdInvalid):
        check(callback(), issuer_id="../3388")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GENUINE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_says_the_same(place: int, byte: int) -> None:
    body = bytearray(GENUINE)
    body[place] = byte
    try:
        believed = check(bytes(body))
    except CallbackError:
        return
    assert believed == check(GENUINE)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_any_json_is_refused_in_one_way(value: Any) -> None:
    with pytest.raises(CallbackMalformed):
        check(json.dumps(value).encode())


_SUFFIX = st.text("abcXYZ019._-", min_size=1, max_size=20)


@settings(max_examples=30, deadline=None)
@given(_SUFFIX, _SUFFIX, st.sampled_from(["save", "del"]), st.uuids())
def test_whatever_google_signs_is_believed(class_: str, object_: str, event: str, nonce: Any) -> None:
    body = SIGNER.callback(f"{ISSUER}.{class_}", f"{ISSUER}.{object_}", event, NOW, nonce=str(nonce))
    told = check(body)
    assert (told.class_id, told.object_id) == (f"{ISSUER}.{class_}", f"{ISSUER}.{object_}")
    assert (told.event, told.nonce) == (event, str(nonce))
