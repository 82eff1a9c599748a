"""Whatever breaks a rule is told in plain words: what was expected, and what came."""

import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Literal, NamedTuple

import msgspec
import pytest
from msgspec import Meta, Struct

from server.checks import checked
from server.errors import FieldError


class Hand(Enum):
    RIGHT = "right"
    LEFT = "left"


class Level(IntEnum):
    EASY = 1
    HARD = 2


class Pair(NamedTuple):
    low: int
    high: int


class Strict(Struct, forbid_unknown_fields=True):
    name: str = ""
    level: int = 0


class Tune(Struct, tag_field="kind", tag="tune"):
    bars: int


class Scale(Struct, tag_field="kind", tag="scale"):
    octaves: int


OneToFive = Annotated[int, Meta(ge=1, le=5)]
ZONED = "a time with its zone like 2026-11-01T10:00:00Z"


def whole(kind, value) -> FieldError:
    """The refusal of a value in the field ``it``."""
    struct = msgspec.defstruct("Held", [("it", kind)])
    with pytest.raises(FieldError) as refused:
        checked({"it": value}, struct)
    return refused.value


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (int, "x", "a whole number, got 'x'"),
        (int, 1.5, "a whole number, got 1.5"),
        (int, None, "a whole number, got null"),
        (int, [1], "a whole number, got [1]"),
        (int | None, True, "a whole number, got true"),
        (int | str, 1.5, "a whole number or text, got 1.5"),
        (None, 1, "null, got 1"),
        (float, "x", "a number, got 'x'"),
        (str, 7, "text, got 7"),
        (bool, 1, "true or false, got 1"),
        (bytes, 5, "bytes, got 5"),
        (bytes, "!", "bytes, got '!'"),
        (Decimal, "x", "a decimal number, got 'x'"),
        (uuid.UUID, "x", "a UUID, got 'x'"),
        (OneToFive, 6, "a whole number from 1 to 5, got 6"),
        (OneToFive, 0, "a whole number from 1 to 5, got 0"),
        (OneToFive, "x", "a whole number from 1 to 5, got 'x'"),
        (OneToFive | None, "x", "a whole number from 1 to 5, got 'x'"),
        (Annotated[int, Meta(ge=1)], 0, "a whole number of at least 1, got 0"),
        (Annotated[int, Meta(le=1)], 2, "a whole number of at most 1, got 2"),
        (Annotated[float, Meta(gt=0)], 0.0, "a number above 0, got 0.0"),
        (Annotated[float, Meta(lt=1.5)], 2.0, "a number below 1.5, got 2.0"),
        (Annotated[float, Meta(gt=0, le=1)], 2.0, "a number above 0 and of at most 1, got 2.0"),
        (Annotated[int, Meta(multiple_of=3)], 4, "a whole number in steps of 3, got 4"),
        (Annotated[str, Meta(min_length=1)], "", "text of at least 1 character, got ''"),
        (Annotated[str, Meta(max_length=2)], "abc", "text of at most 2 characters, got 'abc'"),
        (
            Annotated[str, Meta(min_length=2, max_length=3)],
            "a",
            "text of 2 to 3 characters, got 'a'",
        ),
        (Annotated[str, Meta(min_length=2, max_length=2)], "a", "text of 2 characters, got 'a'"),
        (Annotated[str, Meta(pattern="^[a-z]$")], "A", "text that matches '^[a-z]$', got 'A'"),
        (Annotated[bytes, Meta(max_length=1)], "YWFh", "bytes of at most 1 byte, got 'YWFh'"),
        (list[int], "x", "a list, got 'x'"),
        (Annotated[list[int], Meta(max_length=1)], [1, 2], "a list of at most 1 item, got [1, 2]"),
        (tuple[int, ...], {}, "a list, got {}"),
        (tuple[int, int], [1], "a list of 2 items, got [1]"),
        (Pair, [1], "a list of 2 items, got [1]"),
        (set[int], 1, "a list, got 1"),
        (dict[str, int], [], "an object, got []"),
        (
            Annotated[dict[str, int], Meta(min_length=1)],
            {},
            "an object of at least 1 field, got {}",
        ),
        (Strict, [], "an object with named fields, got []"),
        (Hand, "both", "one of right, left, got 'both'"),
        (Hand | None, 1, "one of right, left, got 1"),
        (Level, 7, "one of 1, 2, got 7"),
        (Literal["a", "b"], "c", "one of a, b, got 'c'"),
        (Literal["a"], "c", "a, got 'c'"),
        (Annotated[datetime, Meta(tz=True)], "2026-01-01T00:00:00", f"{ZONED}, got "),
        (Annotated[datetime, Meta(tz=True)], "yesterday", f"{ZONED}, got 'yesterday'"),
        (Annotated[datetime, Meta(tz=False)], "now", "a time like 2026-11-01T10:00:00, got 'now'"),
        (datetime, 5, "a time like 2026-11-01T10:00:00Z, got 5"),
        (date, "today", "a day like 2026-11-01, got 'today'"),
        (time, "noon", "a time of day like 10:30:00, got 'noon'"),
        (timedelta, "long", "a span of time like PT90S, got 'long'"),
    ],
)
def test_a_rule_is_told_in_words(kind, value, words):
    error = whole(kind, value)
    assert error.field == "it"
    assert str(error).startswith(f"it: expected {words}")


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (list[OneToFive], [1, 9], "it[1]: expected a whole number from 1 to 5, got 9"),
        (tuple[int, str], [1, 2], "it[1]: expected text, got 2"),
        (dict[str, OneToFive], {"a": 9}, "it[...]: expected a whole number from 1 to 5"),
        (dict[OneToFive, str], {9: "a"}, "it: expected a whole number from 1 to 5"),
        (Strict | None, {"level": "x"}, "it.level: expected a whole number, got 'x'"),
        (Tune | Scale, {"kind": "song"}, "it.kind: expected one of tune, scale, got 'song'"),
        (Tune | Scale, {"kind": 1}, "it.kind: expected one of tune, scale, got 1"),
        (Tune | Scale, {}, "it.kind is missing"),
        (Tune, {"kind": "tune"}, "it.bars is missing"),
        (Strict, {"nam": 1}, "it.nam: there is no such field here; there are: name, level"),
    ],
)
def test_what_lies_within_is_told_with_its_place(kind, value, told):
    assert str(whole(kind, value)) == told


@pytest.mark.parametrize(
    "value", ["a - at `$.b`", "a - at `$[0]", "` - at `key` in `$`", "\n`", "matching regex 'x'"]
)
def test_what_came_may_read_like_a_place(value):
    assert str(whole(Hand, value)) == f"it: expected one of right, left, got {value!r}"
    assert str(whole(list[Hand], [value])) == (f"it[0]: expected one of right, left, got {value!r}")


def test_text_that_is_read_as_a_number_is_told_as_it_came():
    with pytest.raises(FieldError, match=r"^it: expected a whole number from 1 to 5, got 'x'$"):
        checked({"it": "x"}, msgspec.defstruct("Held", [("it", OneToFive)]), strict=False)


def test_a_time_out_of_range_is_no_time():
    with pytest.raises(FieldError, match=r"^it: expected a time like"):
        checked({"it": 1e30}, msgspec.defstruct("Held", [("it", datetime)]), strict=False)


def test_secrets_are_not_repeated():
    with pytest.raises(FieldError, match=r"^password: expected text$"):
        checked({"password": 12345}, msgspec.defstruct("Held", [("password", str)]))
