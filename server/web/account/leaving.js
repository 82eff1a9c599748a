/** Taking everything along, and going. */

import { html } from "../dom.js";
import { ApiError } from "../http.js";
import { identity } from "../identity.js";
import { action, field, form, hiddenName, passwordField, refusal } from "./fields.js";
import { save } from "./saving.js";
import { section } from "./section.js";

const NAME = "etude-export.zip";
const MIB = 2 ** 20;

/** Everything to download, and the end of the account; `signIn` is what is shown then. */
export const leavingSection = (user, signIn) =>
  section(
    "Your data",
    "All that is kept of you: profile, practice, recordings, pieces and comments.",
    action("Download everything", download),
    html("details", {}, html("summary", {}, "Delete the account"), farewell(user, signIn)),
  );

/** @param {function} say - tells how far it is */
async function download(say) {
  say("Preparing…");
  const { body } = await identity.ask("GET", "auth/me/export");
  const pieces = await read(body, (size) => say(`Preparing… ${(size / MIB).toFixed(1)} MiB`));
  save(new Blob(pieces, { type: "application/zip" }), NAME);
  return `Downloaded: ${NAME}.`;
}

/** All pieces of a stream; tells how many bytes there are so far. */
async function read(stream, tell) {
  const reader = stream.getReader();
  const pieces = [];
  for (let size = 0; ; tell(size)) {
    const { done, value } = await reader.read().catch(() => {
      throw new ApiError("The download broke off. Try again.", "DISCONNECTED");
    });
    if (done) return pieces;
    pieces.push(value);
    size += value.length;
  }
}

/** Deleting asks for the password; without one, for the address, so that nobody does it by mistake. */
function farewell({ email, name }, signIn) {
  const words = email ?? name;
  const password = passwordField("password", "Password", { autocomplete: "current-password", required: false });
  const typed = field("typed", `Or, if the account has no password, type ${words}`, {
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
  });
  const leave = async (values) => {
    if (!values.password && values.typed.trim() !== words) {
      throw refusal(values.typed ? "typed" : "password", values.typed ? `Type ${words}.` : "Type your password.");
    }
    await identity.ask("DELETE", "auth/me", { body: values.password ? { password: values.password } : {} });
    identity.forget();
    signIn.say("The account is deleted, with everything in it.");
  };
  return html(
    "div",
    { class: "folded" },
    html("p", {}, "Everything above goes with it, and nothing comes back."),
    form([hiddenName(email), password, typed], "Delete the account for good", leave, {
      beside: { WRONG_PASSWORD: "password" },
      button: { class: "button danger" },
    }),
  );
}
