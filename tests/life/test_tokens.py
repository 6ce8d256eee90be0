"""Design §3.8: tokens."""

from __future__ import annotations

from walletpass.tokens import digest, looks_like_token, matches, new_token


def test_tokens_are_long_url_safe_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(looks_like_token(token) and len(token) == 27 for token in tokens)


def test_a_token_is_looked_up_and_compared_by_its_digest() -> None:
    token = new_token()
    assert (len(digest(token)), matches(token, digest(token)), matches(new_token(), digest(token))) == (32, True, False)


def test_nonsense_is_told_from_tokens_by_its_form() -> None:
    assert [looks_like_token(text) for text in ("", "short", "a" * 65, "a/b" * 10, "../../../../../../../etc")] == [
        False
    ] * 5
