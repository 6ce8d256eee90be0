"""
The details of a pass: text, link and image modules, ten of each from the object and ten from its class.

All stand on the object until that is full; then those that are the same on every pass go to the class.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import quote

from walletpass.google.draft import Draft, varies
from walletpass.google.images import module
from walletpass.google.texts import twin, value_text, word_text
from walletpass.model.fields import Field
from walletpass.model.text import Text, whole_reference
from walletpass.render import OMIT, Fill, Hole, Needs, Values
from walletpass.templates.google import LIMITS

AT_MOST = LIMITS["textModulesData"].at_most
"""Modules shown of one kind, from the object and again from the class; the same number of links."""

_URL = re.compile(r"https?://\S+")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[\d .()-]{6,20}")
_SEPARATORS = re.compile(r"[ .()-]")
_GIVEN = ("finePrint", "details", "helpUri")
"""Class properties that Google lists in the details of its own accord."""


class Modules:
    """Texts, links and pictures of the details, gathered before they are placed."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self._texts: list[dict[str, Any]] = []
        self._links: list[dict[str, Any]] = []
        self._ids = {field.key for fields in draft.model.fields.areas().values() for field in fields}

    def field(self, field: Field, where: str) -> None:
        """A field as a text module; one that is only an address becomes a link."""
        writer = self.draft.writer
        value = value_text(writer, field.value)
        uri = self._address(value) if where.startswith("fields.back") else None
        if uri is not None:
            self.link(field.key, uri, field.label or value, where)
            return
        body = twin(writer, "body", value)
        header = twin(writer, "header", field.label) if field.label else {}
        self._texts.append(Needs({"id": field.key, **header, **body}, "body"))
        self.draft.measure_by("TextModuleData.body", value, where)
        if field.label:
            self.draft.measure_by("TextModuleData.header", field.label, f"{where}.label")

    def text(self, name: str, header: Text, body: Text, where: str) -> None:
        """A text of the Model that is no field."""
        parts = {**twin(self.draft.writer, "header", header), **twin(self.draft.writer, "body", body)}
        self._texts.append(Needs({"id": self._free(name), **parts}, "body"))
        self.draft.measure_by("TextModuleData.body", body, where)

    def link(self, name: str, uri: Any, label: Text, where: str) -> None:
        """A link."""
        described = twin(self.draft.writer, "description", label)
        self._links.append(Needs({"uri": uri, **described, "id": name}, "uri"))
        self.draft.measure_by("Uri.description", label, where)

    def of_the_model(self) -> None:
        """Links, contact, terms."""
        draft, model = self.draft, self.draft.model
        for position, link in enumerate(model.links):
            where = f"links.{position}"
            uri = draft.writer.string(link.url, encode=True)
            self.link(self._free(link.key or f"link-{position + 1}"), uri, link.label, f"{where}.label")
            draft.exact(where)
        if contact := model.contact:
            for name, text, scheme in (("phone", contact.phone, "tel:"), ("email", contact.email, "mailto:")):
                if text:
                    self.link(self._free(f"contact-{name}"), self._uri(scheme, text), text, f"contact.{name}")
                    draft.exact(f"contact.{name}")
            if contact.url:
                uri = draft.writer.string(contact.url, encode=True)
                self.link(self._free("contact-website"), uri, word_text(draft.writer, "website"), "contact.url")
                draft.exact("contact.url")
            if contact.address:
                header = word_text(draft.writer, "address")
                self.text("contact-address", header, contact.address, "contact.address")
                draft.exact("contact.address")
        if model.terms:
            self._terms(model.terms)

    def place(self) -> dict[str, str]:
        """
        Put everything where it goes.

        Returns:
            Module id to path (`object.textModulesData['x']`), for the rows.
        """
        paths: dict[str, str] = {}
        links: dict[str, str] = {}
        full = False
        for owner, modules in self._split(self._texts).items():
            if modules:
                self.draft.tree[owner]["textModulesData"] = modules
                paths |= {module["id"]: f"{owner}.textModulesData['{module['id']}']" for module in modules}
                full |= len(modules) > AT_MOST
        for owner, uris in self._split(self._links).items():
            if uris:
                self.draft.tree[owner]["linksModuleData"] = {"uris": uris}
                links |= {uri["id"]: f"{owner}.linksModuleData.uris['{uri['id']}']" for uri in uris}
                full |= len(uris) > AT_MOST
        pictures = self._pictures()
        if full:
            self.draft.warn(
                "google-many-modules",
                "fields.back",
                f"Google shows {AT_MOST} texts and {AT_MOST} links of a pass unless told otherwise; here it is told so",
                "Shorten the details: people read the first few.",
            )
            given = [f"class.{name}" for name in _GIVEN if name in self.draft.tree["class"]]
            self.draft.put("class.classTemplateInfo.detailsTemplateOverride", _listed(
                [*paths.values(), *given, *links.values(), *pictures]
            ), "")  # fmt: skip
        return paths

    def _split(self, modules: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
        """By owner: the last constant ones go to the class while the object has too many."""
        on_class: list[dict[str, Any]] = []
        on_object = list(modules)
        for candidate in reversed(modules):
            if len(on_object) <= AT_MOST or len(on_class) == AT_MOST:
                break
            if not varies(candidate):
                on_object.remove(candidate)
                on_class.insert(0, candidate)
        return {"object": on_object, "class": on_class}

    def _pictures(self) -> list[str]:
        """Thumbnail and footer as image modules."""
        draft, paths = self.draft, []
        thumbnail = module(draft, "thumbnail", "image_module")
        if thumbnail:
            draft.put("object.imageModulesData", [thumbnail], "")
            draft.moved("images.thumbnail", "shown in the details")
            paths.append("object.imageModulesData['thumbnail']")
        footer = module(draft, "footer", "above_barcode")
        if footer:
            owner = "object" if varies(footer) else "class"
            modules = [*draft.tree[owner].get("imageModulesData", ()), footer]
            draft.put(f"{owner}.imageModulesData", modules, "")
            draft.moved("images.footer", "shown above the barcode")
            detail = {"fieldSelector": {"fields": [{"fieldPath": f"{owner}.imageModulesData['footer']"}]}}
            draft.put("class.classTemplateInfo.cardBarcodeSectionDetails.firstTopDetail", detail, "")
        return paths

    def _terms(self, terms: Text) -> None:
        draft = self.draft
        if "finePrint" not in draft.type.class_fields:
            self.text("terms", word_text(draft.writer, "terms"), terms, "terms")
            draft.exact("terms")
        elif terms.references():
            self.text("terms", word_text(draft.writer, "terms"), terms, "terms")
            draft.moved("terms", "shown as a text: the fine print is the same for all passes of a class")
        elif "localizedFinePrint" in draft.type.class_fields:
            draft.text("class.finePrint", terms, "terms")
        else:
            draft.localized("class.finePrint", terms, "terms")

    def _address(self, value: Text) -> Any:
        """The URI of a text that is nothing but an address, else None."""
        reference = whole_reference(value.plain)
        if reference:
            variable = self.draft.model.variables.get(reference.name)
            return self.draft.writer.string(value) if variable and variable.type == "url" else None
        plain = (value.plain or "").strip()
        if "{{" in plain:
            return None
        if _URL.fullmatch(plain):
            return plain
        if _MAIL.fullmatch(plain):
            return self._uri("mailto:", Text(plain=plain))
        return self._uri("tel:", Text(plain=plain)) if _PHONE.fullmatch(plain) else None

    def _uri(self, scheme: str, text: Text) -> Any:
        """An address of a scheme, as the text is filled."""
        written = self.draft.writer.string(text)
        return Hole(partial(_filled_uri, scheme, written.fill)) if isinstance(written, Hole) else _uri(scheme, written)

    def _free(self, name: str) -> str:
        while name in self._ids:
            name += "-2"
        self._ids.add(name)
        return name


def _uri(scheme: str, address: str) -> str:
    plain = _SEPARATORS.sub("", address) if scheme == "tel:" else address.strip()
    return scheme + quote(plain, safe="@+._-")


def _filled_uri(scheme: str, fill: Fill, values: Values) -> Any:
    address = fill(values)
    return OMIT if address is OMIT else _uri(scheme, address)


def _listed(paths: list[str]) -> dict[str, Any]:
    """The details, each named."""
    return {"detailsItemInfos": [{"item": {"firstValue": {"fields": [{"fieldPath": path}]}}} for path in paths]}
