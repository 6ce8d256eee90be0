"""Documents on disk: YAML 1.2 without surprises, bounded, inside their folder."""

from pathlib import Path

import pytest

from walletpass.errors import DocumentError, FileMissing, PictureError
from walletpass.files import folder_reader, load_model, parse_document, read_document, write_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcde", "bcdef", strict=True)
)


def test_yaml_is_read_by_the_core_schema() -> None:
    read = parse_document(b"on: yes\nday: 2027-03-20\nreal: true\nhour: 08:00\n", name="a.yaml")
    assert read == {"on": "yes", "day": "2027-03-20", "real": True, "hour": "08:00"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"a: 1\na: 2\n", "duplicate key"),
        (b"a: &a [*a]\n", "alias holds itself"),
        (b"a: !!python/object:os.system x\n", "constructor"),
        (b"a: !!binary aGk=\n", "constructor"),
        (b"a: [1,\n", "line 2"),
        (b"a: \xff\n", "UTF-8"),
        (b"- 1\n", "not a mapping"),
        (b"", "not a mapping"),
        (BOMB.encode(), "100,000 values"),
        (b"a: " + b"[" * 5000, "nested|recursion|depth"),
    ],
    ids=["duplicate", "loop", "tag", "binary", "open", "latin-1", "list", "empty", "bomb", "deep"],
)
def test_a_broken_or_hostile_document_is_one_line(text: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says) as refused:
        parse_document(text, name="a.yaml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b"{", b"[1]"])
def test_json_is_as_strict(text: bytes) -> None:
    with pytest.raises(DocumentError):
        parse_document(text, name="a.json")


def test_a_document_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(FileMissing) as refused:
        read_document(tmp_path / "none.yaml")
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "a/../../secret", "a\0b"])
def test_a_document_cannot_name_a_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(DocumentError, match="outside"):
        folder_reader(folder)(name)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(DocumentError, match="outside"):
        folder_reader(folder)("link")


def test_a_picture_that_is_not_there_is_the_models_fault(tmp_path: Path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(
        write_yaml(
            {
                "model": "a",
                "pass_type": "generic",
                "function": "card",
                "organization": "X",
                "description": "Y",
                "images": {"logo": "logo.png"},
            }
        )
    )
    with pytest.raises(PictureError, match=r"logo\.png"):
        load_model(path)


def test_half_a_character_anywhere_in_a_document_is_refused():
    for name, content in (("a.yaml", rb'user_info: ["\ud800"]'), ("a.json", rb'{"user_info": {"x": "\ud800"}}')):
        with pytest.raises(DocumentError, match="half a character"):
            parse_document(content, name=name)


def test_digits_after_a_leading_zero_are_a_code_and_stay_text():
    document = parse_document(b"{a: 007, b: 0, c: 10, d: 0o17, e: 0x1F, f: -5, g: 0.5}", name="a.yaml")
    assert document == {"a": "007", "b": 0, "c": 10, "d": 15, "e": 31, "f": -5, "g": 0.5}
