/** The way to one's account, in the head of every page: it says who is signed in. */

import { byId } from "./dom.js";
import { identity } from "./identity.js";

/** Show it, and keep it true; without an account the history has nothing to show. */
export function showBadge() {
  const show = (user) => {
    byId("account").textContent = user?.name ?? "Sign in";
    byId("history").hidden = user === null;
  };
  identity.on("change", show);
  show(identity.user);
}
