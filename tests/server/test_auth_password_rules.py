"""Which passwords are taken."""

import pytest

from server.errors import FieldError
from server.identity.password_rules import MAX_CHARS, check_password

OWNER = ("ada.lovelace@example.org", "Ada Lovelace")


@pytest.mark.parametrize(
    "password",
    [
        "wohltemperiert",
        "a b c d e f g h i",
        "correct horse battery staple",
        "übermäßig",
        "🎹🎻🎺🥁🎷🪗🪘🎸",
        "ﷺﷺ and more",
        "x7$Kq!2m",
        "93847561",
        "lovelace plays bach",
        "Ada likes Etude 9",
        "ab" + "c" * (MAX_CHARS - 2),
    ],
)
def test_a_good_password_is_taken(password):
    check_password(password, OWNER)


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("", "at least 8"),
        ("seven77", "at least 8"),
        ("🎹🎻🎺🥁🎷🪗🪘", "at least 8"),
        ("x" + "ab" * MAX_CHARS, f"at most {MAX_CHARS}"),
        ("with a \0 inside", "zero character"),
        ("aaaaaaaaaa", "repeats"),
        ("abcabcabcabc", "repeats"),
        ("EtudeetudE", "repeats"),
        ("123456789", "sequence"),
        ("hgfedcba", "sequence"),
        ("qwertyuiop", "sequence"),
        ("lkjhgfdsa", "sequence"),
        ("9012345678", "sequence"),
        ("ada.lovelace@example.org", "your name"),
        ("Lovelace1815", "your name"),
        ("!!ada lovelace!!", "your name"),
        ("adalovelace", "your name"),
        ("Etude2026!", "your name"),
        ("password", "most common"),
        ("Password123", "most common"),
        ("ＰＡＳＳＷＯＲＤ", "most common"),
        ("iloveyou2", "most common"),
    ],
)
def test_a_bad_password_is_refused_by_a_rule_that_is_told(password, rule):
    with pytest.raises(FieldError, match=rule) as refusal:
        check_password(password, OWNER, "new_password")
    assert refusal.value.field == "new_password"
    assert repr(password) not in str(refusal.value)


def test_only_the_whole_of_a_common_password_counts():
    check_password("password of the year", OWNER)
