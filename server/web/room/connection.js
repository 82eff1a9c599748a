/** A place in a room over one connection: joined again whenever the connection opens again. */

import { Emitter } from "../emitter.js";

const FINAL = new Set(["SESSION_NOT_FOUND", "NOT_HOST", "HOST_TAKEN", "NOT_MEMBER", "ROOM_FULL"]);

/**
 * Events: those of the room as the server sends them, `state` ("joining", "joined", "lost", "refused", "over"),
 * `error` ({code, message, event}).
 */
export class RoomConnection extends Emitter {
  #client;
  #stops;
  #place;

  state = "joining";

  /**
   * @param {import("../client.js").EtudeClient} client - may be open already
   * @param {{sessionId: string, userId: string, memberKey?: string}} place - as create and join answer it
   * @param {() => object} hello - what `join_session` tells of the player, each time
   */
  constructor(client, place, hello) {
    super();
    this.#client = client;
    this.#place = place;
    this.hello = hello;
    const passOn = (name) => client.on(name, (data) => this.#isMine(data) && this.emit(name, data));
    this.#stops = ["ping", "request_state", "sync_command", "sync_status"].map(passOn);
    this.#stops.push(
      client.on("connection", ({ state }) => this.#connection(state)),
      client.on("room_state", (data) => this.#heardOfRoom(data)),
      client.on("session_ended", (data) => this.#ended(data)),
      client.on("error", (error) => this.#failed(error)),
    );
  }

  /** Begin: join now if the connection is open, else when it opens. */
  open() {
    if (this.#client.isOpen) this.#join();
  }

  /** Send one event of the room; false if there is nobody to send it to. */
  send(event, data = {}) {
    const { sessionId, userId } = this.#place;
    return this.#client.send(event, { sessionId, userId, ...data });
  }

  /** Leave for good. */
  leave() {
    this.send("leave_session");
    this.close();
  }

  /** Hear nothing of the room any more; the connection itself lives on. */
  close() {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  #connection(state) {
    if (state === "open") this.#join();
    else if (state === "lost" && this.state !== "over") this.#become("lost");
  }

  #join() {
    this.#become("joining");
    const { memberKey } = this.#place;
    this.send("join_session", { ...(memberKey && { memberKey }), ...this.hello() });
  }

  #heardOfRoom(data) {
    if (!this.#isMine(data)) return;
    if (this.state === "joining") this.#become("joined");
    this.emit("room_state", data);
  }

  #ended(data) {
    if (data.kind !== "sync" || !this.#isMine(data)) return;
    this.#become("over");
    this.emit("session_ended", data);
  }

  #failed(error) {
    const isFinal = error.event === "join_session" && FINAL.has(error.code);
    if (isFinal || error.code === "REPLACED") this.#become("refused");
    this.emit("error", error);
  }

  #isMine({ sessionId = this.#place.sessionId }) {
    return sessionId === this.#place.sessionId;
  }

  #become(state) {
    this.state = state;
    this.emit("state", state);
  }
}
