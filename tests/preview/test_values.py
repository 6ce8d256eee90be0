import pytest

from walletpass.preview.colours import WHITE, Colour, parse_colour, text_on
from walletpass.preview.values import format_value, locale_of, plain_text

MOMENT = "2027-06-12T20:30:00+02:00"


@pytest.mark.parametrize(
    ("field", "value", "language", "shown"),
    [
        ({"currencyCode": "EUR"}, 1234.5, "en", "€1,234.50"),
        ({"currencyCode": "EUR"}, 1234.5, "de", "1.234,50\xa0€"),
        ({"currencyCode": "JPY"}, 500, "en", "¥500"),
        ({"numberStyle": "PKNumberStylePercent"}, 0.2, "fr", "20\xa0%"),
        ({"numberStyle": "PKNumberStyleDecimal"}, 1240, "en", "1,240"),
        ({}, 1240, "de", "1.240"),
        ({}, "as it is", "de", "as it is"),
        ({}, True, "en", "True"),
        ({}, None, "en", ""),
        ({"dateStyle": "PKDateStyleShort"}, MOMENT, "fr", "12/06/2027"),
        ({"dateStyle": "PKDateStyleLong"}, MOMENT, "en", "June 12, 2027"),
        ({"timeStyle": "PKDateStyleShort"}, MOMENT, "fr", "20:30"),
        (
            {"dateStyle": "PKDateStyleFull", "timeStyle": "PKDateStyleShort"},
            MOMENT,
            "de",
            "Samstag, 12. Juni 2027, 20:30",
        ),
        ({"dateStyle": "PKDateStyleShort"}, "not a date", "en", "not a date"),
        ({"dateStyle": ["odd"]}, MOMENT, "en", MOMENT),
    ],
)
def test_values_read_as_on_a_phone_of_that_language(field: dict, value: object, language: str, shown: str) -> None:
    assert format_value(field, value, locale_of(language)) == shown


def test_an_absurd_number_is_left_out() -> None:
    assert format_value({}, 10**5000, locale_of("en")) == ""


@pytest.mark.parametrize("language", ["../x", "", "klingon", "\0", "zh-Hans"])
def test_an_unknown_language_reads_english_or_its_relative(language: str) -> None:
    assert locale_of(language).language in {"en", "zh"}


def test_links_of_an_attributed_value_lose_their_tags() -> None:
    assert plain_text('See <a href="https://a.example/?b=1&amp;c">our &lt;site&gt;</a>') == "See our <site>"


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("rgb(1, 2, 3)", Colour(1, 2, 3)),
        ("RGB(255,255,255)", WHITE),
        ("#abc", Colour(170, 187, 204)),
        ("#0a0B0c", Colour(10, 11, 12)),
        ("rgb(256, 0, 0)", None),
        ("red", None),
        ("#12345", None),
        (7, None),
    ],
)
def test_colours_are_read_as_both_wallets_write_them(text: object, colour: Colour | None) -> None:
    assert parse_colour(text) == colour


def test_text_stands_out_on_its_background() -> None:
    assert text_on(Colour(20, 20, 60)) == WHITE
    assert text_on(Colour(240, 240, 200)) != WHITE
