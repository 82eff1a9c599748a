"""What a pattern asks for is told in words, not as a regular expression."""

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from server.checks import checked
from server.errors import FieldError
from server.patterns import A_UUID, NO_NUL, UUID_PATTERN


class Letter(Struct, kw_only=True):
    """A struct with each kind of pattern."""

    id: Annotated[str, Meta(pattern=UUID_PATTERN)] = A_UUID
    text: Annotated[str, Meta(pattern=NO_NUL)] | None = None
    stamp: Annotated[str, Meta(pattern="^[A-Z]+$")] = "A"


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("id", "1234", f"expected a UUID like {A_UUID}"),
        ("id", "matching regex", f"expected a UUID like {A_UUID}"),
        ("text", "a\0b", "expected text without the character NUL"),
        ("stamp", "a", "expected text that matches '^[A-Z]+$'"),
    ],
)
def test_a_pattern_is_told_in_words(field, value, rule):
    with pytest.raises(FieldError) as refused:
        checked({field: value}, Letter)
    assert str(refused.value) == f"{field}: {rule}, got {value!r}"


def test_what_fits_its_pattern_is_taken():
    assert checked({"id": A_UUID, "text": "", "stamp": "Z"}, Letter).id == A_UUID
