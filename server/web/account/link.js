/** What a mailed link is for: its token stands after the #, so that no server writes it down. */

import { byId } from "../dom.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname); // nor does it stay in the address bar

/** Ask the server; a refusal is an error whose message is for people. */
async function ask(path, fields) {
  const response = await fetch(`/api/v1/auth/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ token, ...fields }),
  }).catch(() => {
    throw new Error("The server is not reachable: try again later.");
  });
  if (response.ok) return;
  const { error, details } = await response.json().catch(() => ({}));
  const sentence = error?.replace(`${details?.field}: `, "") ?? `the server answered ${response.status}`;
  throw new Error(`${sentence[0].toUpperCase()}${sentence.slice(1)}.`);
}

/** Have the form of the page do what the link is for, and say what came of it. */
export function follow(path, fields, done) {
  const form = byId("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector(".primary");
    button.disabled = true;
    byId("error").textContent = "";
    try {
      await ask(path, fields());
      form.hidden = true;
      byId("done").textContent = done;
    } catch (error) {
      byId("error").textContent = error.message;
    } finally {
      button.disabled = false;
    }
  });
}
