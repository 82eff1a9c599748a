// Walks two standard clients through a listening room; prints what both heard as JSON.
// node room.js URL TRANSPORT
import { io } from "socket.io-client";

const [url, transport] = process.argv.slice(2);
const rooms = `${url}/api/v1/sync/sessions`;
const track = { trackUri: "spotify:track:1", isPlaying: true };

async function rest(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(rooms + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

function open() {
  const socket = io(url, { transports: [transport], forceNew: true, reconnection: false });
  const heard = [];
  const waiting = [];
  socket.onAny((event, data) => {
    heard.push([event, data]);
    const index = waiting.findIndex((wait) => wait.event === event && wait.isIt(data));
    if (index >= 0) waiting.splice(index, 1)[0].resolve(data);
  });
  const hear = (event, isIt = () => true) =>
    new Promise((resolve) => waiting.push({ event, isIt, resolve }));
  return { socket, heard, hear };
}

async function ask(peer, event, data, answer, isIt) {
  const told = peer.hear(answer, isIt);
  peer.socket.emit(event, data);
  return told;
}

const made = await rest("POST", "", { userId: "h", userName: "Ada" });
const sessionId = made.body.sessionId;
const joined = await rest("POST", `/${sessionId}/join`, { userId: "c", userName: "Ben" });
const host = open();
const client = open();
await ask(client, "playback_state", { sessionId, ...track, position: 0, timestamp: 0 }, "error");
await ask(host, "join_session", { sessionId, role: "host", userId: "h" }, "room_state");
await ask(client, "join_session", { sessionId, role: "client", userId: "c" }, "room_state");
const report = (position) => ({ sessionId, ...track, position, timestamp: Date.now() });
const begun = client.hear("sync_command", (data) => data.action === "switch_track");
host.socket.emit("playback_state", report(1000));
await begun;
client.socket.emit("playback_state", report(1000));
await ask(client, "request_sync", { sessionId }, "sync_status");
const moved = client.hear("room_state", (data) => data.members.some((one) => one.offsetMs === 120));
const offset = await rest("PATCH", `/${sessionId}/offset`, { offsetMs: 120, userId: "c" });
await moved;
const state = await rest("GET", `/${sessionId}/state`);
const ends = [host, client].map((peer) => peer.hear("session_ended"));
const ended = await rest("DELETE", `/${sessionId}?userId=h`);
const reasons = await Promise.all(ends);
console.log(
  JSON.stringify({
    transport: host.socket.io.engine.transport.name,
    answers: { made, joined, offset, state, ended },
    reasons,
    client: client.heard,
  }),
);
host.socket.disconnect();
client.socket.disconnect();
