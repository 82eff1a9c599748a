/** Acts at instants of performance.now(), to a fraction of a millisecond, in hidden pages too. */

const EARLY_MS = 8; // a timer may be late by some milliseconds: the rest is waited for task by task
const SPIN_MS = 0.3; // and the last bit on the spot, as a task may take as long

export class Alarms {
  #worker = new Worker(new URL("./alarm_worker.js", import.meta.url));
  #channel = new MessageChannel();
  #waiting = new Map(); // id → {atMs, act}
  #near = new Set(); // ids that are due within EARLY_MS
  #lastId = 0;

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#isNear(data);
    this.#channel.port1.onmessage = () => this.#look();
  }

  /** Call `act` at that instant, or soon where it has passed; returns the function that calls it off. */
  set(atMs, act) {
    const id = ++this.#lastId;
    this.#waiting.set(id, { atMs, act });
    const delayMs = atMs - performance.now() - EARLY_MS;
    if (delayMs > 0) this.#worker.postMessage({ id, delayMs });
    else this.#isNear(id);
    return () => this.#waiting.delete(id);
  }

  /** Resolves at that instant. */
  until(atMs) {
    return new Promise((resolve) => this.set(atMs, resolve));
  }

  /** End: no alarm goes off any more. */
  close() {
    this.#waiting.clear();
    this.#worker.terminate();
    this.#channel.port1.close();
  }

  #isNear(id) {
    this.#near.add(id);
    if (this.#near.size === 1) this.#channel.port2.postMessage(null);
  }

  #look() {
    const soonMs = performance.now() + SPIN_MS;
    // Also what no timer has told of yet, as timers may be late: alarms go off in the order of their instants.
    const due = [...this.#waiting].filter(([, { atMs }]) => atMs <= soonMs);
    due.sort(([, a], [, b]) => a.atMs - b.atMs);
    const isOver = (id) => !this.#waiting.has(id) || due.some(([other]) => other === id);
    this.#near = new Set([...this.#near].filter((id) => !isOver(id)));
    if (this.#near.size) this.#channel.port2.postMessage(null);
    for (const [id, { atMs, act }] of due) {
      while (performance.now() < atMs);
      if (this.#waiting.delete(id)) act();
    }
  }
}
