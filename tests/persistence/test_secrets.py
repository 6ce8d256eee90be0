from __future__ import annotations

import stat
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from walletpass.errors import FileMissing, SecretUnreadable, UsageError
from walletpass_server.persistence.database import Database
from walletpass_server.persistence.rotation import seal_again
from walletpass_server.persistence.secrets import Keyring
from walletpass_server.persistence.tables import PassRow
from walletpass_server.persistence.unit_of_work import ALL_CLIENTS
from walletpass_server.settings import Settings
from walletpass_server.testing import SeededOperation, seed_passes

OLD = Keyring({"2026": b"o" * 32})
BOTH = Keyring({"2027": b"n" * 32, "2026": b"o" * 32})
NEW = Keyring({"2027": b"n" * 32})


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_what_is_sealed_opens_in_its_place(secret: bytes) -> None:
    sealed = OLD.seal(secret, "pass", "secret", 7)
    assert OLD.unseal(sealed, "pass", "secret", 7) == secret
    assert len(secret) < 4 or secret not in sealed


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_a_flipped_bit_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(OLD.seal(b"an authentication token", "pass", "secret", 7))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SecretUnreadable):
        OLD.unseal(bytes(sealed), "pass", "secret", 7)


@pytest.mark.parametrize("place", [("pass", "secret", 8), ("token", "secret", 7), ("pass", "sealed", 7)])
def test_a_secret_moved_elsewhere_does_not_open(place: tuple[str, str, int]) -> None:
    with pytest.raises(SecretUnreadable, match="moved"):
        OLD.unseal(OLD.seal(b"x", "pass", "secret", 7), *place)


def test_an_old_key_on_the_ring_still_opens_and_one_that_is_gone_is_named() -> None:
    sealed = OLD.seal(b"x", "pass", "secret", 7)
    assert BOTH.unseal(sealed, "pass", "secret", 7) == b"x"
    with pytest.raises(SecretUnreadable, match=r"pass\.secret of row 7: sealed with key 2026, which is missing"):
        NEW.unseal(sealed, "pass", "secret", 7)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"plain text that was never sealed", b"\x01\xff" + b"k" * 20])
def test_bytes_that_were_never_sealed_are_refused(sealed: bytes) -> None:
    with pytest.raises(SecretUnreadable):
        OLD.unseal(sealed, "pass", "secret", 7)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "id:%%%", "id:YQ==", "a b:" + "A" * 44, f"x:{'A' * 43}=,x:{'A' * 43}="]
)
def test_keys_that_are_none_are_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Keyring.parse(text)
    assert "\n" not in str(caught.value)


def test_a_new_key_reads_back() -> None:
    ring = Keyring.parse(Keyring.new_key("b") + "\n" + f"a:{b64encode(b'k' * 32).decode()}\n")
    assert ring.current == "b"


async def test_rotation_seals_everything_again_with_the_current_key(database: Database, shop: SeededOperation) -> None:
    async with database.writing(ALL_CLIENTS) as unit:
        for pass_id in await seed_passes(unit, shop, 5):
            ring = OLD if pass_id % 2 else BOTH
            sealed = ring.seal(b"secret of %d" % pass_id, "pass", "secret", pass_id)
            await unit.connection.execute(update(PassRow).where(PassRow.id == pass_id).values(secret=sealed))
    first, second = await seal_again(database, BOTH), await seal_again(database, BOTH)
    async with database.reading(shop.client_id) as unit:
        rows = (await unit.session.scalars(select(PassRow))).all()
    assert (first, second) in {(2, 0), (3, 0)}
    assert all(NEW.unseal(row.secret, "pass", "secret", row.id) == b"secret of %d" % row.id for row in rows)


def test_without_settings_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    chosen = Settings.from_env({"WALLETPASS_DATA": str(tmp_path / "data")})
    sealed = chosen.keyring().seal(b"x", "pass", "secret", 1)
    assert chosen.keyring().unseal(sealed, "pass", "secret", 1) == b"x"
    file = tmp_path / "data" / "secret.keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]
    assert chosen.database_url == f"sqlite:///{tmp_path / 'data' / 'walletpass.db'}"


def test_keys_come_from_the_variable_or_the_file_it_names(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(Keyring.new_key("from-file"))
    assert Settings.from_env({"WALLETPASS_SECRET_KEY_FILE": str(file)}).keyring().current == "from-file"
    assert Settings.from_env({"WALLETPASS_SECRET_KEY": Keyring.new_key("given")}).keyring().current == "given"
    with pytest.raises(FileMissing, match="WALLETPASS_SECRET_KEY_FILE"):
        Settings.from_env({"WALLETPASS_SECRET_KEY_FILE": str(tmp_path / "nothing")})


def test_settings_do_not_print_their_keys() -> None:
    assert "hidden" not in repr(Settings(secret_keys="hidden"))
