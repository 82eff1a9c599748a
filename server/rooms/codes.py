"""Codes of rooms: short enough to be read out, too many to be guessed."""

import secrets

# No I, L, O, U, 0, 1: nothing that is read for something else, and few words by accident.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_KNOWN = frozenset(ALPHABET)
_GAPS = str.maketrans("", "", " -")


def new_code(n_chars: int) -> str:
    """Draw a code of so many characters, each as likely as any other."""
    return "".join(secrets.choice(ALPHABET) for _ in range(n_chars))


def read_code(text: str) -> str:
    """Spell a code as it was drawn: people write it in small letters and in groups.

    Returns
    -------
    str
        Empty where the text cannot be a code.
    """
    code = text.translate(_GAPS).upper()
    return code if code and _KNOWN.issuperset(code) else ""
