/** What a mailed link is for: its token stands after the #, so that no server writes it down. */

import { byId } from "../dom.js";
import { identity } from "../identity.js";
import { told } from "./fields.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
history.replaceState(null, "", location.pathname + location.search); // nor does it stay in the address bar

/**
 * Have the form of the page do what the link is for, and say what came of it.
 *
 * @param {function(HTMLButtonElement): object} fields - what else to tell the server, by the button that was pressed
 * @param {function(HTMLButtonElement): string} done - what to say then
 */
export function follow(path, fields, done) {
  const form = byId("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector(".primary");
    button.disabled = true;
    byId("error").textContent = "";
    try {
      await identity.ask("POST", `auth/${path}`, { body: { token, ...fields(button) } });
      form.hidden = true;
      byId("done").textContent = done(button);
    } catch (error) {
      byId("error").textContent = told(error);
    } finally {
      button.disabled = false;
    }
  });
}
