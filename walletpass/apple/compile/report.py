"""What becomes of each part of a Model in Apple Wallet."""

from __future__ import annotations

from collections.abc import Iterator

from walletpass.apple.compile.document import BARCODES, style_of
from walletpass.apple.compile.images import FILES, drawn_by
from walletpass.apple.compile.semantics import tagged
from walletpass.model.part import Part
from walletpass.model.pass_model import PassModel
from walletpass.report import LossEntry, LossReport

_ONLY_GOOGLE = {
    "type": "Google's type",
    "class_suffix": "part of an id at Google",
    "country": "Google's property",
    "homepage": "Google's property; contact.url stands on the back",
    "callback_url": "Google's callback; Apple's web service tells of additions and removals",
    "class_raw": "Google's raw properties are for Google",
    "object_raw": "Google's raw properties are for Google",
    "rotating_barcode": "Apple shows a still code: a screenshot of it can be scanned",
    "unlock_required": "Apple has no such switch; nfc.requires_authentication asks for one at the reader",
    "notify_expiry": "Apple does not remind of the end",
}


def apple_report(model: PassModel, *, strict: bool = False) -> LossReport:
    """The report for a Model; empty when it is not for Apple Wallet."""
    if "apple" not in model.wallets:
        return LossReport()
    return LossReport.of(_entries(model), strict=strict)


def _entries(model: PassModel) -> Iterator[LossEntry]:
    yield from _images(model)
    yield from _barcode(model)
    if model.validity.start is not None:
        yield _dropped("validity.start", "Apple has no first day: the pass is good as soon as it is added")
    if model.grouping and style_of(model) not in ("boardingPass", "eventTicket"):
        yield _dropped("grouping", "Apple stacks boarding passes and event tickets only")
    elif model.grouping and model.grouping.sort_index is not None:
        yield _dropped("grouping.sort_index", "Apple chooses the order in a stack")
    if model.nfc and not model.nfc.public_key:
        yield _dropped("nfc", "Apple needs public_key, the reader's P-256 key")
    elif model.nfc and model.nfc.redemption_issuers:
        yield _dropped("nfc.redemption_issuers", "Google's Smart Tap")
    for name in ("android_package", "web_url", "text"):
        if model.app and getattr(model.app, name):
            yield _dropped(f"app.{name}", "for Android phones")
    if model.sharing.holders and not model.sharing.prohibited:
        yield _dropped("sharing.holders", "Apple cannot bind a pass to one person; sharing.prohibited hides its button")
    if model.state in ("used", "expired"):
        yield LossEntry("state", "apple", "adapted", f"Apple knows void passes only: {model.state} is shown as void")
    if not model.google.screenshots:
        yield _dropped("google.screenshots", "Apple cannot stop screenshots")
    for name, reason in _ONLY_GOOGLE.items():
        if getattr(model.google, name):
            yield _dropped(f"google.{name}", reason)
    for area, fields in model.fields.areas().items():
        for position, field in enumerate(fields):
            where = f"fields.{area}.{position}"
            yield LossEntry(where, "apple", "exact") if "apple" in field.wallets else _dropped(where, "not for Apple")
    if model.terms:
        yield LossEntry("terms", "apple", "moved", "a field on the back")
    if model.contact:
        yield LossEntry("contact", "apple", "moved", "fields on the back")
    for position, _link in enumerate(model.links):
        yield LossEntry(f"links.{position}", "apple", "moved", "a field on the back")
    if model.details:
        yield from _details(model, model.details, "")


def _details(model: PassModel, part: Part, path: str) -> Iterator[LossEntry]:
    """Details that no semantic tag carries: only a field shows them."""
    for name in sorted(part.model_fields_set):
        value, detail = getattr(part, name), f"{path}{name}"
        if value in (None, ()) or tagged(model, detail):
            continue
        if isinstance(value, Part):
            yield from _details(model, value, f"{detail}.")
        else:
            yield _dropped(f"{model.section}.{detail}", "Apple has no place of its own for it: show it in a field")


def _images(model: PassModel) -> Iterator[LossEntry]:
    style = style_of(model)
    drawn = drawn_by(model)
    for name in model.images.present():
        where = f"images.{name}"
        stem = FILES.get(name)
        if name == "hero":
            yield _dropped(where, "Google's wide picture; Apple's is strip")
        elif name == "wide_logo" or stem in drawn:
            yield LossEntry(where, "apple", "exact")
        elif style == "eventTicket" and name in ("background", "thumbnail"):
            yield _dropped(where, "Apple draws either the strip, or background and thumbnail")
        else:
            yield _dropped(where, f"the style {style} does not draw it")


def _barcode(model: PassModel) -> Iterator[LossEntry]:
    if model.barcode is None:
        return
    chain = model.barcode.chain()
    known = [link.format for link in chain if link.format in BARCODES]
    if not known:
        formats = ", ".join(link.format for link in chain)
        yield _dropped("barcode", f"Apple draws no {formats}: add a fallback such as qr")
    elif chain[0].format in BARCODES:
        yield LossEntry("barcode", "apple", "exact")
    else:
        yield LossEntry("barcode", "apple", "adapted", f"Apple draws no {chain[0].format}: shown as {known[0]}")
    for position, link in enumerate(model.barcode.fallback):
        if known and link.format not in BARCODES:
            yield _dropped(f"barcode.fallback.{position}", f"Apple draws no {link.format}")


def _dropped(where: str, reason: str) -> LossEntry:
    return LossEntry(where, "apple", "dropped", reason)
