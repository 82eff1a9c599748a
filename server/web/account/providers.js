/** Signing in with somebody who knows one already. */

import { html } from "../dom.js";
import { ask } from "../http.js";

const NAMES = { google: "Google", github: "GitHub", apple: "Apple" };
const REFUSALS = {
  ACCESS_DENIED: "You were not signed in, as you called it off there.",
  PROVIDER_REFUSED: "You could not be signed in there. Try again, or sign in another way.",
  PROVIDER_UNAVAILABLE: "They do not answer at the moment. Try again later, or sign in another way.",
};
const REDIRECT_CHARS = 500; // as many as the server takes

/** What the address brought back from a provider: a code, or why there is none; it does not stay there. */
export function broughtBack() {
  const brought = new URLSearchParams(location.hash.slice(1));
  const code = brought.get("oauth_code");
  const refusal = brought.get("oauth_error");
  if (code === null && refusal === null) return {};
  history.replaceState(null, "", location.pathname + location.search);
  return { code, refusal: refusal && (REFUSALS[refusal] ?? REFUSALS.PROVIDER_REFUSED) };
}

/** Buttons that lead to the providers that this server knows; nothing where there are none. */
export async function providerButtons() {
  const providers = await (await ask("GET", "auth/oauth")).json();
  const here = location.pathname + location.search;
  const redirect = here.length <= REDIRECT_CHARS ? here : location.pathname;
  return providers.map(({ name, url }) =>
    html("a", { class: "button", href: `${url}?${new URLSearchParams({ redirect })}` }, `Continue with ${known(name)}`),
  );
}

const known = (name) => NAMES[name] ?? name[0].toUpperCase() + name.slice(1);
