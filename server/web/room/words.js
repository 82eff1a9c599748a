/** What the room page says in words. */

const MINUTE_SEC = 60;

/** A time of a track: 3:07, 1:02:03. */
export function clockTime(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / MINUTE_SEC) % 60, seconds % MINUTE_SEC];
  const hours = Math.floor(seconds / (60 * MINUTE_SEC));
  const [first, ...rest] = hours ? [hours, ...parts] : parts;
  return [first, ...rest.map((part) => String(part).padStart(2, "0"))].join(":");
}

/** Milliseconds, in seconds where they are many. */
export function amount(ms) {
  const size = Math.abs(ms);
  if (size >= 1000) return `${(size / 1000).toFixed(1)} s`;
  return size < 10 ? `${Math.round(10 * size) / 10} ms` : `${Math.round(size)} ms`;
}

/** A drift with its sign: +3 ms is ahead. */
export function signed(ms) {
  const text = amount(ms);
  if (/^0(\.0)? /.test(text)) return "0 ms";
  return (ms < 0 ? "−" : "+") + text;
}

export const QUALITIES = { excellent: "Excellent", good: "Good", fair: "Fair", poor: "Poor" };

/** How near somebody is, and how sure that is. */
export function nearness(drift, confidenceMs) {
  const sure = confidenceMs == null ? "" : `, sure to ±${amount(confidenceMs)}`;
  return `within ${amount(Math.max(1, Math.ceil(Math.abs(drift))))}${sure}`;
}

export function offsetWords(ms) {
  if (!ms) return "with the host";
  return `${amount(ms)} ${ms > 0 ? "ahead of" : "behind"} the host`;
}

const ENDS = {
  host_disconnected: "The host went away and did not come back: the room is closed.",
  session_expired: "The room’s time is over.",
  host_ended: "The host ended the room.",
};

export const endWords = (reason) => ENDS[reason] ?? "The room is closed.";

const ERRORS = {
  SESSION_NOT_FOUND: "There is no room of this code. It may have ended.",
  HOST_TAKEN: "Another member is the host of this room.",
  ROOM_FULL: "The room is full.",
  REPLACED: "You have gone on in another window.",
  NOT_HOST: "Only the host may do that.",
  RATE_LIMITED: "That was too often. Wait a little and try again.",
};

export const errorWords = ({ code, message }) => ERRORS[code] ?? message;
