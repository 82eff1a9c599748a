/** Where one is signed in. */

import { html } from "../dom.js";
import { identity } from "../identity.js";
import { described } from "./agents.js";
import { action, alertLine, told } from "./fields.js";
import { showPages } from "./pages.js";
import { refill, section } from "./section.js";
import { momentOf } from "./times.js";

/** Each sign-in that is not over, and a way to end it. */
export function signInsSection() {
  const body = html("div", {});
  const problem = alertLine();
  showPages(body, "auth/logins", row, "This account was never signed in to by password or provider.").catch(
    (error) => (problem.textContent = told(error)),
  );
  return section("Sign-ins", "End what you do not know, and choose a new password then.", body, problem);
}

function row(login) {
  const who = described(login.agent);
  const end = async () => {
    await identity.ask("DELETE", `auth/logins/${login.id}`);
    const list = line.parentElement;
    refill(list, ...[...list.children].filter((other) => other !== line));
  };
  const line = html(
    "li",
    {},
    html(
      "div",
      {},
      html("strong", {}, who),
      login.is_current ? html("span", { class: "tag" }, "this one") : null,
      html("p", { class: "hint" }, `From ${login.address}, last used ${momentOf(login.used_at)}`),
    ),
    login.is_current ? null : action("End", end, { class: "button small", "aria-label": `End: ${who}` }),
  );
  return line;
}
