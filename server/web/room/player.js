/**
 * What a room needs of a player. Each kind (an <audio> element, Spotify, your own) is an Emitter with these members;
 * times are those of performance.now(), positions and durations milliseconds of the track.
 *
 * @typedef {object} Track
 * @property {string} uri - what all in the room know it by
 * @property {string} name
 * @property {string} [artist]
 * @property {string} [url] - where its sound is found, for players that fetch it
 *
 * @typedef {object} Reading - the player's state as it was at some instant between askedMs and readMs
 * @property {string} uri
 * @property {number} position - stands still at the target while loading or seeking
 * @property {boolean} isPlaying - also while it loads in order to play
 * @property {number} rate
 * @property {number} askedMs
 * @property {number} readMs
 *
 * @typedef {object} When - how a command is to be carried out; all of it may be left out
 * @property {number} [at] - the instant at which the position is to hold; now, where it is left out
 * @property {boolean} [isCued] - be silent until then
 * @property {boolean} [isPlaying] - play or rest after it; as before, where it is left out
 *
 * @typedef {object} Player
 * @property {string[]} caps - of `mono`, `at`, `rate`: what it can do beside reporting
 * @property {number} resolutionMs - of the positions it tells, with the age they may have
 * @property {boolean} hasEvents - whether its events tell the cause of a change; if not it is asked, again and again
 * @property {number} reportMs - how often it may be asked
 * @property {number} outputLatencyMs - from what it tells to what is heard, as far as it is known and not told
 * @property {Track|null} track
 * @property {number|null} durationMs
 * @property {boolean} isPlaying - or about to
 * @property {number} position - as far as it is known without asking
 * @property {boolean} isBlocked - the browser wants somebody to press something first: commands would be in vain
 * @property {() => void} [unblock] - somebody has
 * @property {boolean} isResting - it may not be asked for a while, and what it does is not known
 * @property {() => Reading|null|Promise<Reading|null>} read - null: there is no track, or it is resting
 * @property {(track: Track, position: number, when?: When) => Promise<boolean>} load
 * @property {(position: number, when?: When) => Promise<boolean>} seek
 * @property {(when?: When) => Promise<boolean>} play
 * @property {(when?: When) => Promise<boolean>} pause
 * @property {(rate: number) => void} setRate
 * @property {() => void} unload
 * @property {(uri: string) => Promise<Track|null>} [find] - of players that have music of their own: a host chooses there
 *
 * `load`, `seek`, `play` and `pause` resolve once it is done and heard: true, or false where a newer one overtook it.
 * Events: `change` (loading or seeking), `playing` (it plays, and where it is can be told), `waiting` (stalled),
 * `paused`, `ended`, `blocked` (the browser wants a press of the user first), `duration`.
 */

export class PlayerError extends Error {
  /**
   * @param {string} message - a sentence for who listens
   * @param {string} [code]
   * @param {string} [detail] - what the player itself says of it
   */
  constructor(message, code = "PLAYER", detail = "") {
    super(message);
    this.name = "PlayerError";
    this.code = code;
    this.detail = detail;
  }
}
