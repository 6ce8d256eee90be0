"""French or English: which a caller reads, and what goes wrong in both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from litestar import Request

Language = Literal["en", "fr"]


def choose(accept_language: str) -> Language:
    """What a caller reads best, by its Accept-Language; English when it says nothing of either."""
    best: tuple[float, Language] = (0.0, "en")
    for part in accept_language[:1000].split(","):
        tag, _, weight = part.partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if quality > best[0] and language in ("en", "fr"):
            best = (quality, "fr" if language == "fr" else "en")
    return best[1]


def language_of(request: Request[Any, Any, Any]) -> Language:
    """What the caller of a request reads best."""
    return choose(request.headers.get("accept-language", ""))


FIELD: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "est obligatoire"),
    "extra_forbidden": ("is unknown", "est inconnu"),
    "string_type": ("is not a text", "n'est pas un texte"),
    "int_type": ("is not a whole number", "n'est pas un nombre entier"),
    "int_parsing_size": ("is too large a number", "est un nombre trop grand"),
    "float_type": ("is not a number", "n'est pas un nombre"),
    "bool_type": ("is neither true nor false", "n'est ni true ni false"),
    "list_type": ("is not a list", "n'est pas une liste"),
    "dict_type": ("is not an object", "n'est pas un objet"),
    "model_type": ("is not an object", "n'est pas un objet"),
    "model_attributes_type": ("is not an object", "n'est pas un objet"),
    "string_too_short": ("has fewer than {min_length} characters", "compte moins de {min_length} caractères"),
    "string_too_long": ("has more than {max_length} characters", "compte plus de {max_length} caractères"),
    "string_pattern_mismatch": ("does not match {pattern}", "ne correspond pas à {pattern}"),
    "greater_than_equal": ("is less than {ge}", "est inférieur à {ge}"),
    "less_than_equal": ("is more than {le}", "est supérieur à {le}"),
    "literal_error": ("is not {expected}", "n'est pas l'une de ces valeurs : {expected}"),
    "too_short": ("has fewer than {min_length} entries", "compte moins de {min_length} éléments"),
    "too_long": ("has more than {max_length} entries", "compte plus de {max_length} éléments"),
    "parameter": ("does not fit: {why}", "ne convient pas : {why}"),
    "body_missing": ("the request has no body", "la requête n'a pas de corps"),
}
"""What may be wrong with a field of a request: pydantic's types of errors, and a few of ours."""

_VALUE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), french)
    for pattern, french in (
        (r"missing: it is required and has no default", "est obligatoire et n'a pas de valeur par défaut"),
        (r"missing", "est obligatoire"),
        (r"unknown key", "clé inconnue"),
        (r"unknown variable; the Model has: (.*)", r"variable inconnue ; le Modèle a : \1"),
        (r"(.*) is not a text\b.*", r"\1 n'est pas un texte"),
        (r"(.*) is not a finite number", r"\1 n'est pas un nombre fini"),
        (r"(.*) is not a number", r"\1 n'est pas un nombre"),
        (r"(.*) is a number, of which .*", r"\1 est un nombre dont la forme se perdrait : mettez-le entre guillemets"),
        (r"(.*) is not a date: write (.*)", r"\1 n'est pas une date : écrivez \2"),
        (r"(.*) is not a date and time: write (.*) or (.*)", r"\1 n'est pas une date et heure : écrivez \2 ou \3"),
        (r"(.*) is not true or false", r"\1 n'est ni true ni false"),
        (r"(.*) is not a web address: write (.*) or (.*)", r"\1 n'est pas une adresse web : écrivez \2 ou \3"),
        (r"(.*) is not an amount of money: write (.*)", r"\1 n'est pas un montant : écrivez \2"),
        (r"a boolean is not an amount of money", "un booléen n'est pas un montant"),
        (r"(.*) is not a currency code: .*", r"\1 n'est pas un code de devise (trois majuscules, ISO 4217)"),
        (r"(.*) has no currency: write (.*), or .*", r"\1 n'a pas de devise : écrivez \2"),
        (r"(.*) is out of range: write a day from (.*) to (.*)", r"\1 est hors limites : un jour du \2 au \3"),
        (r"(.*) is out of range", r"\1 est hors limites"),
        (
            r"the text has (\d+) characters, at most (\d+) are allowed",
            r"le texte compte \1 caractères, \2 au plus sont permis",
        ),
        (r"the text has control characters", "le texte contient des caractères de contrôle"),
        (r"a picture is given as its bytes.*", "une image se donne par l'identifiant de son asset"),
        (r"(.*) is no asset: .*", r"\1 n'est pas un asset : déposez d'abord l'image, puis donnez son identifiant"),
        (r"(.*) is not 1 to (\d+) printable characters", r"\1 ne compte pas de 1 à \2 caractères imprimables"),
    )
)
"""What the library says of values, in French."""


def field_says(kind: str, message: str, context: Mapping[str, Any], language: Language) -> str:
    """
    What is wrong with a field.

    Args:
        kind: Of `FIELD`; of any other the message counts.
        message: In English.
        context: What the words need.
        language: Of the answer.
    """
    words = FIELD.get(kind)
    if words is None:
        return value_says(message.removeprefix("Value error, "), language)
    return words[language == "fr"].format_map({"why": message, **context})


def value_says(message: str, language: Language) -> str:
    """What is wrong with a value, as the library says it or in French; English where there is no French yet."""
    if language == "fr":
        for pattern, french in _VALUE:
            if found := pattern.fullmatch(message):
                return found.expand(french)
    return message
