/** Who plays: where the server lets no guests in, a token is asked for, and remembered. */

import { fetchStatus } from "./api.js";
import { byId, remembered } from "./dom.js";

const TOKEN = "token";

/** Connect as whoever this browser was last, as a guest where that is enough, or ask. */
export async function enter(client) {
  client.on("auth_error", ({ message }) => ask(message));
  client.on("authenticated", () => (byId("door").hidden = true));
  byId("door").addEventListener("submit", (event) => {
    event.preventDefault();
    present(client, byId("token").value.trim());
  });
  const token = remembered.get(TOKEN, null);
  if (token) present(client, token);
  else if (await needsToken()) ask("");
  else client.connect().catch(() => {}); // told by the connection event, and tried again
}

/** Show a token to the server; it is kept only if the server likes it. */
async function present(client, token) {
  client.token = token;
  try {
    await (client.isOpen ? client.authenticate(token) : client.connect());
    remembered.set(TOKEN, token);
  } catch (error) {
    if (error.code !== "DISCONNECTED") remembered.set(TOKEN, null);
  }
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
