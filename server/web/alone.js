/** Work that one tab of this server does at a time. */

import { remembered } from "./dom.js";

const SETTLED_MS = 50; // by then each tab sees what another has written
const GIVEN_UP_MS = 10_000; // who has held it for longer was closed meanwhile

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Do some work while no other tab does any of this name. */
export const alone = (name, work) =>
  navigator.locks ? navigator.locks.request(`etude.${name}`, work) : aloneByStorage(`${name}-by`, work);

/**
 * The same where browsers have no locks, which is over plain http: a tab writes that it is its turn, and it is if that
 * still stands there a moment later. Where storage is switched off, tabs share nothing that could be in another's way.
 */
async function aloneByStorage(key, work) {
  const tab = crypto.getRandomValues(new Uint32Array(2)).join();
  const isMine = () => remembered.get(key, { tab }).tab === tab;
  const isFree = () => (remembered.get(key, null)?.until ?? 0) < Date.now();
  do {
    while (!isFree()) await pause(SETTLED_MS);
    remembered.set(key, { tab, until: Date.now() + GIVEN_UP_MS });
    await pause(SETTLED_MS);
  } while (!isMine());
  try {
    return await work();
  } finally {
    if (isMine()) remembered.set(key, null);
  }
}
