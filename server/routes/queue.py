"""The offline queue over REST."""

from server.http.declare import Call, Route
from server.keys import LIBRARY, PRACTICE
from server.patterns import A_UUID
from server.practice.queue_models import MAX_BYTES, Answers, UncheckedQueue
from server.practice.queue_store import QueueStore

EXAMPLE = {
    "items": [
        {"op": "create", "id": A_UUID, "session": {"duration_seconds": 1500, "focus": "left hand"}},
        {"op": "update", "id": A_UUID, "version": 1, "session": {"rating": 4}},
        {"op": "delete", "id": A_UUID, "version": 2},
    ]
}


async def post_batch(call: Call, body: UncheckedQueue) -> Answers:
    """Make the changes that a device made while it was away, each with a verdict of its own.

    Sent twice, or cut off and sent again, nothing changes a second time. What another device
    changed meanwhile is a conflict, told with both copies; changes that are malformed are rejected
    and harm no others.

    Of conflicts with more than 8 MiB of long texts in all, the copies that are kept come without
    them: ``left_out`` names the fields, and ``GET sessions/{id}`` has them. Short sessions are
    whole in any case.
    """
    practice = call.app[PRACTICE]
    store = QueueStore(practice.database, call.app[LIBRARY], practice.sounds)
    return Answers(await store.apply(call.account.id, body.items))


def routes() -> list[Route]:
    """The route of the queue."""
    return [
        Route(
            method="POST",
            path="/api/v1/sessions/batch",
            handler=post_batch,
            example=EXAMPLE,
            max_bytes=MAX_BYTES,
        )
    ]
