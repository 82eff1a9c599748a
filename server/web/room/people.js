/** Who is here: a row each. */

import { html } from "../dom.js";
import { DriftLine } from "./drift_line.js";
import { QUALITIES, nearness, offsetWords, signed } from "./words.js";

const OFFSET_MAX_MS = 500;
const OFFSET_STEP_MS = 5;
const ANOTHER_TRACK_MS = 5000;

export class People {
  #list;
  #rows = new Map(); // userId → Person
  #acts;

  /**
   * @param {HTMLElement} list
   * @param {{setOffset: (ms: number) => void, handOver: (userId: string) => void}} acts
   */
  constructor(list, acts) {
    this.#list = list;
    this.#acts = acts;
  }

  /** Show the members as the server told them, the host first. */
  show(members, me, nowMs = performance.now()) {
    const isHost = members.some(({ userId, role }) => userId === me && role === "host");
    for (const [userId, row] of this.#rows) {
      if (members.some((member) => member.userId === userId)) continue;
      row.node.remove();
      this.#rows.delete(userId);
    }
    const order = [...members].sort((a, b) => (b.role === "host") - (a.role === "host"));
    order.forEach((member, place) => {
      const row = this.#rows.get(member.userId) ?? this.#add(member, member.userId === me);
      row.show(member, isHost && member.userId !== me && member.online !== false, nowMs);
      if (this.#list.children[place] !== row.node) this.#list.insertBefore(row.node, this.#list.children[place]);
    });
  }

  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  #add(member, isMe) {
    const row = new Person(member.userId, isMe, this.#acts);
    this.#rows.set(member.userId, row);
    this.#list.append(row.node);
    return row;
  }
}

class Person {
  #canvas = html("canvas", { class: "drift-line", role: "img" });
  #line = new DriftLine(this.#canvas);
  #name = html("span", { class: "person-name" });
  #what = html("span");
  #drift = html("p", { class: "person-drift" });
  #words = html("p", { class: "person-words" });
  #handOver;
  #offset;
  #offsetBox;
  #offsetWords = html("output");
  #isMe;

  constructor(userId, isMe, { setOffset, handOver }) {
    this.#isMe = isMe;
    this.#handOver = html(
      "button",
      { type: "button", class: "button small", onclick: () => handOver(userId) },
      "Make host",
    );
    this.#offset = html("input", {
      type: "range",
      min: -OFFSET_MAX_MS,
      max: OFFSET_MAX_MS,
      step: OFFSET_STEP_MS,
      value: 0,
      "aria-label": "Hear it earlier or later than the host",
      oninput: () => {
        const ms = Number(this.#offset.value);
        this.#offsetWords.textContent = offsetWords(ms);
        setOffset(ms);
      },
    });
    this.#offsetBox = html(
      "div",
      { class: "person-offset" },
      html("span", {}, "Hear it earlier or later"),
      this.#offset,
      this.#offsetWords,
    );
    this.node = html(
      "li",
      { class: "person" },
      html("div", {}, this.#name, html("div", { class: "person-what" }, this.#what, this.#handOver)),
      html("div", { class: "person-heard" }, this.#drift, this.#words),
      this.#canvas,
      isMe ? this.#offsetBox : null,
    );
  }

  show(member, mayLead, nowMs) {
    const { role, userName, online = true, offsetMs = 0 } = member;
    const isHost = role === "host";
    this.node.dataset.online = online;
    this.node.dataset.quality = (!isHost && online && member.quality) || "";
    this.#name.textContent = userName;
    this.#what.textContent = this.#whatOf(isHost, online, offsetMs);
    this.#handOver.hidden = !mayLead || isHost;
    this.#canvas.hidden = isHost;
    this.#offsetBox.hidden = isHost;
    this.#showOffset(offsetMs);
    this.#showDrift(member, isHost, online, nowMs);
  }

  #whatOf(isHost, online, offsetMs) {
    const parts = [];
    if (this.#isMe) parts.push("you");
    if (isHost) parts.push("leads");
    if (!online) parts.push("away");
    if (!this.#isMe && offsetMs) parts.push(offsetWords(offsetMs));
    return parts.join(" · ");
  }

  #showOffset(offsetMs) {
    if (document.activeElement === this.#offset && this.#offset.matches(":active")) return; // it is being moved
    this.#offset.value = offsetMs;
    this.#offsetWords.textContent = offsetWords(offsetMs);
  }

  #showDrift(member, isHost, online, nowMs) {
    const { drift, quality, confidenceMs } = member;
    if (isHost || drift == null || !online) {
      this.#canvas.setAttribute("aria-label", `Drift of ${member.userName}: not known`);
      this.#drift.textContent = isHost ? "" : "–";
      this.#words.replaceChildren(isHost || !online ? "" : "Not playing yet");
      this.#line.draw(nowMs);
      return;
    }
    const isElsewhere = Math.abs(drift) >= ANOTHER_TRACK_MS;
    this.#drift.textContent = isElsewhere ? "–" : signed(drift);
    const words = isElsewhere ? "not at what the host plays" : nearness(drift, confidenceMs);
    const grade = html("strong", { class: "quality" }, QUALITIES[quality] ?? "");
    this.#words.replaceChildren(grade, quality ? ": " : "", words);
    this.#canvas.setAttribute("aria-label", `Drift of ${member.userName}: ${signed(drift)}, ${words}`);
    if (!isElsewhere) this.#line.add(nowMs, member);
    this.#line.draw(nowMs);
  }
}
