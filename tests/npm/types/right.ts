// A small client that uses the declarations as programs do; it must compile.
import type { ClientFrame, Error, ServerFrame, SongInfo, paths } from "../../../docs/etude";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Asked<R> = R extends { query: infer Q } ? Q : R extends { query?: infer Q } ? Q : never;

async function ask<P extends keyof paths, M extends keyof paths[P] & Method>(
  path: P,
  method: M,
  query?: Asked<paths[P][M]>,
): Promise<paths[P][M] extends { response: infer R } ? R : never> {
  const words = new URLSearchParams(Object.entries(query ?? {}).map(([k, v]) => [k, String(v)]));
  const answer = await fetch(`${path}?${words}`, { method: method.toUpperCase() });
  if (!answer.ok) throw new TypeError(((await answer.json()) as Error).error);
  return (await answer.json()) as paths[P][M] extends { response: infer R } ? R : never;
}

export async function titles(words: string): Promise<string[]> {
  const songs = await ask("/api/v1/songs/search", "get", { q: words });
  return songs.map((song: SongInfo) => song.title);
}

const signIn: paths["/api/v1/auth/login"]["post"]["body"] = {
  email: "ada@example.com",
  password: "correct horse battery staple",
};
const refused: paths["/api/v1/auth/login"]["post"]["errors"] = "INVALID_CREDENTIALS";

export function begin(socket: WebSocket): void {
  const frame: ClientFrame = {
    event: "note_played",
    data: { midiNote: 60, velocity: 64, timestamp: 0 },
  };
  socket.send(JSON.stringify(frame));
  socket.onmessage = ({ data }) => {
    const told = JSON.parse(data) as ServerFrame;
    if (told.event === "feedback") console.log(told.data.result, told.data.timingDiff?.toFixed());
    if (told.event === "error") console.log(told.data.code);
  };
}

console.log(signIn, refused);

type Queued = paths["/api/v1/sessions/batch"]["post"]["body"];

const id = "0193a5b8-7c1e-7a44-9d0e-6b0f1d1f7a10";

export const queued: Queued = {
  items: [
    { op: "create", id, session: { duration_seconds: 1500, tags: ["evening"] } },
    { op: "update", id, version: 1, session: { rating: 4, notes: null } },
    { op: "delete", id, version: null },
  ],
};
