/** A question before what cannot be undone. */

import { html } from "../dom.js";

/** Ask; resolves with whether the answer was yes. */
export function asked(question, yes) {
  const dialog = html(
    "dialog",
    { "aria-labelledby": "question", class: "question" },
    html(
      "form",
      { method: "dialog" },
      html("p", { id: "question" }, question),
      html(
        "div",
        { class: "row" },
        html("button", { class: "button", value: "no", autofocus: true }, "No"),
        html("button", { class: "button primary", value: "yes" }, yes),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
