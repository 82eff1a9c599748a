/** Where one goes after signing in: back to the page that one came from, if it is one of this server's. */

/** The whole address of a path of this server; null for whatever leads, or may lead, elsewhere. */
export function ownAddress(path) {
  if (!path?.startsWith("/") || !URL.canParse(path, location.origin)) return null;
  const address = new URL(path, location.origin);
  return address.origin === location.origin ? address.href : null;
}

/** The page that one came from; null without one. */
export const cameFrom = () => ownAddress(new URLSearchParams(location.search).get("back"));
