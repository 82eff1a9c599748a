"""Patterns of text that clients send, each with the words that tell a person what it asks for."""

UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
NO_NUL = r"^[^\x00]*$"  # PostgreSQL keeps no such character in a text
# Python and JSON Schema (ECMA-262) disagree on these: neither shows a person anything.
NOT_BLANK = r"[^\s\x1c-\x1f\x85\ufeff]"

A_UUID = "0193a5b8-7c1e-7a44-9d0e-6b0f1d1f7a10"

_WORDS = {
    UUID_PATTERN: f"expected a UUID like {A_UUID}",
    NO_NUL: "expected text without the character NUL",
    NOT_BLANK: "expected some text",
}


def in_words(rule: str) -> str:
    """Say a rule about a pattern in words; one that has none is shown.

    Parameters
    ----------
    rule : str
        As msgspec tells it.
    """
    for pattern, words in _WORDS.items():
        if rule.endswith(f"matching regex {pattern!r}"):
            return words
    return f"expected text that matches {rule.partition('matching regex ')[2]}"
