"""Where handlers find what they share: the typed keys of the application."""

from aiohttp import web

from server.files.store import FileStore
from server.http.settings import SETTINGS
from server.identity.accounts import AccountStore
from server.identity.attempts import Attempts
from server.identity.audit import Audit
from server.identity.members import Members
from server.identity.one_time_tokens import OneTimeTokens
from server.identity.password_login import PasswordLogin
from server.identity.recovery import Recovery
from server.identity.sign_ins import SignIns
from server.identity.two_factor import TwoFactor
from server.lessons.progress import ProgressStore
from server.live.hub import Hub
from server.oauth.flow import OAuthFlow
from server.outside.asking import Asking
from server.outside.sync import Syncing
from server.outside.tokens import OutsideTokens
from server.people.comments import CommentStore
from server.people.export import Export
from server.people.leaving import Leaving
from server.people.links import LinkStore
from server.pieces.library import Library
from server.pieces.popular import Popular
from server.pieces.reader import Reader
from server.pieces.uploads import Uploads
from server.practice.practice import Practice
from server.practice.reports import TakeReports
from server.rooms.clock import Clock
from server.secrets import Secrets
from server.socketio import SocketIo
from server.store import TakeStore

__all__ = ["SETTINGS"]

CLOCK = web.AppKey("clock", Clock)
ACCOUNTS = web.AppKey("accounts", AccountStore)
AUDIT = web.AppKey("audit", Audit)
SECRETS = web.AppKey("secrets", Secrets)
SIGN_INS = web.AppKey("sign_ins", SignIns)
MEMBERS = web.AppKey("members", Members)
ATTEMPTS = web.AppKey("attempts", Attempts)
TWO_FACTOR = web.AppKey("two_factor", TwoFactor)
ONE_TIME = web.AppKey("one_time", OneTimeTokens)
RECOVERY = web.AppKey("recovery", Recovery)
PASSWORD_LOGIN = web.AppKey("password_login", PasswordLogin)
ASKING = web.AppKey("asking", Asking)
OUTSIDE = web.AppKey("outside", OutsideTokens)
OAUTH = web.AppKey("oauth", OAuthFlow)
SYNCING = web.AppKey("syncing", Syncing)
LINKS = web.AppKey("links", LinkStore)
COMMENTS = web.AppKey("comments", CommentStore)
EXPORT = web.AppKey("export", Export)
LEAVING = web.AppKey("leaving", Leaving)
FILES = web.AppKey("files", FileStore)
PRACTICE = web.AppKey("practice", Practice)
LIBRARY = web.AppKey("library", Library)
PROGRESS = web.AppKey("progress", ProgressStore)
POPULAR = web.AppKey("popular", Popular)
READER = web.AppKey("reader", Reader)
UPLOADS = web.AppKey("uploads", Uploads)
REPORTS = web.AppKey("reports", TakeReports)
STORE = web.AppKey("store", TakeStore)
HUB = web.AppKey("hub", Hub)
SOCKETIO = web.AppKey("socketio", SocketIo)
