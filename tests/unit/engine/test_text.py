"""What people wrote, made harmless (SECURITY 13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Siân O'Brien", "Siân O'Brien"),
        ("  Siân   O'Brien ", "Siân O'Brien"),
        ("Jo\r\nBcc: all@x.example", "Jo Bcc: all@x.example"),
        ("Jo\u2028Bcc: x", "Jo Bcc: x"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("pay\u202egpj.exe", "paygpj.exe"),
        ("\ud800x", "x"),
        ("abcdef ghi", "abcdef"),
        ("Ann\xa0\u3000Lee", "Ann Lee"),
        ("女性", "女性"),
    ],
)
def test_a_line_is_clean(written, kept):
    assert text.clean(written, 7 if written == "abcdef ghi" else 100) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("one \n\n\n\n two\t", "one\n\n two"),
        ("a\x00b\u2066c", "abc"),
        ("plain", "plain"),
    ],
)
def test_lines_are_clean(written, kept):
    assert text.clean_lines(written, 100) == kept


@given(st.text(), st.integers(0, 50))
def test_nothing_unsafe_is_left_and_cleaning_again_changes_nothing(written, limit):
    line, lines = text.clean(written, limit), text.clean_lines(written, limit)

    assert not text.UNSAFE.search(line)
    assert not text.UNSAFE.search(lines.replace("\n", ""))
    assert max(len(line), len(lines)) <= limit
    assert (text.clean(line, limit), text.clean_lines(lines, limit)) == (line, lines)


def test_a_number_agrees_with_its_noun():
    assert [text.counted(number, "message") for number in (0, 1, 2)] == ["0 messages", "1 message", "2 messages"]
    assert text.counted(2, "was written", "were written") == "2 were written"
