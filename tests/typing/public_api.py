"""Every public call as a user writes it: never run, only type-checked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from walletpass import (
    AppleCredentials,
    Finding,
    GoogleCompiler,
    KeySigner,
    PassMaker,
    PassModel,
    ServiceAccount,
    WebService,
    bundle_passes,
    check,
    draw_apple,
    draw_google,
    failed,
    inspect,
    load_model,
    sample_values,
    save_link,
    url_prefix,
    verify,
)
from walletpass.google import RootKeys, verify_callback


def apple(model: PassModel, certificate: str, key: str, intermediate: str) -> bytes:
    credentials = AppleCredentials.from_files(certificate, key, intermediates=[intermediate])
    maker = PassMaker(model, KeySigner(credentials))
    service = WebService(url="https://wallet.example.com/apple", authentication_token="0123456789abcdef")
    one: bytes = maker.make("C-1", {"amount": "12.50 EUR"}, at=datetime.now(UTC), web_service=service)
    shared, own = maker.parts("C-2", {"amount": 12})
    return bundle_passes([one, shared + own])


def google(model: PassModel, account_file: str) -> str:
    account = ServiceAccount.load(account_file)
    compiler = GoogleCompiler(model, issuer_id="3388000000000000001", image_url=url_prefix("https://img.example.com/"))
    made = compiler.compile("C-1", sample_values(model))
    class_: dict[str, Any] = made.class_
    object_: dict[str, Any] = made.object_
    picture: str = draw_google(class_, object_, language="fr", side="back").svg
    return save_link(made, account).url + picture


def checks(path: str) -> bool:
    findings: list[Finding] = [*check(load_model(path)), *verify("a.pkpass"), *verify(b"...")]
    seen = inspect("a.pkpass")
    picture: bytes = draw_apple(seen.pass_json, seen.files, language="fr", side="front").png(scale=2)
    return failed(findings, strict=True) and bool(picture)


def told(body: bytes, document: bytes) -> tuple[str, datetime]:
    callback = verify_callback(
        body, issuer_id="3388000000000000001", root_keys=RootKeys.parse(document), now=datetime.now(UTC)
    )
    return callback.object_id if callback.event == "save" else callback.nonce, callback.expires_at
