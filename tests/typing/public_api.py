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
from walletpass.client import ApiConflict, AsyncClient, Client, verify_hook
from walletpass.client.api import events, passes, tokens
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


def connector(url: str, key: str, operation_id: int) -> dict[str, str]:
    with Client(url, key) as shop:
        made = shop.send(tokens.create_token(operation_id, external_id="K-1", values={"name": "Ada"}))
        told = shop.send(events.send_event(type="visit", subject={"serial": "C-1"}, data={"amount": 12}))
        count: int | None = told.matched
        try:
            shop.send(passes.change_values(made.id, values={"points": count}, if_match=3))
        except ApiConflict as conflict:
            return {"": conflict.kind, **{fault["pointer"]: fault["detail"] for fault in conflict.faults}}
        return {each.serial: each.model for each in shop.every(passes.list_passes(operation_id=operation_id))}


async def connector_in_asyncio(url: str, key: str) -> list[str]:
    async with AsyncClient(url, key) as shop:
        return [each.serial async for each in shop.every(passes.list_passes(model="active"))]


def hooked(body: bytes, headers: dict[str, str], secret: str) -> str:
    return verify_hook(body, headers, secret).type
