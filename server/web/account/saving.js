/** Taking something away from the page: to the clipboard, or to a file. */

import { html } from "../dom.js";

/** Have the browser keep a file. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  html("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // once the browser has surely begun to read it
}

/** A button that copies a text; where the clipboard is closed, the text is marked instead. */
export function copyButton(text, shown, label = "Copy") {
  const button = html("button", { type: "button", class: "button small" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(shown);
      button.textContent = "Marked: copy it now";
    }
  });
  return button;
}
