"""Which passwords are taken: long enough, and none that whoever guesses would try first.

After NIST SP 800-63B-4, section 3.1.1.2: no rules of composition, any character, the whole password
compared with a list of common ones and with what belongs to its owner. It asks for 15 characters
where a password is the only factor; as accounts may have a second one, 8 are the least here.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from server.errors import FieldError

MIN_CHARS = 8
MAX_CHARS = 1024  # a bound on work; NIST asks for no less than 64
SERVICE = "etude"
WORD_MIN_CHARS = 3  # shorter parts of a name say nothing
_KEY_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop")
_REPEATED = re.compile(rf"(.{{1,{MIN_CHARS - 1}}}?)\1+", re.DOTALL)


def normalized(password: str) -> str:
    """Give a password the one form in which it is kept, however a keyboard sends it.

    References
    ----------
    NIST SP 800-63B-4, section 3.1.1.2: NFKC of Unicode Standard Annex 15, section 12.1.
    """
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, owner: Iterable[str] = (), field: str = "password") -> None:
    """Check a new password; what is common is read from a file at the first call.

    Parameters
    ----------
    password : str
        As typed.
    owner : iterable of str
        E-mail address and name of whose it is to be.
    field : str
        What the request calls it.

    Raises
    ------
    FieldError
        Saying which rule it breaks; never the password itself.
    """
    problem = _problem(normalized(password), owner)
    if problem is not None:
        raise FieldError(field, f"{field}: {problem}")


def _problem(password: str, owner: Iterable[str]) -> str | None:
    folded = password.casefold()
    if len(password) < MIN_CHARS:
        return f"use at least {MIN_CHARS} characters, got {len(password)}"
    if len(password) > MAX_CHARS:
        return f"use at most {MAX_CHARS} characters, got {len(password)}"
    if "\0" in password:
        return "it must not have a zero character"
    if _REPEATED.fullmatch(folded):
        return "this repeats the same few characters: choose something harder to guess"
    if _is_sequence(folded):
        return "this is a sequence of characters: choose something harder to guess"
    if {folded, _core(folded)} & _words(owner):
        return "this is your name, your address or ours: choose something harder to guess"
    if folded in common_passwords():
        return "this is one of the most common passwords: choose something harder to guess"
    return None


def _is_sequence(folded: str) -> bool:
    """Letters or digits counted up or down, or keys side by side."""
    steps = {ord(second) - ord(first) for first, second in pairwise(folded)}
    if steps in ({1}, {-1}):
        return True
    rows = (row * 2 for row in (*_KEY_ROWS, *(row[::-1] for row in _KEY_ROWS)))
    return any(folded in row for row in rows)


def _core(folded: str) -> str:
    """What is left without the digits and signs at both ends, and without spaces."""
    letters = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return re.sub(r"\s", "", letters)


def _words(owner: Iterable[str]) -> set[str]:
    """What belongs to the service and to the owner of a password."""
    words = {SERVICE}
    for text in owner:
        folded = normalized(text).casefold()
        words |= {folded, re.sub(r"\s", "", folded), _core(folded.partition("@")[0])}
        words |= set(re.split(r"[\W_]+", folded))
    return {word for word in words if len(word) >= WORD_MIN_CHARS}


@cache
def common_passwords() -> frozenset[str]:
    """The passwords of breaches that were chosen most often, those that are long enough.

    References
    ----------
    Wheeler (2016), "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security: its list of
    30 000, from several breaches.
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= MIN_CHARS)
