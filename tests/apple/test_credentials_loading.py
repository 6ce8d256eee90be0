"""Keys and certificates from the forms and places they come in."""

import base64
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.apple import AppleCredentials, describe
from walletpass.errors import (
    CertificateUnreadable,
    FileMissing,
    IdentityMismatch,
    KeyMismatch,
    KeyUnreadable,
    UsageError,
    WalletPassError,
    WrongPassphrase,
)

FORMATS = [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]


def loaded_whole(credentials, issued) -> bool:
    return credentials.certificate == issued.certificate and credentials.chain == (issued.intermediate,)


def test_pem_texts(issued):
    credentials = AppleCredentials.load(
        issued.certificate_pem, issued.key_pem(), intermediates=[issued.intermediate_pem]
    )
    assert loaded_whole(credentials, issued)
    assert (credentials.pass_type_identifier, credentials.team_identifier) == ("pass.example.test", "TESTTEAM")
    assert "key" not in repr(credentials).split("certificate=")[0]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_every_form_of_key_and_der_certificates(issued, form, encoding):
    credentials = AppleCredentials.load(
        issued.certificate.public_bytes(Encoding.DER),
        issued.key.private_bytes(encoding, form, NoEncryption()),
        intermediates=[issued.intermediate.public_bytes(Encoding.DER)],
    )
    assert loaded_whole(credentials, issued)


@pytest.mark.parametrize("order", ["leaf-first", "intermediate-first", "key-between"])
def test_one_pem_text_may_hold_everything_in_any_order(issued_ec, order):
    parts = {
        "leaf-first": (issued_ec.certificate_pem, issued_ec.intermediate_pem, issued_ec.key_pem()),
        "intermediate-first": (issued_ec.intermediate_pem, issued_ec.certificate_pem, issued_ec.key_pem()),
        "key-between": (
            b"Bag Attributes\n",
            issued_ec.intermediate_pem,
            issued_ec.key_pem(),
            issued_ec.certificate_pem,
        ),
    }[order]
    assert loaded_whole(AppleCredentials.load(b"".join(parts)), issued_ec)


def test_the_right_intermediate_is_chosen_among_others(authority, issued_ec, at):
    stranger = type(authority).create(key="ec", now=at)
    given = [stranger.intermediate_pem, authority.root_pem, issued_ec.intermediate_pem, stranger.root_pem]
    credentials = AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem(), intermediates=given)
    assert credentials.chain == (issued_ec.intermediate,)


@pytest.mark.parametrize("form", FORMATS)
def test_an_encrypted_key_opens_with_its_passphrase(issued_ec, form):
    key = issued_ec.key.private_bytes(Encoding.PEM, form, BestAvailableEncryption("clé".encode()))
    credentials = AppleCredentials.load(issued_ec.certificate_pem, key, passphrase="clé")
    assert credentials.certificate == issued_ec.certificate


def test_an_encrypted_key_without_passphrase_asks_for_one(issued_ec):
    with pytest.raises(WrongPassphrase, match="is encrypted: give its passphrase"):
        AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem("secret"))


def test_a_wrong_passphrase_is_told(issued_ec):
    with pytest.raises(WrongPassphrase, match="does not open") as caught:
        AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem("secret"), passphrase="guess")
    assert "guess" not in str(caught.value)


def test_a_passphrase_that_is_not_needed_does_no_harm(issued_ec):
    assert AppleCredentials.load(issued_ec.certificate_pem, issued_ec.key_pem(), passphrase="unneeded")


def test_pkcs12_with_and_without_intermediate(issued):
    bare = AppleCredentials.from_pkcs12(issued.pkcs12("secret"), "secret", [issued.intermediate_pem])
    whole = AppleCredentials.from_pkcs12(issued.pkcs12("secret", with_intermediate=True), "secret")
    assert loaded_whole(bare, issued)
    assert loaded_whole(whole, issued)


@pytest.mark.parametrize(
    ("passphrase", "says"), [("guess", "is not opened by this passphrase"), (None, "needs a passphrase")]
)
def test_pkcs12_with_a_wrong_passphrase_is_told(issued_ec, passphrase, says):
    with pytest.raises(WrongPassphrase, match=says) as caught:
        AppleCredentials.from_pkcs12(issued_ec.pkcs12("secret"), passphrase)
    assert "old ciphers" not in str(caught.value)


def test_pkcs12_with_old_ciphers_says_how_to_convert_it(issued_ec):
    """As macOS exports them. Some builds of OpenSSL open them, given the passphrase; some cannot."""
    old = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .build(b"secret")
    )
    data = pkcs12.serialize_key_and_certificates(b"pass", issued_ec.key, issued_ec.certificate, None, old)
    with pytest.raises(WrongPassphrase, match=r"old ciphers.*openssl pkcs12 -legacy"):
        AppleCredentials.from_pkcs12(data, "guess")


def test_pkcs12_without_key_is_told(issued_ec):
    data = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(issued_ec.certificate, None)], BestAvailableEncryption(b"secret")
    )
    with pytest.raises(KeyUnreadable, match="holds no private key"):
        AppleCredentials.from_pkcs12(data, "secret")


@pytest.mark.parametrize("data", [b"", b"junk", b"\x30\x82\x01\x00\x02\x01\x03"])
def test_what_is_no_pkcs12_is_told(data):
    with pytest.raises((KeyUnreadable, WrongPassphrase)):
        AppleCredentials.from_pkcs12(data, "secret")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no certificate"),
        (b"\x00\xff" * 40, "no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "a damaged certificate"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a private key"),
    ],
)
def test_an_unreadable_certificate_is_told(issued_ec, data, says):
    with pytest.raises(CertificateUnreadable, match=says):
        AppleCredentials.load(data, issued_ec.key_pem())


@pytest.mark.parametrize(
    "key", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\x30\x03\x02\x01\x00"]
)
def test_an_unreadable_key_is_told(issued_ec, key):
    with pytest.raises(KeyUnreadable, match="no private key that can be read"):
        AppleCredentials.load(issued_ec.certificate_pem, key)


def test_keys_that_wallet_does_not_take_are_told(issued_ec):
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyUnreadable, match=r"Ed25519.*takes RSA"):
        AppleCredentials.load(issued_ec.certificate_pem, ed25519.Ed25519PrivateKey.generate().private_bytes(*plain))
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # refused below
    with pytest.raises(KeyUnreadable, match="1024 bits, 2048 are the least"):
        AppleCredentials.load(issued_ec.certificate_pem, weak.private_bytes(*plain))


@pytest.mark.filterwarnings("ignore")  # cryptography warns of odd names and lengths
@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, 10_000), value=st.integers(0, 255))
def test_a_damaged_certificate_never_ends_in_an_error_of_another_library(issued_ec, at, position, value):
    damaged = bytearray(issued_ec.certificate.public_bytes(Encoding.DER))
    damaged[position % len(damaged)] = value
    try:
        credentials = AppleCredentials.load(
            bytes(damaged), issued_ec.key_pem(), intermediates=[issued_ec.intermediate_pem]
        )
    except WalletPassError:
        return
    assert bytes(damaged) == issued_ec.certificate.public_bytes(Encoding.DER) or describe(credentials, at).findings


def test_the_key_of_another_certificate_is_told(authority, issued_rsa, issued_ec):
    other = authority.issue_pass_certificate(key="ec")
    for key in (other.key_pem(), issued_rsa.key_pem()):
        with pytest.raises(KeyMismatch, match=r"does not belong to 'Pass Type ID: pass\.example\.test'"):
            AppleCredentials.load(issued_ec.certificate_pem, key, intermediates=[issued_ec.intermediate_pem])


def test_files_of_pem_and_of_pkcs12(tmp_path, issued_ec):
    (tmp_path / "pass.pem").write_bytes(issued_ec.certificate_pem)
    (tmp_path / "pass.key").write_bytes(issued_ec.key_pem("secret"))
    (tmp_path / "wwdr.pem").write_bytes(issued_ec.intermediate_pem)
    (tmp_path / "pass.p12").write_bytes(issued_ec.pkcs12("secret"))
    more = {"passphrase": "secret", "intermediates": [tmp_path / "wwdr.pem"]}
    assert loaded_whole(AppleCredentials.from_files(tmp_path / "pass.pem", tmp_path / "pass.key", **more), issued_ec)
    assert loaded_whole(AppleCredentials.from_files(tmp_path / "pass.p12", **more), issued_ec)


def test_pkcs12_as_openssl_exports_it(tmp_path, issued_rsa):
    (tmp_path / "pass.pem").write_bytes(issued_rsa.certificate_pem + issued_rsa.intermediate_pem + issued_rsa.key_pem())
    command = ["openssl", "pkcs12", "-export", "-in", "pass.pem", "-out", "pass.p12", "-passout", "pass:secret"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert loaded_whole(AppleCredentials.from_files(tmp_path / "pass.p12", passphrase="secret"), issued_rsa)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileMissing, match=r"absent\.pem cannot be read \(No such file"):
        AppleCredentials.from_files(tmp_path / "absent.pem")


def environment(issued, tmp_path, form: str) -> dict[str, str]:
    if form == "paths":
        (tmp_path / "pass.pem").write_bytes(issued.certificate_pem)
        (tmp_path / "pass.key").write_bytes(issued.key_pem())
        (tmp_path / "wwdr.pem").write_bytes(issued.intermediate_pem)
        return {
            "CERTIFICATE": str(tmp_path / "pass.pem"),
            "KEY": str(tmp_path / "pass.key"),
            "INTERMEDIATE": str(tmp_path / "wwdr.pem"),
        }
    if form == "pkcs12":
        content = issued.pkcs12("secret", with_intermediate=True)
        return {"CERTIFICATE": base64.encodebytes(content).decode(), "PASSPHRASE": "secret"}
    texts = {
        "CERTIFICATE": issued.certificate_pem.decode(),
        "KEY": issued.key_pem().decode(),
        "INTERMEDIATE": issued.intermediate_pem.decode(),
    }
    return {name: text.replace("\n", "\\n") if form == "escaped" else text for name, text in texts.items()}


@pytest.mark.parametrize("form", ["paths", "texts", "escaped", "pkcs12"])
def test_environment_variables_hold_paths_texts_or_base64(tmp_path, issued_ec, form):
    variables = {f"WALLETPASS_APPLE_{name}": value for name, value in environment(issued_ec, tmp_path, form).items()}
    assert loaded_whole(AppleCredentials.from_environment(environ=variables), issued_ec)


def test_environment_variables_may_have_another_prefix_and_are_read_from_the_process(monkeypatch, tmp_path, issued_ec):
    for name, value in environment(issued_ec, tmp_path, "texts").items():
        monkeypatch.setenv(f"SHOP_{name}", value)
    assert loaded_whole(AppleCredentials.from_environment("SHOP_"), issued_ec)


def test_a_missing_variable_is_named():
    with pytest.raises(UsageError, match="WALLETPASS_APPLE_CERTIFICATE is not set"):
        AppleCredentials.from_environment(environ={})


@pytest.mark.parametrize("value", ["certs/absent.pem", "certs/pa", "not base64!", "\x00", "x" * 5000])
def test_a_variable_that_holds_neither_is_named_and_its_value_kept_quiet(value):
    with pytest.raises(UsageError, match="WALLETPASS_APPLE_CERTIFICATE names no readable file") as caught:
        AppleCredentials.from_environment(environ={"WALLETPASS_APPLE_CERTIFICATE": value})
    assert value not in str(caught.value)


def test_variables_that_name_another_pass_type_or_team_are_told(tmp_path, issued_ec):
    variables = {f"WALLETPASS_APPLE_{name}": text for name, text in environment(issued_ec, tmp_path, "texts").items()}
    for name in ("PASS_TYPE_IDENTIFIER", "TEAM_IDENTIFIER"):
        with pytest.raises(IdentityMismatch, match="OTHER"):
            AppleCredentials.from_environment(environ={**variables, f"WALLETPASS_APPLE_{name}": "OTHER"})
