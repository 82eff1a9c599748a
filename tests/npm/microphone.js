// Plays a recording into a session with the standard client; prints what it heard as JSON.
// node microphone.js URL TRANSPORT PCM_FILE SAMPLE_RATE
import { readFileSync } from "node:fs";
import { io } from "socket.io-client";

const [url, transport, file, rate] = process.argv.slice(2);
const PIECE_BYTES = 4411; // cut in the middle of a sample
const LEAD_MS = 300;
const socket = io(url, { transports: [transport], reconnection: false });
const heard = [];

socket.onAny((event, data) => heard.push({ event, data }));

socket.on("connect", () => {
  const notes = [60, 64, 67].map((midiNote, k) => ({ midiNote, startTime: 500 * k, duration: 400 }));
  socket.emit("start_session", { expectedNotes: notes, tempo: 120 });
});

socket.on("session_started", () => {
  const sampleRate = Number(rate);
  socket.emit("start_audio", { sampleRate, format: "s16le", timestamp: -LEAD_MS });
  const pcm = readFileSync(file);
  for (let k = 0; k < pcm.length; k += PIECE_BYTES) {
    const piece = pcm.subarray(k, k + PIECE_BYTES);
    // The bytes alone are understood, too.
    socket.emit("audio_chunk", k % 2 ? { pcm: piece } : piece);
  }
  socket.emit("end_session", {});
});

socket.on("session_ended", () => {
  console.log(JSON.stringify(heard));
  socket.disconnect();
});
