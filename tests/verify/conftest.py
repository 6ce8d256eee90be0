from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

VECTORS = Path(__file__).parent.parent / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of passes to verify."""
    return VECTORS


@pytest.fixture(scope="session")
def plain(vectors: Path) -> bytes:
    """A sound pass."""
    return (vectors / "good" / "plain.pkpass").read_bytes()


@pytest.fixture(scope="session")
def root(vectors: Path) -> bytes:
    """The root that signed the vectors' certificates, PEM."""
    return (vectors / "authority" / "root.pem").read_bytes()


@pytest.fixture(scope="session")
def july() -> datetime:
    """When the vectors are judged: a month after they were signed."""
    return datetime(2026, 7, 1, tzinfo=UTC)
