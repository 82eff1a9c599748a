/** What happened to the account. */

import { html } from "../dom.js";
import { described } from "./agents.js";
import { alertLine, told } from "./fields.js";
import { showPages } from "./pages.js";
import { folded, section } from "./section.js";
import { momentOf } from "./times.js";

const EVENTS = {
  registered: "The account was made",
  logged_in: "Signed in",
  login_failed: "Somebody tried a wrong password",
  refreshed: "Stayed signed in",
  refresh_reused: "A sign-in came from two places, and was ended",
  logged_out: "Signed out",
  login_ended: "A sign-in was ended",
  password_forgotten: "A link to a new password was asked for",
  password_reset: "A new password was chosen by a mailed link",
  password_changed: "The password was changed",
  email_verified: "The address was verified",
  account_claimed: "The owner of the address took the account over",
  email_changed: "The address was changed",
  profile_changed: "The profile was changed",
  limit_hit: "There were too many requests",
  two_factor_enabled: "Two-factor sign-in was turned on",
  two_factor_disabled: "Two-factor sign-in was turned off",
  two_factor_failed: "Somebody tried a wrong code",
  recovery_code_used: "A recovery code was used",
  oauth_logged_in: "Signed in by a provider",
  oauth_failed: "A sign-in by a provider failed",
  identity_linked: "A provider was linked with the account",
  outside_token_refused: "A token from elsewhere was refused",
  data_exported: "Everything was downloaded",
  invitation_accepted: "A student and a teacher were linked",
  link_ended: "A student and a teacher parted",
};

/** The list, folded: few look at it, and then at all of it. */
export function happenedSection() {
  const fill = async (body) => {
    try {
      await showPages(body, "audit", row, "Nothing yet.");
    } catch (error) {
      const line = alertLine();
      body.replaceChildren(line);
      line.textContent = told(error);
    }
  };
  return section("What happened", "Look here if something seems strange.", folded("Show the list", fill));
}

function row({ at, event, address, agent }) {
  const where = [agent && described(agent), address].filter(Boolean).join(", ");
  return html(
    "li",
    {},
    html(
      "div",
      {},
      EVENTS[event] ?? event.replaceAll("_", " "),
      html("p", { class: "hint" }, [momentOf(at), where].filter(Boolean).join(" · ")),
    ),
  );
}
