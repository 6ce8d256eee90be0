"""The few words walletpass adds to a pass itself, in the languages it knows; English elsewhere."""

from __future__ import annotations

_WORDS: dict[str, dict[str, str]] = {
    "terms": {
        "en": "Terms",
        "fr": "Conditions",
        "de": "Bedingungen",
        "es": "Condiciones",
        "it": "Condizioni",
        "nl": "Voorwaarden",
        "pt": "Condições",
        "ar": "الشروط",
        "he": "תנאים",
    },
    "email": {
        "en": "E-mail",
        "fr": "E-mail",
        "de": "E-Mail",
        "es": "Correo electrónico",
        "it": "E-mail",
        "nl": "E-mail",
        "pt": "E-mail",
        "ar": "البريد الإلكتروني",
        "he": "דואר אלקטרוני",
    },
    "phone": {
        "en": "Telephone",
        "fr": "Téléphone",
        "de": "Telefon",
        "es": "Teléfono",
        "it": "Telefono",
        "nl": "Telefoon",
        "pt": "Telefone",
        "ar": "الهاتف",
        "he": "טלפון",
    },
    "website": {
        "en": "Website",
        "fr": "Site web",
        "de": "Website",
        "es": "Sitio web",
        "it": "Sito web",
        "nl": "Website",
        "pt": "Site",
        "ar": "الموقع",
        "he": "אתר",
    },
    "address": {
        "en": "Address",
        "fr": "Adresse",
        "de": "Adresse",
        "es": "Dirección",
        "it": "Indirizzo",
        "nl": "Adres",
        "pt": "Endereço",
        "ar": "العنوان",
        "he": "כתובת",
    },
}


def word(name: str, language: str) -> str:
    """One of `terms`, `email`, `phone`, `website`, `address` in a language."""
    words = _WORDS[name]
    return words.get(language) or words.get(language.split("-")[0]) or words["en"]
