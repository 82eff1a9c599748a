/** The report of a practice session, as a page of its own. */

import { html } from "../dom.js";
import { fetchReport } from "./records.js";

/**
 * Show it in place of this page.
 *
 * The server writes a page that carries its own style, as a file has to; here, where no style may stand in a page, the
 * browser is given it as a sheet. It has no script, and none would run.
 */
export async function showReport(id) {
  const page = new DOMParser().parseFromString(await fetchReport(id), "text/html");
  const sheets = await Promise.all([...page.querySelectorAll("style")].map(({ textContent }) =>
    new CSSStyleSheet().replace(textContent)));
  const back = html("p", {}, html("a", { href: `/history#/session/${id}` }, "← Back to this practice"));
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) sheet.remove();
  document.adoptedStyleSheets = sheets;
  document.title = page.title;
  const body = document.adoptNode(page.body);
  body.prepend(back);
  document.body.replaceWith(body);
  addEventListener("hashchange", () => location.reload());
}
