"""Two devices with offline queues over a bad network: nothing is lost, nothing is doubled.

Each device keeps copies, changes them while it is away, and sends its queue; the answer may be
lost, the batch cut short, sent again and again. Versions decide; the devices' clocks are hours off.
"""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import FieldError
from server.practice.queue import Owner, decide
from server.practice.queue_models import read_item

N_SESSIONS = 3
DEVICES = (0, 1)
CLOCK_HOURS = (-7, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(DEVICES), st.integers(0, N_SESSIONS - 1)),
        st.tuples(st.just("delete"), st.sampled_from(DEVICES), st.integers(0, N_SESSIONS - 1)),
        st.tuples(
            st.just("send"), st.sampled_from(DEVICES), st.sampled_from(["heard", "lost", "cut"])
        ),
        st.tuples(st.just("late"), st.sampled_from(DEVICES), st.just(0)),
    ),
    max_size=24,
)


@dataclass
class Device:
    """What a device knows: its copies, its queue, and what it was told of others' copies."""

    number: int
    copies: dict = field(default_factory=dict)  # id -> (version, notes or None)
    queue: list = field(default_factory=list)
    sent: list = field(default_factory=list)  # batches as they went out
    told: set = field(default_factory=set)  # notes that came back in conflicts
    written: int = 0

    def write(self, session_id: str) -> None:
        """Make or change a session, in a text nobody else writes."""
        version, notes = self.copies.get(session_id, (0, None))
        self.written += 1
        text = f"device {self.number}, {self.written}"
        clock = datetime.now(UTC) + timedelta(hours=CLOCK_HOURS[self.number] - 24)
        op = "create" if notes is None else "update"
        session = {"notes": text, "date": clock.isoformat()}
        self._put(session_id, version, text, {"op": op, "session": session})

    def delete(self, session_id: str) -> None:
        version, notes = self.copies.get(session_id, (0, None))
        if notes is not None:
            self._put(session_id, version, None, {"op": "delete"})

    def hear(self, items: list, verdicts: list) -> None:
        """Take what was answered out of the queue; take over what others changed."""
        for item, verdict in zip(items, verdicts, strict=True):
            if item in self.queue:
                self.queue.remove(item)
            if verdict["status"] == "conflict":
                self.told.add((item.get("session") or {}).get("notes"))
        self.queue = [item for item in self.queue if not self._is_stale(item, items, verdicts)]

    def _is_stale(self, item: dict, items: list, verdicts: list) -> bool:
        """Changes made from a copy that never came to be: a person is asked about them."""
        failed = {
            i["id"] for i, v in zip(items, verdicts, strict=True) if v["status"] == "conflict"
        }
        if item["id"] in failed:
            self.told.add((item.get("session") or {}).get("notes"))
        return item["id"] in failed

    def _put(self, session_id, version, notes, change) -> None:
        _, base = self.copies.get(session_id, (0, None))  # the server knows nothing of "base"
        self.queue.append({**change, "id": session_id, "version": version, "base": base})
        self.copies[session_id] = (version + 1, notes)


class World:
    """Two devices and a server; ``apply`` takes items and gives verdicts."""

    def __init__(self, apply, read) -> None:
        self.ids = [str(uuid.uuid4()) for _ in range(N_SESSIONS)]
        self.devices = [Device(number) for number in DEVICES]
        self.history: dict[str, list] = {one: [] for one in self.ids}
        self.made: dict[int, dict] = {}  # what was applied, by identity
        self.apply = apply
        self.read = read

    async def send(self, device: Device, fate: str) -> None:
        items = device.queue[: len(device.queue) // 2] if fate == "cut" else list(device.queue)
        if not items:
            return
        verdicts = await self.apply(items)
        device.sent.append((items, verdicts))
        self.note(items, verdicts)
        if fate == "heard":
            device.hear(items, verdicts)
            await self.pull(device)

    async def pull(self, device: Device) -> None:
        """Read what the server has; what waits in the queue stands on top of it."""
        waiting = {item["id"] for item in device.queue}
        for one in set(self.ids) - waiting:
            kept = await self.read(one)
            if kept is not None:
                device.copies[one] = kept

    async def send_late(self, device: Device) -> None:
        """What was sent long ago comes a second time: it changes nothing."""
        for items, _ in device.sent[-3:]:
            before = [await self.read(one) for one in self.ids]
            verdicts = await self.apply(items)
            assert "applied" not in {verdict["status"] for verdict in verdicts}
            self.note(items, verdicts)
            assert [await self.read(one) for one in self.ids] == before

    def note(self, items, verdicts) -> None:
        for item, verdict in zip(items, verdicts, strict=True):
            assert verdict["status"] != "rejected", (item, verdict)
            if id(item) in self.made:
                assert verdict["status"] == "already_applied"
            if verdict["status"] == "applied":
                made = self.history[item["id"]]
                assert item["base"] == (made[-1] if made else None)  # nothing is overwritten unseen
                made.append((item.get("session") or {}).get("notes"))
                self.made[id(item)] = item

    async def run(self, steps) -> None:
        for what, number, about in steps:
            device = self.devices[number]
            if what == "send":
                await self.send(device, about)
            elif what == "late":
                await self.send_late(device)
            else:
                getattr(device, what)(self.ids[about])
        for device in (*self.devices, *self.devices):
            await self.send(device, "heard")
            await self.pull(device)
        await self.check()

    async def check(self) -> None:
        one, other = self.devices
        assert one.copies == other.copies  # they have come to the same
        assert not one.queue and not other.queue
        for session_id, made in self.history.items():
            texts = [notes for notes in made if notes is not None]
            assert len(texts) == len(set(texts))  # nothing was made twice
            kept = await self.read(session_id)
            assert (kept or (0, None)) == (len(made), made[-1] if made else None)
        made = {notes for each in self.history.values() for notes in each}
        for device in self.devices:
            written = {f"device {device.number}, {k + 1}" for k in range(device.written)}
            assert written <= made | device.told  # nothing was lost


def pure_world() -> World:
    """The decisions alone, on a dict of rows."""
    rows: dict = {}
    owner = Owner("ada", "Europe/Vienna")

    async def apply(items):
        changes = [read_item(item) for item in items]
        assert not [change for change in changes if isinstance(change, FieldError)]
        outcomes = {}
        for one in {change.id for change in changes}:
            numbers = [k for k, change in enumerate(changes) if change.id == one]
            made = decide(rows.get(one), [changes[k] for k in numbers], owner)
            outcomes.update(zip(numbers, made, strict=True))
            if made[-1].row is not None:
                rows[one] = made[-1].row
        return [{"status": outcomes[number].status.value} for number in range(len(items))]

    async def read(one):
        row = rows.get(one)
        return None if row is None else (row["version"], row["notes"])

    return World(apply, read)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_two_devices_come_to_the_same_by_the_rules_alone(steps):
    asyncio.run(pure_world().run(steps))


@pytest.mark.asyncio(loop_scope="module")
async def test_two_devices_come_to_the_same_over_the_network(api):
    ada = await api.person()
    loop = asyncio.get_running_loop()

    async def apply(items):
        return (await ada.post("sessions/batch", {"items": items})).data["items"]

    async def read(one):
        answer = await ada.get(f"sessions/{one}")
        if answer.status == 200:
            return answer.data["version"], answer.data["notes"]
        (verdict,) = await apply([{"op": "delete", "id": one}])
        return (verdict["version"], None) if "version" in verdict else None

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def run(steps):
        asyncio.run_coroutine_threadsafe(World(apply, read).run(steps), loop).result(60)

    await asyncio.to_thread(run)
