"""One vector: how to spoil a sound pass, why that matters, and what must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from draft import Draft, merge

Spoil = Callable[[Draft], Any]


@dataclass(frozen=True)
class Recipe:
    """`errors` and `warnings` are the rules that must be found, all of them and no other."""

    name: str
    why: str
    spoil: Spoil
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def build(self) -> bytes:
        """The .pkpass."""
        draft = Draft()
        self.spoil(draft)
        return draft.build()


def bad(name: str, why: str, spoil: Spoil, *errors: str, warnings: tuple[str, ...] = ()) -> Recipe:
    """A vector with errors; named after its fault, which is the rule unless said otherwise."""
    return Recipe(name, why, spoil, errors or (() if warnings else (name,)), warnings)


def odd(name: str, why: str, spoil: Spoil, *warnings: str) -> Recipe:
    """A vector with warnings only."""
    return Recipe(name, why, spoil, (), warnings or (name,))


def document(**patch: Any) -> Spoil:
    """Change pass.json: objects are merged, None removes."""
    return lambda draft: merge(draft.document, patch)


def settings(**values: Any) -> Spoil:
    """Replace steps of the draft."""

    def spoil(draft: Draft) -> None:
        for name, value in values.items():
            setattr(draft, name, value)

    return spoil


def files(**contents: bytes | None) -> Spoil:
    """Add files, or with None take them out. In names `__` stands for a dot, `_at_` for @, `_in_` for a slash."""

    def spoil(draft: Draft) -> None:
        for coded, content in contents.items():
            name = coded.replace("__", ".").replace("_at_", "@").replace("_in_", "/")
            if content is None:
                draft.files.pop(name)
            else:
                draft.files[name] = content

    return spoil


def both(*spoils: Spoil) -> Spoil:
    """Several changes, one after the other."""

    def spoil(draft: Draft) -> None:
        for one in spoils:
            one(draft)

    return spoil
