import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from walletpass.apple.strings import read_pairs, read_strings, repeated_keys, write_strings
from walletpass.errors import DocumentError

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXT, TEXT, max_size=6))
def test_what_is_written_is_read_back(texts: dict[str, str]) -> None:
    assert read_strings(write_strings(texts)) == texts


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80) | st.text('"=;/*\\nUa \n', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_with_one_error(data: bytes) -> None:
    try:
        texts = read_strings(data)
    except DocumentError:
        texts = {}
    assert all(isinstance(text, str) for text in texts.values())


def test_the_written_form_is_one_pair_a_line_in_utf8_without_a_mark() -> None:
    assert write_strings({"a": "é\n", 'say "x"': "\\"}) == '"a" = "é\\n";\n"say \\"x\\"" = "\\\\";\n'.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_found_in_the_field_is_read(encoding: str) -> None:
    assert read_strings('"a" = "é";'.encode(encoding)) == {"a": "é"}


def test_comments_bare_keys_short_forms_and_escapes_are_read() -> None:
    source = rb"""
    /* a comment; with "marks" = */ // and another
    "a" = "one\tt\U00e9 \u00e9"; bare.key = "two";
    "same";
    "emoji" = "\UD83D\UDE00 \101";
    """
    assert read_strings(source) == {"a": "one\tté é", "bare.key": "two", "same": "same", "emoji": "😀 A"}


def test_repeated_keys_can_be_seen_and_the_first_one_counts() -> None:
    source = b'"a" = "1";\n"b" = "2";\n"a" = "3";\n"a" = "4";\n'
    assert repeated_keys(read_pairs(source)) == ["a"]
    assert read_strings(source) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("source", "line"),
    [(b'"a" = "1";\n"b" "2";', 2), (b'"a" = "1"', 1), (b'"a" = "1', 1), (b"/* open", 1), (b'"a" = "1";\n\n= "x";', 3)],
)
def test_a_broken_file_is_refused_with_its_line(source: bytes, line: int) -> None:
    with pytest.raises(DocumentError, match=f"line {line}:"):
        read_strings(source)


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(DocumentError, match="byte 5: not UTF-8 text"):
        read_strings(b'"a"="\xff";')
