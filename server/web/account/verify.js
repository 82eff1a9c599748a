/** Shows that an address is one's own: at a press, as programs that read mails open links, too. */

import { byId } from "../dom.js";
import { identity } from "../identity.js";
import { follow } from "./link.js";

const password = byId("password");
const stranger = byId("not-mine");

// Who is signed in has shown already that they made the account.
byId("who").hidden = stranger.hidden = password.disabled = identity.hasToken;

follow(
  "verify-email",
  (button) => (button === stranger || password.disabled ? {} : { password: password.value }),
  (button) =>
    button === stranger
      ? "The account is yours alone now: whoever made it is signed out. To sign in, ask for a new password."
      : "Thank you: this address is yours now.",
);
