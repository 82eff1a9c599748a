/** Shows that an address is one's own: at a press, as programs that read mails open links, too. */

import { follow } from "./link.js";

follow("verify-email", () => ({}), "Thank you: this address is yours now.");
