/** The account page: to sign in, and for who is signed in, all that is theirs to decide. */

import { showBadge } from "../badge.js";
import { byId, html } from "../dom.js";
import { identity } from "../identity.js";
import { told } from "./fields.js";
import { happenedSection } from "./happened.js";
import { leavingSection } from "./leaving.js";
import { passwordSection } from "./password.js";
import { peopleSection } from "./people.js";
import { profileSection } from "./profile.js";
import { broughtBack } from "./providers.js";
import { cameFrom } from "./returning.js";
import { secondFactorSection } from "./second_factor.js";
import { SignIn } from "./sign_in.js";
import { signInsSection } from "./sign_ins.js";

const SECTIONS = [
  profileSection,
  passwordSection,
  secondFactorSection,
  peopleSection,
  signInsSection,
  happenedSection,
  leavingSection,
];

const place = byId("place");
const signIn = new SignIn(place);
let shownFor = null; // the id of whose account is on the page

/** Show the account of who is signed in, as it is now. */
async function showAccount() {
  let user;
  try {
    user = await (await identity.ask("GET", "auth/me")).json();
  } catch (error) {
    if (identity.hasToken) showTrouble(told(error));
    return; // else the sign-in is over, and the page has heard of it
  }
  shownFor = user.id;
  identity.remember(user);
  if (identity.user?.id !== user.id) return; // signed out meanwhile
  place.replaceChildren(
    html(
      "div",
      { class: "owner" },
      html("h1", { id: "name" }, user.name),
      html("p", { class: "hint" }, about(user)),
      signOutButton(),
    ),
    ...SECTIONS.map((section) => section(user, signIn)),
  );
  document.title = "Account · Etude";
}

const about = ({ email, role }) => [email, role === "teacher" ? "teacher" : "student"].filter(Boolean).join(" · ");

const signOutButton = () =>
  html("button", { type: "button", class: "button", onclick: () => identity.signOut() }, "Sign out");

function showTrouble(sentence) {
  place.replaceChildren(
    html("h1", {}, "Account"),
    html(
      "div",
      { class: "trouble", role: "alert" },
      html("p", {}, sentence),
      html("button", { type: "button", class: "button", onclick: showAccount }, "Try again"),
    ),
  );
}

/** Somebody has signed in: back to where they came from, else to their account. */
function arrive() {
  const back = cameFrom();
  if (back) location.replace(back);
  else show();
}

/** Show what there is for whoever it is; reading goes on where it begins. */
async function show() {
  await (identity.hasToken ? showAccount() : signIn.show());
  byId("main").focus({ preventScroll: true });
}

function begin() {
  const { code, refusal } = broughtBack();
  if (code) signIn.finish(code);
  else if (refusal) signIn.show(refusal);
  else if (identity.hasToken) showAccount();
  else signIn.show();
}

identity.on("change", (user) => {
  const id = user?.id ?? null;
  const name = byId("name");
  if (id !== null && id === shownFor) {
    if (name) name.textContent = user.name; // nothing else is another one
    return;
  }
  const isArriving = shownFor === null && identity.hasToken;
  shownFor = id;
  if (isArriving) arrive();
  else show();
});
showBadge();
begin();
