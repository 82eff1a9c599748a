"""What mails are for: showing that an address is one's own, and choosing a new password.

Looking an account up, making its token and sending the mail is nobody's to wait for: the answer
comes at once, the same and as fast for an address that has an account and for one that has none.
"""

from datetime import timedelta

import structlog
from aiohttp import web

from server.errors import ApiError, EmailTakenError
from server.http.limiting import Limit, Limiter, by_address, by_name
from server.identity.account import Account
from server.identity.audit import Audit, Event
from server.identity.claiming import WHY as CLAIMED
from server.identity.claiming import ClaimStore
from server.identity.credentials import CredentialStore
from server.identity.emails import checked_email, key_of
from server.identity.one_time_tokens import OneTime, OneTimeTokens
from server.identity.passwords import Passwords
from server.identity.sign_ins import SignIns
from server.identity.two_factor import CHALLENGE
from server.mail.background import Background
from server.mail.letters import (
    HOURS_TO_RESET,
    HOURS_TO_VERIFY,
    changed_letter,
    move_letter,
    moving_letter,
    reset_letter,
    verify_letter,
)
from server.mail.mailer import Mailer

log = structlog.get_logger()

VERIFY, RESET, CHANGE = "verify", "reset", "email"
UNDER_WAY_MAX = 1000


class Recovery:
    """Sends links by mail, and does what they are for.

    Parameters
    ----------
    credentials : CredentialStore
        Keeps addresses and passwords.
    passwords : Passwords
        Hashes new ones.
    claims : ClaimStore
        Gives accounts to who has shown that their address is theirs.
    one_time : OneTimeTokens
        Keeps what stands in the links.
    mailer : Mailer
        Sends them.
    sign_ins : SignIns
        End when a password is reset.
    limiter : Limiter
        Counts mails.
    audit : Audit
        Is told of all.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        passwords: Passwords,
        claims: ClaimStore,
        one_time: OneTimeTokens,
        mailer: Mailer,
        sign_ins: SignIns,
        limiter: Limiter,
        audit: Audit,
    ) -> None:
        self._credentials = credentials
        self._passwords = passwords
        self._claims = claims
        self._one_time = one_time
        self._mailer = mailer
        self._sign_ins = sign_ins
        self._limiter = limiter
        self._audit = audit
        self._background = Background(UNDER_WAY_MAX)

    async def close(self) -> None:
        """Give mails under way a little time; the operator is told how many are lost."""
        n_lost = await self._background.close()
        if n_lost:
            log.warning("the server stops: mails that were not sent yet are lost", mails=n_lost)

    async def greet(self, account: Account, request: web.Request) -> None:
        """Ask a new account whether its address is its own, where mails can be sent."""
        if not self._mailer.is_there:
            return
        rule, here = self._limiter.rules.of_route[Limit.MAIL], by_address(request)
        if await self._limiter.allows(request, rule, here, is_told=False):  # refuses nothing
            self._background.start(self._send_verify(account))

    async def ask_verify(self, account: Account, request: web.Request) -> None:
        """Send the link of an address once more.

        Raises
        ------
        ApiError
            503, if this server sends no mails; 409, if there is nothing to show; 429.
        """
        self._mailer.require()
        if account.email is None or account.is_verified:
            has = "no e-mail address" if account.email is None else "a verified address already"
            raise ApiError(409, "NOTHING_TO_VERIFY", f"this account has {has}")
        await self._count(account.email, request)
        self._background.start(self._send_verify(account))

    async def verify(self, token: str, request: web.Request, *, is_claimed: bool) -> None:
        """Believe that an address is its account's.

        Parameters
        ----------
        token : str
            Of the link.
        request : Request
            By which it came.
        is_claimed : bool
            Whether somebody else made the account. It is theirs who have the link from now on, and
            whatever its maker set goes.

        Raises
        ------
        ApiError
            400 ``INVALID_LINK``.
        """
        found = await self._one_time.use(VERIFY, token)
        user_id, email = _parts(found)
        if is_claimed and await self._claims.claim(user_id, email):
            await self._sign_ins.end_all(user_id, CLAIMED)
            await self._audit.record(Event.ACCOUNT_CLAIMED, user_id, request)
        elif not await self._credentials.verify_email(user_id, email):
            raise _invalid_link()
        self._sign_ins.changed(user_id)
        await self._audit.record(Event.EMAIL_VERIFIED, user_id, request)

    async def ask_change(self, account: Account, email: str, request: web.Request) -> None:
        """Send a link to another address of somebody who has shown who they are.

        The address of the account is told of it. Whether another account has the new one, only
        whoever can open the link is told.

        Raises
        ------
        FieldError
            If it is no address.
        ApiError
            503, if this server sends no mails; 429.
        """
        self._mailer.require()
        wanted = checked_email(email, "new_email")
        await self._count(wanted, request)
        self._background.start(self._send_change(account, wanted))

    async def change(self, account: Account, token: str, request: web.Request) -> None:
        """Give somebody the address that their link was sent to.

        Only their own sign-in can do it: a stranger who opens the link would else give their
        address to whoever asked for it.

        Raises
        ------
        ApiError
            400 ``INVALID_LINK``; 409 ``EMAIL_TAKEN``.
        """
        known = await self._one_time.look(CHANGE, token)
        if known is None or known.user_id != account.id:
            raise _invalid_link()
        _, email = _parts(await self._one_time.use(CHANGE, token))
        if not await self._credentials.set_email(account.id, email):
            raise EmailTakenError
        await self.forget_links(account.id)  # they were sent to the address of before
        self._sign_ins.changed(account.id)
        await self._audit.record(Event.EMAIL_CHANGED, account.id, request)

    async def ask_reset(self, email: str, request: web.Request) -> None:
        """Send the link to a new password, if the address has an account: nobody is told.

        Raises
        ------
        FieldError
            If it is no address.
        ApiError
            503, if this server sends no mails; 429.
        """
        self._mailer.require()
        await self._count(checked_email(email), request)
        self._background.start(self._send_reset(key_of(email), request))

    async def reset(self, token: str, password: str, request: web.Request) -> None:
        """Take a new password from whoever has the link; every sign-in ends.

        Raises
        ------
        FieldError
            If the password breaks a rule: the link is still good then.
        ApiError
            400 ``INVALID_LINK``.
        """
        user_id, email = _parts(await self._one_time.look(RESET, token))
        kept = await self._credentials.by_id(user_id)
        if kept is None:
            raise _invalid_link()
        owner = (email, kept.account.name)
        made = await self._passwords.accept(password, owner, "new_password")
        if await self._one_time.use(RESET, token) is None:
            raise _invalid_link()
        # Who has the mail has the address.
        if await self._claims.claim(user_id, email, made):
            await self._audit.record(Event.ACCOUNT_CLAIMED, user_id, request)
        else:
            await self._credentials.set_password(user_id, made)
        await self.forget_links(user_id)
        await self._sign_ins.end_all(user_id, "password")
        await self._audit.record(Event.PASSWORD_RESET, user_id, request)
        self.tell_changed(kept.account)

    async def forget_links(self, user_id: str) -> None:
        """Make worth nothing what was begun before a new password: links, half a sign-in."""
        for purpose in (RESET, CHALLENGE, CHANGE):
            await self._one_time.drop(purpose, user_id)

    def tell_changed(self, account: Account) -> None:
        """Tell the owner of an account that its password is another one now."""
        if account.email is not None:
            letter = changed_letter(account.email)
            self._background.start(self._mailer.deliver(letter))

    async def _count(self, email: str, request: web.Request) -> None:
        await self._limiter.count(request, self._limiter.rules.mail_to, by_name(key_of(email)))

    async def _send_verify(self, account: Account) -> None:
        assert account.email is not None  # else there is nothing to verify
        lasting, data = timedelta(hours=HOURS_TO_VERIFY), {"email": account.email}
        token = await self._one_time.make(VERIFY, lasting, account.id, data)
        link = self._mailer.link("verify", token)
        await self._mailer.deliver(verify_letter(account.email, link))

    async def _send_change(self, account: Account, email: str) -> None:
        lasting = timedelta(hours=HOURS_TO_RESET)
        token = await self._one_time.make(CHANGE, lasting, account.id, {"email": email})
        await self._mailer.deliver(move_letter(email, self._mailer.link("verify?change", token)))
        if account.email is not None:
            await self._mailer.deliver(moving_letter(account.email))

    async def _send_reset(self, key: str, request: web.Request) -> None:
        kept = await self._credentials.by_email(key)
        user_id = None if kept is None else kept.account.id
        await self._audit.record(Event.PASSWORD_FORGOTTEN, user_id, request)
        if kept is None or kept.account.email is None:
            return
        account, email = kept.account, kept.account.email  # never the one that was typed
        lasting = timedelta(hours=HOURS_TO_RESET)
        token = await self._one_time.make(RESET, lasting, account.id, {"email": email})
        link = self._mailer.link("reset", token)
        await self._mailer.deliver(reset_letter(email, link))


def _parts(found: OneTime | None) -> tuple[str, str]:
    if found is None or found.user_id is None:
        raise _invalid_link()
    return found.user_id, str(found.data["email"])


def _invalid_link() -> ApiError:
    sentence = "this link was used before, or is too old: ask for a new one"
    return ApiError(400, "INVALID_LINK", sentence)
