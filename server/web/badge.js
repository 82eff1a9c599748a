/** The way to one's account, in the head of every page: it says who is signed in. */

import { byId } from "./dom.js";
import { identity } from "./identity.js";

const ACCOUNT = "/account";

/** Where one signs in, and is brought back from to what is shown now. */
export function signInAddress() {
  const { pathname, search, hash } = location;
  return `${ACCOUNT}?${new URLSearchParams({ back: pathname + search + hash })}`;
}

/** Show it, and keep it true; without an account the history has nothing to show. */
export function showBadge() {
  const show = () => {
    const { user } = identity;
    const isThere = location.pathname === ACCOUNT;
    byId("account").textContent = user?.name ?? "Sign in";
    byId("account").href = user || isThere ? ACCOUNT : signInAddress();
    byId("history").hidden = user === null;
  };
  identity.on("change", show);
  addEventListener("hashchange", show);
  show();
}
