"""What a check says: one finding for each thing worth a person's attention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is. An error makes the CLI exit 1; `--strict` counts warnings as errors."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One result of `check` or `verify`.

    Attributes:
        severity: error, warning or note.
        rule: Stable name of the rule, in kebab-case ("field-key-repeated"): scripts and tests match on it.
        where: Path inside the subject ("pass.json/coupon/primaryFields/0/key", "images.logo").
        says: What is wrong, in a sentence.
        source: Where the rule comes from (a page of Apple or Google, an RFC, a measurement).
        hint: What to do next; may be empty.
    """

    severity: Severity
    rule: str
    where: str
    says: str
    source: str = ""
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """The finding as JSON-ready text values."""
        return {name: str(value) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        line = f"{self.severity.value}: {self.where}: {self.says} [{self.rule}]"
        return f"{line} {self.hint}" if self.hint else line


def error(rule: str, where: str, says: str, source: str = "", hint: str = "") -> Finding:
    """A finding that makes its subject unfit."""
    return Finding(Severity.ERROR, rule, where, says, source, hint)


def warning(rule: str, where: str, says: str, source: str = "", hint: str = "") -> Finding:
    """A finding to look at: the subject works, but perhaps not as meant."""
    return Finding(Severity.WARNING, rule, where, says, source, hint)


def note(rule: str, where: str, says: str, source: str = "", hint: str = "") -> Finding:
    """A finding for the record."""
    return Finding(Severity.NOTE, rule, where, says, source, hint)


def failed(findings: Iterable[Finding], *, strict: bool = False) -> bool:
    """Whether any finding is an error, or with `strict` a warning."""
    bad = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return any(finding.severity in bad for finding in findings)
