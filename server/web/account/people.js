/** Students and teachers: who is linked, and how others are. */

import { html } from "../dom.js";
import { identity } from "../identity.js";
import { action, alertLine, field, form, told } from "./fields.js";
import { asked } from "./question.js";
import { copyButton } from "./saving.js";
import { refill, section } from "./section.js";
import { dayOf } from "./times.js";

/** How it is for either role: whom one is linked with, what that means, what a code of theirs is for. */
const SIDES = {
  teacher: {
    title: "Students",
    path: "teaching/students",
    invite: "Invite a student",
    none: "Nobody yet.",
    hint: "You see what your students practise, and can comment on it.",
    handOver: "Give this code to your student. It links one person, until",
    parting: (name) => `Part from ${name}? You will no longer see what they practise.`,
  },
  student: {
    title: "Teachers",
    path: "teaching/teachers",
    invite: "Invite a teacher",
    none: "Nobody yet.",
    hint: "Your teachers see what you practise, and can comment on it.",
    handOver: "Give this code to your teacher. It links one person, until",
    parting: (name) => `Part from ${name}? They will no longer see what you practise.`,
  },
};

/** The part of the page about them. */
export function peopleSection({ role }) {
  const side = SIDES[role];
  const linked = html("ul", { class: "rows" });
  const open = html("ul", { class: "rows" });
  const problem = alertLine();
  const trying = (work) => work.catch((error) => (problem.textContent = told(error)));
  const showLinked = () => trying(fill(linked, side.path, (one) => linkedRow(one, side, showLinked), side.none));
  const showOpen = () => trying(fill(open, "teaching/invitations", (one) => openRow(one, side, showOpen)));
  showLinked();
  showOpen();
  return section(side.title, side.hint, linked, problem, open, inviting(side, showOpen), accepting(showLinked));
}

async function fill(list, path, row, none = "") {
  const items = await (await identity.ask("GET", path)).json();
  const empty = none ? [html("li", { class: "hint" }, none)] : [];
  refill(list, ...(items.length ? items.map(row) : empty));
}

function linkedRow({ id, name, role, instrument, linked_at: since }, side, changed) {
  const part = async () => {
    if (!(await asked(side.parting(name), "Part"))) return;
    await identity.ask("DELETE", `${side.path}/${id}`);
    await changed();
  };
  const look = role === "student" && html("a", { href: `/history?student=${id}` }, "What they practise");
  return html(
    "li",
    {},
    html(
      "div",
      {},
      html("strong", {}, name),
      html("p", { class: "hint" }, [instrument, `since ${dayOf(since)}`].filter(Boolean).join(" · ")),
      look || null,
    ),
    action("Part", part, { class: "button small", "aria-label": `Part from ${name}` }),
  );
}

function openRow({ id, code, expires_at: until }, side, changed) {
  const takeBack = async () => {
    await identity.ask("DELETE", `teaching/invitations/${id}`);
    await changed();
  };
  const shown = html("code", { class: "invitation" }, code);
  return html(
    "li",
    {},
    html(
      "div",
      {},
      html("p", { class: "hint" }, `${side.handOver} ${dayOf(until)}.`),
      html("p", { class: "row" }, shown, copyButton(code, shown)),
    ),
    action("Take back", takeBack, { class: "button small", "aria-label": `Take back the code ${code}` }),
  );
}

function inviting(side, changed) {
  const invite = async () => {
    await identity.ask("POST", "teaching/invitations");
    await changed();
  };
  return action(side.invite, invite);
}

function accepting(changed) {
  const code = field("code", "Or enter a code that you were given", {
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: 32,
    required: true,
  });
  const accept = async (values) => {
    const { name } = await (await identity.ask("POST", "teaching/invitations/accept", { body: values })).json();
    code.input.value = "";
    await changed();
    return `You are linked with ${name} now.`;
  };
  const beside = { INVITATION_NOT_FOUND: "code", WRONG_ROLE: "code" };
  return form([code], "Accept", accept, { beside, isQuiet: true });
}
