"""The offline queue over REST."""

from server.http.declare import Call, Route
from server.keys import LIBRARY, PRACTICE
from server.practice.queue_models import MAX_BYTES, Answers, Queue
from server.practice.queue_store import QueueStore


async def post_batch(call: Call, body: Queue) -> Answers:
    """Make the changes that a device made while it was away, each with a verdict of its own.

    Sent twice, or cut off and sent again, nothing changes a second time. What another device
    changed meanwhile is a conflict, told with both copies; changes that are malformed are rejected
    and harm no others.
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
            max_bytes=MAX_BYTES,
        )
    ]
