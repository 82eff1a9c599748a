/** Another password. */

import { ask } from "../http.js";
import { identity } from "../identity.js";
import { action, form, hiddenName, newPasswordField, passwordField } from "./fields.js";
import { folded, section } from "./section.js";

/** To change it, by the one that is good so far or by a mail; accounts without an address have none. */
export function passwordSection({ email }) {
  if (email === null) return "";
  return section("Password", "A new one ends every other sign-in.", folded("Change the password", fill));

  function fill(body) {
    if (body.firstChild) return;
    const now = passwordField("current_password", "Current password", { autocomplete: "current-password" });
    const next = newPasswordField("new_password", "New password");
    const change = async (values) => {
      await identity.ask("POST", "auth/password/change", { body: values });
      now.input.value = next.input.value = "";
      return "Your new password is kept.";
    };
    const send = async () => {
      await ask("POST", "auth/password/forgot", { body: { email } });
      return "A mail with a link to a new password is on its way.";
    };
    body.append(
      form([hiddenName(email), now, next], "Keep the new password", change, {
        beside: { WRONG_PASSWORD: "current_password" },
      }),
      action("Forgot it, or never had one? Send me a link", send, { class: "link" }),
    );
  }
}
