"""What mails say: each as plain text and as HTML, with one link at most.

None has a name in it, or anything else that somebody chose who registers with another's address.
"""

from html import escape

from msgspec import Struct

HOURS_TO_VERIFY = 24
HOURS_TO_RESET = 1
GREETING = "Hello,"


class Letter(Struct, frozen=True, kw_only=True):
    """One mail.

    Attributes
    ----------
    to : str
        An e-mail address.
    subject : str
        One line.
    said : str
        What it is about.
    link : str or None
        Where it leads: whoever has it may do what it is for.
    action : str
        What the link does.
    rest : str
        What else is to be known.
    """

    to: str
    subject: str
    said: str
    link: str | None = None
    action: str = ""
    rest: str = ""

    @property
    def text(self) -> str:
        """The mail as plain text."""
        parts = (GREETING, self.said, self.link, self.rest)
        return "\n\n".join(part for part in parts if part) + "\n"

    @property
    def html(self) -> str:
        """The mail as HTML; nothing is loaded from anywhere."""
        said = [GREETING, self.said, self.rest]
        parts = [f"<p>{escape(part)}</p>" for part in said]
        if self.link is not None:
            parts.insert(2, f'<p><a href="{escape(self.link)}">{escape(self.action)}</a></p>')
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{escape(self.subject)}</title></head>"
            f'<body style="font: 1rem/1.5 sans-serif">{"".join(parts)}</body></html>'
        )


def verify_letter(to: str, link: str) -> Letter:
    """Ask whether an address is its owner's."""
    return Letter(
        to=to,
        subject="Is this your address?",
        said="somebody made an account on Etude with this address. If it was you, please confirm:",
        link=link,
        action="This is my address",
        rest=f"The link is good for {HOURS_TO_VERIFY} hours. If it was not you, do nothing; "
        "or open the link and say so, and the account is yours alone.",
    )


def reset_letter(to: str, link: str) -> Letter:
    """Let somebody choose a new password."""
    return Letter(
        to=to,
        subject="Choose a new password",
        said="somebody asked for a new password for your account on Etude. If it was you:",
        link=link,
        action="Choose a new password",
        rest=f"The link is good once, for {60 * HOURS_TO_RESET} minutes. If it was not you, "
        "do nothing: your password stays as it is.",
    )


def move_letter(to: str, link: str) -> Letter:
    """Ask whether a new address is its owner's."""
    return Letter(
        to=to,
        subject="Your new address",
        said="somebody wants to use this address for their account on Etude. If it was you, open "
        "the link where you are signed in:",
        link=link,
        action="Use this address",
        rest=f"The link is good once, for {60 * HOURS_TO_RESET} minutes. If it was not you, "
        "do nothing.",
    )


def moving_letter(to: str) -> Letter:
    """Tell the owner of an account that it is to have another address."""
    return Letter(
        to=to,
        subject="Your address is to change",
        said="somebody who knows the password of your account on Etude asked to use another "
        "address for it.",
        rest="If it was not you, change your password now: the link that was sent is good for "
        "nothing then.",
    )


def changed_letter(to: str) -> Letter:
    """Tell somebody that their password is another one now."""
    return Letter(
        to=to,
        subject="Your password was changed",
        said="the password of your account on Etude was changed, and all other sign-ins ended.",
        rest="If it was not you, ask for a new password where you sign in.",
    )
