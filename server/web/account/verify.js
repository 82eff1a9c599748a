/** Shows that an address is one's own: at a press, as programs that read mails open links, too. */

import { byId } from "../dom.js";
import { identity } from "../identity.js";
import { follow } from "./link.js";

const isChange = location.search === "?change";
if (isChange) {
  byId("question").textContent = "Somebody wants to use it for their account on Etude. If it was you:";
  byId("maker").textContent = "Yes, use this address";
  byId("stranger").hidden = true;
  byId("maker").hidden = !identity.hasToken;
  if (!identity.hasToken) byId("error").textContent = "Sign in here first, then open the link of the mail again.";
}

const isClaim = (button) => button === byId("stranger");

follow(
  isChange ? "email/confirm" : "verify-email",
  (button) => (isChange ? {} : { claim: isClaim(button) }),
  (button) =>
    isClaim(button)
      ? "The account is yours alone now: whoever made it is signed out. To sign in, ask for a new password."
      : "Thank you: this address is yours now.",
);
