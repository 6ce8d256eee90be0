"""
`check(model)`: what a person should know before passes are made from a Model.

The Model is compiled with sample values and the result judged by the same rules as anybody's .pkpass; what a wallet
would drop, crop or cut short comes from the loss reports and the templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel

from walletpass.errors import WalletPassError
from walletpass.findings import Finding, Severity, error, note, warning
from walletpass.model import PASS_TYPES, PassModel, Text
from walletpass.report import LossReport
from walletpass.samples import SERIAL, sample_values

WCAG = "W3C, WCAG 2.2: contrast (minimum)"
FIELDS_PAGE = "Apple, Wallet Passes: Pass Fields (2026)"
_READABLE = 4.5


def check(model: PassModel) -> list[Finding]:
    """
    Findings for a Model, errors first.

    Each tells where (a path in the Model, or in the compiled `apple/pass.json`), what, why and what to do next.
    None of severity error means that both wallets take its passes.
    """
    findings = [*_model(model)]
    if "apple" in model.wallets:
        findings += _apple(model)
    if "google" in model.wallets:
        findings += _google(model)
    order = list(Severity)
    return sorted(dict.fromkeys(findings), key=lambda finding: order.index(finding.severity))


def _model(model: PassModel) -> Iterator[Finding]:
    used = model.references()
    for name in model.variables:
        if name not in used:
            says = f"the variable {name} is used nowhere"
            yield warning("variable-unused", f"variables.{name}", says, "", "Use it, or take it out.")
    yield from _translations(model)
    yield from _contrast(model)
    if model.contact is None and not model.fields.back:
        says = "nothing on the back says how to reach the organization"
        yield warning("contact-missing", "contact", says, FIELDS_PAGE, "Add contact: an e-mail, a phone or a site.")
    if model.barcode is not None:
        yield from _barcode(model)


def _translations(model: PassModel) -> Iterator[Finding]:
    for where, text in _texts(model, ""):
        missing = [language for language in model.languages if language not in text.languages]
        if text.languages and missing:
            says = f"no text in {', '.join(missing)}: {model.default_language} is shown there"
            yield warning("translation-missing", where, says, "", "Translate it.")


def _texts(value: object, where: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), f"{where}.{name}" if where else name)
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from _texts(item, f"{where}.{position}")


def _contrast(model: PassModel) -> Iterator[Finding]:
    colors = model.colors
    for name, color in (("foreground", colors.foreground), ("label", colors.label)):
        if color is None or "apple" not in model.wallets:
            continue
        ratio = colors.background.contrast(color)
        if ratio < _READABLE:
            says = f"{color} on {colors.background} has a contrast of {ratio:.1f}; {_READABLE} reads well"
            yield warning("contrast-low", f"colors.{name}", says, WCAG, "Take a lighter or a darker one.")


def _barcode(model: PassModel) -> Iterator[Finding]:
    from walletpass.apple.compile.document import BARCODES
    from walletpass.templates.apple import BARCODE_FORMATS

    if model.barcode is None or "apple" not in model.wallets:
        return
    known = [BARCODE_FORMATS[BARCODES[link.format]] for link in model.barcode.chain() if link.format in BARCODES]
    if known and min(form.since for form in known) > 9:
        since = min(form.since for form in known)
        says = f"phones before iOS {since:g} show no code at all"
        yield warning("barcode-needs-fallback", "barcode", says, known[0].source, "Add fallback: [{format: qr}].")


def _apple(model: PassModel) -> Iterator[Finding]:
    from walletpass.apple.bundle import archive
    from walletpass.apple.compile import AppleCompiler
    from walletpass.apple.compile.report import apple_report
    from walletpass.apple.verify.archive import read_archive
    from walletpass.apple.verify.reading import check_content
    from walletpass.templates.apple import STYLES

    yield from from_report(apple_report(model), "Apple, Wallet Passes: Pass (2026)")
    try:
        compiler = AppleCompiler(model)
        own = compiler.own_files(
            SERIAL, sample_values(model), pass_type_identifier="pass.example.sample", team_identifier="SAMPLETEAM"
        )
    except WalletPassError as fault:
        yield error("apple-not-built", "apple", str(fault), "", "Correct it, then check again.")
        return
    yield from _pictures(model)
    files = {**compiler.shared_files, **own}
    _document, findings = check_content(read_archive(archive(files.items())), datetime.now(UTC))
    for finding in findings:
        if finding.rule not in ("pass-expired", "pass-voided"):
            yield replace(finding, where=f"apple/{finding.where}")
    style = STYLES[compiler.style]
    yield note("apple-style", "apple", f"iOS {style.since:g} and later draw the style {style.key}", style.source)


def _pictures(model: PassModel) -> Iterator[Finding]:
    from walletpass.apple.compile.document import style_of
    from walletpass.apple.compile.images import places
    from walletpass.pictures import open_picture, picture_findings

    for place in places(model):
        localized = ((f"{place.where}.languages.{tag}", other) for tag, other in place.image.languages.items())
        for where, image in ((place.where, place.image), *localized):
            if image.data is None:
                continue
            picture = open_picture(image.data, name=image.file or where)
            yield from picture_findings(
                "apple",
                place.stem,
                picture,
                style=style_of(model),
                fit=image.fit,
                focus=image.focus,
                behind=model.colors.background if place.stem in ("logo", "primaryLogo", "secondaryLogo") else None,
                where=where,
            )


def _google(model: PassModel) -> Iterator[Finding]:
    from walletpass.google import google_findings

    yield from google_findings(model)


_MEANT_FOR_ONE = (
    *(
        "apple.",
        "google.",
        "app.",
        "nfc.",
        "fields.",
        "images.hero",
        "images.footer",
        "images.icon",
        "barcode.fallback.",
    ),
    *(f"{pass_type.replace('-', '_')}." for pass_type in PASS_TYPES),
)
"""Parts that name one wallet, or that one alone has a place for: that the other shows none is no surprise."""


def from_report(report: LossReport, source: str) -> Iterator[Finding]:
    """A loss report as findings: dropped parts are warnings, rejected ones errors, the rest notes."""
    for entry in report.losses:
        surprising = entry.action == "dropped" and not entry.field.startswith(_MEANT_FOR_ONE)
        make = error if entry.action == "rejected" else warning if surprising else note
        yield make(f"{entry.provider}-{entry.action}", entry.field, entry.reason, source)
