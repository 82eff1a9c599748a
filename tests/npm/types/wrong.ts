// Every line that ends with "wrong" must be refused, and no other.
import type { ClientFrame, ServerFrame, SongInfo, paths } from "../../../docs/etude";

type SignIn = paths["/api/v1/auth/login"]["post"];

export const noPassword: SignIn["body"] = { email: "ada@example.com" }; // wrong
export const noSuchCode: SignIn["errors"] = "SONG_NOT_FOUND"; // wrong
export type NoSuchRoute = paths["/api/v1/no/such/route"]; // wrong
export type NoSuchMethod = paths["/api/v1/auth/login"]["delete"]; // wrong
export const played: ClientFrame = { event: "note_player", data: {} }; // wrong

type Queued = paths["/api/v1/sessions/batch"]["post"]["body"];

export const blank: Queued = { items: [{ op: "create", id: "x" }] }; // wrong
export const unknownOp: Queued = { items: [{ op: "replace", id: "x", session: {} }] }; // wrong

export function read(song: SongInfo, told: ServerFrame): string {
  if (told.event === "feedback") return told.data.tempo; // wrong
  return song.name; // wrong
}
