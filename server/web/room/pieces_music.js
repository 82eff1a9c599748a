/** The pieces that come with Etude, played by the page's own synth: each listener's browser renders the same file. */

import { fetchNotes, fetchSong } from "../api.js";
import { RELEASE_SEC, release, strike } from "../sound.js";
import { wavOf } from "./wav.js";

const PREFIX = "etude:song/";
const RATE_HZ = 44_100; // that of the file, whatever the device's
const VELOCITY = 80;
const LEAST_MS = 1000;
const PART_SEC = 2; // of a piece that is put in at a time
const LEAD_SEC = 0.1; // before its time

export const uriOfPiece = (slug) => PREFIX + slug;

/** The slug in a piece's URI; null for other URIs. */
export const slugOf = (uri) => (uri.startsWith(PREFIX) ? uri.slice(PREFIX.length) : null);

/** How long the recording of a piece is: the same for everybody, as it comes from the notes alone. */
export function lengthFrames(notes) {
  const endMs = Math.max(LEAST_MS, ...notes.map((note) => note.start_ms + note.duration_ms));
  return Math.ceil((endMs / 1000 + 2 * RELEASE_SEC) * RATE_HZ);
}

function sound(context, { pitch, start_ms, duration_ms }) {
  const startSec = start_ms / 1000;
  release(strike(context, pitch, VELOCITY, startSec), startSec + duration_ms / 1000);
}

/**
 * Play notes into a file. They are put in as their time comes: what waits in a context is looked at all the time, and a
 * long piece would take as long as its number of notes, squared.
 */
export async function render(notes) {
  const context = new OfflineAudioContext({ length: lengthFrames(notes), sampleRate: RATE_HZ });
  const parts = Map.groupBy(notes, ({ start_ms }) => Math.floor(start_ms / 1000 / PART_SEC));
  for (const [part, played] of parts) {
    const add = () => played.forEach((note) => sound(context, note));
    const fromSec = part * PART_SEC - LEAD_SEC;
    if (fromSec <= 0) add();
    else context.suspend(fromSec).then(add).then(() => context.resume());
  }
  const buffer = await context.startRendering();
  return wavOf(buffer.getChannelData(0), RATE_HZ);
}

/** A piece as a track to play. */
export async function pieceTrack(slug) {
  const song = await fetchSong(slug);
  const file = await render(await fetchNotes(song.id));
  return { uri: uriOfPiece(slug), name: song.title, artist: song.composer, url: URL.createObjectURL(file) };
}
