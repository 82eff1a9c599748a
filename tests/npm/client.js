// Plays one session through every event with the standard client; prints what it heard as JSON.
// node client.js URL TRANSPORT [TOKEN]
import { io } from "socket.io-client";

const [url, transport, token] = process.argv.slice(2);
const socket = io(url, {
  transports: [transport],
  auth: token ? { token } : undefined,
  reconnection: false,
});
const heard = [];
const waiting = [];

socket.onAny((event, data) => {
  heard.push([event, data]);
  const index = waiting.findIndex((wait) => wait.event === event);
  if (index >= 0) waiting.splice(index, 1)[0].resolve(data);
});

function hear(event) {
  return new Promise((resolve) => waiting.push({ event, resolve }));
}

async function ask(event, data, answer) {
  const heardIt = hear(answer);
  socket.emit(event, data);
  return heardIt;
}

function finish(result) {
  console.log(JSON.stringify({ ...result, transport: socket.io.engine?.transport.name, heard }));
  socket.disconnect();
}

socket.on("connect_error", (error) => finish({ refused: error.message, data: error.data }));
socket.on("connect", async () => {
  const notes = [60, 62, 64].map((midiNote, k) => ({ midiNote, startTime: 500 * k, duration: 500 }));
  await ask("note_played", { midiNote: 60, timestamp: 0 }, "error");
  await ask("no_such_event", {}, "error");
  await ask("authenticate", { token: "nonsense" }, "auth_error");
  if (token) await ask("authenticate", { token }, "authenticated");
  await ask(
    "start_session",
    { sessionType: "song", expectedNotes: notes, tempo: 120, extendedResults: true },
    "session_started",
  );
  socket.emit("control_change", { controller: 64, value: 127, timestamp: -500 });
  await ask("note_played", { midiNote: 60, velocity: 80, timestamp: 5 }, "stats_update");
  socket.emit("note_released", { midiNote: 60, velocity: 0, timestamp: 300 });
  await ask("note_played", { midiNote: 62, velocity: 80, timestamp: 720 }, "stats_update");
  await ask("note_played", { midiNote: 99, velocity: 80, timestamp: 5000 }, "stats_update");
  await ask("start_audio", {}, "error");
  await ask("end_session", {}, "session_ended");
  await ask("start_session", { songId: 1, mode: "wait" }, "session_started");
  // Faster than the server answers: everything is heard in order all the same.
  for (let k = 0; k < 40; k += 1) socket.emit("note_played", { midiNote: 60, timestamp: k });
  await ask("end_session", {}, "session_ended");
  finish({});
});
