"""Lessons over REST: the modules, the lessons in them, and their engraved examples."""

from collections.abc import Awaitable, Callable, Mapping
from operator import attrgetter

from aiohttp import web

from server.http.declare import Access, Call, Number, Route
from server.http.paging import PageQuery, cut
from server.http.shared_jobs import SharedJobs
from server.http.tagged import tagged
from server.keys import PROGRESS
from server.lessons import course
from server.lessons.lesson_models import (
    LessonDetail,
    LessonInfo,
    ModuleDetail,
    ModuleInfo,
    ProgressChange,
)
from server.lessons.progress import Progress

BASE = "/api/v1/lessons"
CONCURRENT_ENGRAVINGS = 1  # each is a process of its own
_id = attrgetter("id")  # as pages are cut


async def list_modules(call: Call, query: PageQuery) -> list[ModuleInfo]:
    """The modules of the course, by id."""
    shown = cut(call, sorted(course.modules(), key=_id), query)
    done = await _done(call)
    return [ModuleInfo.of(module, done) for module in shown]


async def get_module(call: Call, id: str) -> ModuleDetail:
    """One module with its lessons, by id or slug."""
    return ModuleDetail.of(course.module(id), await _done(call))


async def list_lessons(call: Call, query: PageQuery) -> list[LessonInfo]:
    """All lessons, by id; a module has them in teaching order."""
    shown = cut(call, sorted(course.lessons(), key=_id), query)
    done = await _done(call)
    return [LessonInfo.of(lesson, done) for lesson in shown]


async def get_lesson(call: Call, id: str) -> LessonDetail:
    """One lesson by id or slug: its text, its examples and what to play."""
    return LessonDetail.of(course.lesson(id), await _done(call))


async def get_progress(call: Call, id: str) -> Progress:
    """How far one is in a lesson."""
    return await call.app[PROGRESS].one(call.account.id, course.lesson(id).id)


async def change_progress(call: Call, id: str, body: ProgressChange) -> Progress:
    """Say how far one is in a lesson."""
    lesson_id = course.lesson(id).id
    return await call.app[PROGRESS].put(call.account.id, lesson_id, body.progress)


async def _done(call: Call) -> Mapping[int, Progress] | None:
    """How far the account is in all lessons; None for a guest."""
    account = call.account_if_any
    return None if account is None else await call.app[PROGRESS].of(account.id)


def drawing_example() -> Callable[..., Awaitable[web.StreamResponse]]:
    """Make the handler of the pictures; those who want the same one share its engraving."""
    drawings: SharedJobs[str] = SharedJobs(CONCURRENT_ENGRAVINGS)

    async def get_example(call: Call, id: str, number: Number) -> web.StreamResponse:
        """An example of a lesson, engraved."""
        example = course.example(id, number)
        drawing = await drawings.run((id, number), example.svg)
        return tagged(call.request, drawing.encode(), "image/svg+xml")

    return get_example


def routes() -> list[Route]:
    """The routes of lessons."""
    unknown = {404: ("LESSON_NOT_FOUND",)}
    progress = BASE + "/{id}/progress"
    return [
        Route(method="GET", path=f"{BASE}/modules", handler=list_modules, access=Access.ANYBODY),
        Route(
            method="GET",
            path=BASE + "/modules/{id}",
            handler=get_module,
            access=Access.ANYBODY,
            errors={404: ("MODULE_NOT_FOUND",)},
        ),
        Route(method="GET", path=BASE, handler=list_lessons, access=Access.ANYBODY),
        Route(
            method="GET",
            path=BASE + "/{id}",
            handler=get_lesson,
            access=Access.ANYBODY,
            errors=unknown,
        ),
        Route(method="GET", path=progress, handler=get_progress, errors=unknown),
        Route(method="PATCH", path=progress, handler=change_progress, errors=unknown),
        Route(
            method="GET",
            path=BASE + "/{id}/examples/{number}.svg",
            handler=drawing_example(),
            access=Access.ANYBODY,
            errors={404: ("LESSON_NOT_FOUND", "EXAMPLE_NOT_FOUND")},
            media="image/svg+xml",
            also=(304,),
        ),
    ]
