"""Text as it is compared: words without accents, case and signs; the same for every search."""

import unicodedata

MAX_WORD_CHARS = 32  # more tells no words apart
_SIGNS = str.maketrans({"♭": "-flat", "♯": "-sharp"})
# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)


def fold(text: str) -> str:
    """Text without accents, case and spare spaces."""
    letters = _decomposed(_decomposed(text.translate(_SIGNS))).translate(_LETTERS)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def words_of(text: str) -> list[str]:
    """The folded words of a text: runs of letters and digits, none of them long."""
    letters = (c if unicodedata.category(c)[0] in "LMN" else " " for c in fold(text))
    return [word[:MAX_WORD_CHARS] for word in "".join(letters).split()]


def _decomposed(text: str) -> str:
    # Twice, as taking apart may bring up capitals again (Unicode 3.13, definition D147).
    return unicodedata.normalize("NFKD", text.casefold())
