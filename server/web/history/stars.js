/** A rating as stars, to read and to give. */

import { html } from "../dom.js";

const MOST = 5;
const NUMBERS = Array.from({ length: MOST }, (_, place) => place + 1);

/** A rating to read; nothing where none was given. */
export const stars = (rating) => rating == null ? null
  : html("span", { class: "stars", role: "img", "aria-label": `${rating} of ${MOST} stars` },
    "★".repeat(rating), html("span", { class: "no-stars" }, "★".repeat(MOST - rating)));

/** Stars to give, in a form; 0 is no rating. */
export function starsField(rating) {
  const choice = (value, ...content) => html("label", { class: value ? "star" : "no-rating" },
    html("input", { type: "radio", name: "rating", value, checked: value === (rating ?? 0) }), ...content);
  const words = (value) => html("span", { class: "unseen" }, `${value} ${value === 1 ? "star" : "stars"}`);
  return html("fieldset", { class: "stars-field" },
    html("legend", {}, "How did it go?"),
    html("span", { class: "star-row" },
      ...NUMBERS.map((value) => choice(value, html("span", { "aria-hidden": "true" }, "★"), words(value)))),
    choice(0, "no rating"));
}
