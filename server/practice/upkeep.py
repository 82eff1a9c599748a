"""What is done for practice sessions beside requests, from the start of the server on."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from server.files.store import FilesError
from server.keys import PRACTICE
from server.practice.practice import Practice
from server.store.database import FAILURES

SWEEP_SEC = 6 * 3600.0
_log = structlog.get_logger(__name__)


async def upkeep(app: web.Application) -> AsyncIterator[None]:
    """Look after practice sessions while the server runs."""
    task = asyncio.create_task(_look_after(app[PRACTICE]), name="practice-upkeep")
    yield
    task.cancel()
    await asyncio.wait([task])


async def _look_after(practice: Practice) -> None:
    await _repair(practice)
    while True:
        await _sweep(practice)
        await asyncio.sleep(SWEEP_SEC)


async def _sweep(practice: Practice) -> None:
    try:
        n_deleted = await practice.sounds.sweep()
    except (*FAILURES, FilesError) as error:
        _log.error("recordings of no session wait for the next sweep", error=str(error))
        return
    if n_deleted:
        _log.info("deleted recordings that no practice session has", files=n_deleted)


async def _repair(practice: Practice) -> None:
    try:
        n_repaired = await practice.takes.repair()
    except FAILURES as error:
        _log.error("takes without a practice session wait for the next start", error=str(error))
        return
    if n_repaired:
        _log.info("made practice sessions of takes that had none", takes=n_repaired)
