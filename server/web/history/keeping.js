/** Keeping practice: on the server where it is there, else until it is. */

import { newId } from "./outbox.js";
import { changeSession, deleteSession, isAway, makeSession } from "./records.js";

/** What a practice session is while nothing is said of it. */
const BLANK = {
  song_id: null, song_name: null, instrument: null, focus: null, rating: null, notes: null, tags: [],
  analysis_summary: null, analysis_feedback: null, score_accuracy: null, audio_url: null, take_id: null,
};
const SAID = ["date", "duration_seconds", "instrument", "focus", "rating", "notes", "tags"];

/** The whole of a copy, as it is sent to make that practice session anew. */
export function saidIn(copy) {
  const said = Object.fromEntries(SAID.filter((name) => copy[name] != null).map((name) => [name, copy[name]]));
  if (copy.song_id != null) return { ...said, song_id: copy.song_id };
  return copy.song_name == null ? said : { ...said, song_name: copy.song_name };
}

/** How a copy is after a change; a piece that has only a name is none of the server's. */
export function changedCopy(copy, session) {
  const isNamed = "song_name" in session;
  return { ...copy, ...session, ...(isNamed && { song_id: session.song_id ?? null }) };
}

/** Makes, changes and deletes practice sessions of one account. */
export class Keeper {
  #outbox;

  /** @param {Outbox} outbox */
  constructor(outbox) {
    this.#outbox = outbox;
  }

  /**
   * Make a practice session; one with sound needs the server.
   *
   * @param {string} id - the same again after an error: so it is made once, even if the answer was lost
   * @throws {ApiError} if the server refuses it; if it is away and there is sound
   */
  async make(session, sound = null, id = newId()) {
    if (sound) return makeSession({ ...spoken(session), id, audio_base64: sound });
    this.#outbox.create({ ...BLANK, ...session, id, version: 1 }, spoken(session));
    return { id };
  }

  /**
   * Change a practice session of which `copy` is at hand; resolves with how it is then.
   *
   * @throws {ApiError} if the server refuses it, as it does with status 412 what another device has changed meanwhile
   */
  async change(copy, session) {
    const changed = changedCopy(copy, session);
    const onServer = () => changeSession(copy, spoken(session));
    const [answer] = await this.#try(copy, onServer, () => this.#outbox.change(copy, changed, spoken(session)));
    return answer ?? changed;
  }

  /** Delete a practice session of which `copy` is at hand. */
  async delete(copy) {
    await this.#try(copy, () => deleteSession(copy), () => this.#outbox.delete(copy));
  }

  /** Ask the server, or let it wait: where it is away, and behind changes that wait already. */
  async #try(copy, onServer, later) {
    if (!this.#outbox.of(copy.id).length) {
      try {
        return [await onServer()];
      } catch (error) {
        if (!isAway(error)) throw error; // else: if it was made and the answer lost, the server will know it again
      }
    }
    later();
    return [];
  }
}

/** What is sent: a piece of the server's is called by its number alone. */
function spoken({ song_id: songId, song_name: songName, ...session }) {
  if (songId != null) return { ...session, song_id: songId };
  return songName === undefined ? session : { ...session, song_name: songName };
}
