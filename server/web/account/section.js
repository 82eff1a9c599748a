/** One part of the account page, under a heading of its own. */

import { html } from "../dom.js";

/** A section; `hint` says what it is for. */
export const section = (title, hint, ...parts) =>
  html(
    "section",
    { class: "part" },
    html("div", { class: "part-head" }, html("h2", {}, title), hint ? html("p", { class: "hint" }, hint) : null),
    html("div", { class: "part-body" }, ...parts),
  );

/** Put other parts in a place; a focus that was in it stays there. */
export function refill(place, ...parts) {
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren(...parts);
  if (!hadFocus) return;
  place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

/** What opens at a press; `fill` fills it when it first does. */
export function folded(title, fill) {
  const body = html("div", { class: "folded" });
  const open = ({ target }) => target.open && fill(body);
  return html("details", { ontoggle: open }, html("summary", {}, title), body);
}
