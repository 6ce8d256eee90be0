"""What the logs say, and what they keep to themselves."""

from __future__ import annotations

import json
import logging
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest
from litestar import Router

from walletpass_server.api.document import build
from walletpass_server.logs import configure, without_secrets
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.testing import PASS_TYPE


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield logging.getLogger("walletpass_server.something")
    root.handlers[:] = before
    root.setLevel(level)


def test_a_record_is_a_line_of_json(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure("json")
    logger.info("moved %d passes", 7, extra={"run": 3})
    logger.debug("not at this level")
    logging.getLogger("some.library").info("nor this")
    (line,) = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert record.pop("time").endswith("Z")
    assert record == {
        "level": "info", "logger": "walletpass_server.something", "message": "moved 7 passes", "run": 3,
    }  # fmt: skip


def test_people_get_text(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "debug")
    logger.debug("moved", extra={"run": 3})
    assert capsys.readouterr().err.rstrip().endswith("debug   walletpass_server.something: moved run=3")


def test_configuring_twice_says_everything_once(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    configure()
    logger.warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_exception_is_one_line_without_what_looks_like_a_token(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure()
    token = "Zk9-aTq_88xYw0Lm3Pq1rBv2"
    try:
        raise LookupError(f"/p/{token}")
    except LookupError:
        logger.exception("token %s", token)
    (line,) = capsys.readouterr().err.splitlines()
    assert token not in line
    assert "LookupError: /p/…" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    "text",
    ["walletpass_server.engine.worker", "operation spring-2027 of client 7", PASS_TYPE, "database-unavailable",
     "litestar.exceptions.MethodNotAllowedException: Method", "postgresql+asyncpg://walletpass:***@database/walletpass"],
)  # fmt: skip
def test_names_of_things_stay_readable(text: str) -> None:
    assert without_secrets(text) == text


def test_keys_are_taken_for_secrets() -> None:
    full_of_slashes = b64encode(b64decode("abcdefgh/" * 4 + "abcdef8=")).decode()
    for key in (Keyring.new_key("1").partition(":")[2], full_of_slashes):
        assert key[:8] not in without_secrets(f"key {key}")


def test_drawing_the_document_of_the_api_leaves_the_logs_as_they_are(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("json")
    build(Router("/v1", route_handlers=[]))
    logger.info("moved")
    logging.getLogger("some.library").info("nothing")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["message"] == "moved"
