/** Shows that an address is one's own: at a press, as programs that read mails open links, too. */

import { byId } from "../dom.js";
import { follow } from "./link.js";

const isClaim = (button) => button === byId("stranger");

follow(
  "verify-email",
  (button) => ({ claim: isClaim(button) }),
  (button) =>
    isClaim(button)
      ? "The account is yours alone now: whoever made it is signed out. To sign in, ask for a new password."
      : "Thank you: this address is yours now.",
);
