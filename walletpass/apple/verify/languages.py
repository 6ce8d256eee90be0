"""Localisations: each `pass.strings` read, and compared with those of the other languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from walletpass.apple.strings import read_pairs, repeated_keys
from walletpass.apple.verify.limits import LIMITS
from walletpass.apple.verify.wording import place, shown
from walletpass.errors import DocumentError
from walletpass.findings import Finding, error, warning
from walletpass.templates.apple import SOURCE

STRINGS = "pass.strings"
_FOLDER = re.compile(r"([^/]+)\.lproj/.+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_]([A-Za-z]{2}|\d{3}))?")
_OLD_NAMES = frozenset({"English", "French", "German", "Spanish", "Italian", "Japanese", "Dutch", "Base"})
_NAMED = 3
_BOUNDS = "walletpass: bounds for unknown archives"


def languages_of(names: Sequence[str]) -> tuple[str, ...]:
    """Languages that have a folder, sorted ("en", "fr", "zh-Hans")."""
    return tuple(sorted({match[1] for name in names if (match := _FOLDER.fullmatch(name))}))


def check_languages(files: Mapping[str, bytes], present: Sequence[str]) -> list[Finding]:
    """Findings for language folders and texts. `present` has every name in the archive, read or not."""
    findings = [_folder(language) for language in languages_of(present) if not _is_language(language)]
    if STRINGS in files:
        says = "Wallet reads it in language folders only"
        findings.append(warning("strings-outside-folder", STRINGS, says, SOURCE, "Move it to en.lproj or the like."))
    texts, faults = _read_all({name: data for name, data in files.items() if name.endswith(f".lproj/{STRINGS}")})
    return findings + faults + list(_compare(texts))


def _is_language(name: str) -> bool:
    return bool(_LANGUAGE.fullmatch(name)) or name in _OLD_NAMES


def _folder(language: str) -> Finding:
    says = f"{shown(language)} is not a language as Apple names them"
    return warning("language-unknown", place(f"{language}.lproj"), says, SOURCE, "Name it en.lproj, or zh-Hans.lproj.")


def _read_all(files: Mapping[str, bytes]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Texts by file and key, and what is wrong with the files."""
    texts: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    size = count = 0
    for name, data in files.items():
        size += len(data)
        count += data.count(b";")
        if len(data) > LIMITS.strings or size > LIMITS.all_strings or count > LIMITS.texts:
            says = "its texts, or those of all languages together, are too many to be read"
            findings.append(error("strings-too-large", place(name), says, _BOUNDS, "Shorten them."))
            continue
        try:
            pairs = read_pairs(data)
        except DocumentError as problem:
            says = f"it cannot be read: {problem}"
            findings.append(error("strings-broken", place(name), says, SOURCE, 'Write "key" = "text"; on each line.'))
            continue
        if repeated := repeated_keys(pairs):
            says = f"keys occur more than once: {_some(repeated, len(repeated))}"
            findings.append(warning("strings-key-repeated", place(name), says, SOURCE, "Keep one of each."))
        texts[name] = dict(reversed(pairs))
    return texts, findings


def _compare(texts: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    places: dict[str, int] = {}  # how many values each key's text takes, in the language where it takes most
    for table in texts.values():
        for key, text in table.items():
            places[key] = max(places.get(key, key.count("%@")), text.count("%@"))
    for name, table in texts.items():
        if missing := len(places) - len(table):
            first = list(islice((key for key in places if key not in table), _NAMED))
            says = f"it lacks keys that other languages have: {_some(first, missing)}"
            yield warning("strings-keys-differ", place(name), says, SOURCE, "Give each language every key.")
        if lost := [key for key, text in table.items() if text.count("%@") < places[key]]:
            says = f"%@ is lost in {_some(lost, len(lost))}"
            yield warning("strings-placeholder-lost", place(name), says, SOURCE, "Put %@ where the value goes.")


def _some(keys: list[str], count: int) -> str:
    named = ", ".join(shown(key) for key in keys[:_NAMED])
    return f"{named} and {count - _NAMED} more" if count > _NAMED else named
