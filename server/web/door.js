/** Who plays: where the server lets no guests in, a sign-in or a token is asked for. */

import { fetchStatus } from "./api.js";
import { byId } from "./dom.js";
import { identity } from "./identity.js";

/** Connect as whoever this browser was last, as a guest where that is enough, or ask. */
export async function enter(client) {
  client.on("auth_error", ({ message }) => refused(client, message));
  client.on("authenticated", () => (byId("door").hidden = true));
  byId("door").addEventListener("submit", (event) => {
    event.preventDefault();
    present(client, byId("token").value.trim());
  });
  if (!identity.hasToken && (await needsToken())) ask("");
  else client.connect().catch(() => {}); // told by the connection event, and tried again
}

/** Show a token to the server. */
function present(client, token) {
  identity.takeToken(token);
  (client.isOpen ? client.authenticate(token) : client.connect()).catch(() => {}); // told by auth_error
}

/** A token that is no good is forgotten; where guests may play, the player is one from then on. */
async function refused(client, message) {
  identity.forget();
  if (await needsToken()) ask(message);
  else client.restart();
}

async function needsToken() {
  const status = await fetchStatus().catch(() => null); // the connection tells of a server that is away
  return status !== null && !status.features.guests;
}

function ask(message) {
  byId("door").hidden = false;
  byId("door-error").textContent = message;
  byId("token").select();
}
