from __future__ import annotations

import json
import re
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossposter.redaction import HIDDEN, redactor

SECRET = 'a/"b+c%3Ad'


@pytest.mark.parametrize(
    "written",
    [SECRET, json.dumps(SECRET)[1:-1], quote(SECRET, safe=""), unquote(SECRET), json.dumps(unquote(SECRET))[1:-1]],
)
def test_a_secret_is_struck_out_however_it_is_written(written: str) -> None:
    assert redactor([SECRET])(f"({written})") == f"({HIDDEN})"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Bearer IGT:2:abcdefgh==", "IGT:2"),
        ("token EAAabcdefghij0123456789.", "EAAabc"),
        ('{"access_token": "of somebody"}', "of"),
        ("?sessionid=123%3Aabc&x=1", "123%3Aabc"),
    ],
)
def test_what_has_the_shape_of_a_secret_is_struck_out(text: str, hidden: str) -> None:
    struck = redactor([])(text)
    assert hidden not in struck
    assert HIDDEN in struck


def test_all_else_stays_and_an_empty_secret_strikes_nothing_out() -> None:
    text = 'HTTP 400 (application/json)\n{"title": "Forbidden"}'
    assert redactor([""])(text) == text
    assert redactor([])(text) == text


def test_a_secret_is_struck_out_of_json_however_that_is_spelt() -> None:
    hidden = redactor(["a/ş+b"])
    for written in ("a/ş+b", "a\\/ş+b", "a/\\u015f+b", "a\\/\\u015f+b"):
        assert hidden(f"x{written}x") == f"x{HIDDEN}x"


@given(st.sets(st.text("ab", min_size=1, max_size=6), max_size=8), st.text("abc", max_size=60))
def test_many_secrets_are_struck_out_as_one_expression_of_all_would(secrets: set[str], text: str) -> None:
    longest_first = sorted(secrets, key=len, reverse=True)
    wanted = re.sub("|".join(longest_first), HIDDEN, text) if secrets else text
    assert redactor(secrets)(text) == wanted
