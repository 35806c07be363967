"""Whatever a label holds, what is printed holds no code for a terminal."""

import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wvexp.errors import UserError
from wvexp.printable import PrintableFormatter, printable


@given(st.text(st.characters()))
def test_nothing_that_steers_a_terminal_is_left(text):
    shown = printable(text)
    steering = [c for c in shown if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n"]
    assert steering == []
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, 日本, a\tb\n", "plain, naïve, 日本, a\tb\n"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb\x9b", r"a\rb\x9b"),
        ("\u202eevil\u2066", r"\u202eevil\u2066"),
        ("\udcff", r"\udcff"),
    ],
)
def test_codes_are_written_out_and_text_stays(text, shown):
    assert printable(text) == shown


def test_errors_and_notes_are_one_line_without_codes():
    assert str(UserError("label 'a\x1b[2J\nb'", "mend it")) == r"label 'a\x1b[2J b'; mend it"
    record = logging.LogRecord("wvexp", logging.WARNING, "", 0, "%s:\n%s", ("a\x1b", "b"), None)
    assert PrintableFormatter("note: %(message)s").format(record) == r"note: a\x1b: b"
