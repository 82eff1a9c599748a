/** What happened in the room, told line by line. */

import { html } from "../dom.js";
import { offsetWords } from "./words.js";

const KEPT = 50;

/** What changed between two lists of members, in sentences. */
export function changes(before, after, me) {
  if (!before.length) return after.some(({ userId }) => userId === me) ? ["You came in."] : [];
  const told = [];
  const earlier = new Map(before.map((member) => [member.userId, member]));
  const nameOf = ({ userId, userName }) => (userId === me ? "You" : userName);
  for (const member of after) {
    const was = earlier.get(member.userId);
    const [name, isMe] = [nameOf(member), member.userId === me];
    earlier.delete(member.userId);
    if (!was) {
      told.push(`${name} came in.`);
      continue;
    }
    if (isOnline(was) && !isOnline(member)) {
      told.push(member.role === "host" ? `${name}, the host, went away. Waiting…` : `${name} went away.`);
    }
    if (!isOnline(was) && isOnline(member)) told.push(isMe ? "You are back." : `${name} is back.`);
    if (was.role !== member.role && member.role === "host") told.push(`${name} ${isMe ? "lead" : "leads"} now.`);
    if ((was.offsetMs ?? 0) !== (member.offsetMs ?? 0) && !isMe) told.push(`${name} hears it ${offsetWords(member.offsetMs)}.`);
  }
  for (const gone of earlier.values()) told.push(gone.userId === me ? "You left." : `${nameOf(gone)} left.`);
  return told;
}

const isOnline = ({ online = true }) => online;

export class News {
  #list;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  tell(sentence) {
    const now = new Date();
    const time = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this.#list.prepend(html("li", {}, html("time", { datetime: now.toISOString() }, time), html("span", {}, sentence)));
    while (this.#list.children.length > KEPT) this.#list.lastChild.remove();
  }

  clear() {
    this.#list.replaceChildren();
  }
}
