/** Two-factor sign-in: a code of one's telephone beside the password. */

import { html } from "../dom.js";
import { identity } from "../identity.js";
import { action, alertLine, codeField, form, passwordField, told } from "./fields.js";
import { copyButton, save } from "./saving.js";
import { refill, section } from "./section.js";

const NAME = "etude-recovery-codes.txt";

/** To turn it on and off. */
export function secondFactorSection() {
  const body = html("div", {});
  showState(body);
  const hint = "Beside the password, a code from an app on your telephone: who guesses the one lacks the other.";
  return section("Two-factor sign-in", hint, body);
}

async function showState(body, ...before) {
  try {
    const state = await (await identity.ask("GET", "auth/2fa")).json();
    refill(body, ...before, ...(state.enabled ? whereOn(body, state) : whereOff(body)));
  } catch (error) {
    const line = alertLine();
    refill(body, line);
    line.textContent = told(error);
  }
}

function whereOff(body) {
  const setUp = async () => showSetUp(body, await (await identity.ask("POST", "auth/2fa/setup")).json());
  return [html("p", {}, "It is off."), action("Set it up", setUp)];
}

function whereOn(body, { recovery_codes_left: left }) {
  const code = codeField("Code", { required: false, hint: "From your authenticator, or a recovery code." });
  const password = passwordField("password", "Or your password", {
    autocomplete: "current-password",
    required: false,
  });
  const turnOff = async (values) => {
    const proof = values.code ? { code: values.code } : values.password ? { password: values.password } : {};
    await identity.ask("POST", "auth/2fa/disable", { body: proof });
    await showState(body);
  };
  const beside = { WRONG_CODE: "code", WRONG_PASSWORD: "password" };
  return [
    html("p", {}, `It is on. ${left} recovery ${left === 1 ? "code is" : "codes are"} left.`),
    html(
      "details",
      {},
      html("summary", {}, "Turn it off, or move to another telephone"),
      html("p", { class: "hint" }, "To move, turn it off here and set it up again."),
      form([code, password], "Turn it off", turnOff, { beside, isQuiet: true }),
    ),
  ];
}

function showSetUp(body, { secret, otpauth_uri: address, qr_svg: picture }) {
  const code = codeField("Code", {
    inputmode: "numeric",
    hint: "The six digits that the app shows then.",
  });
  const turnOn = async (values) => {
    const answer = await (await identity.ask("POST", "auth/2fa/enable", { body: values })).json();
    await showState(body, recoveryCodes(answer.recovery_codes));
  };
  const text = html("code", { class: "secret" }, ...groups(secret));
  refill(
    body,
    html("p", {}, "Scan this with an authenticator, an app such as Aegis, 2FAS or Google Authenticator."),
    drawn(picture),
    html("p", {}, "Or type this into it: ", text, " ", copyButton(secret, text)),
    html("p", {}, html("a", { href: address }, "Or open it on this device")),
    form([code], "Turn it on", turnOn, { beside: { WRONG_CODE: "code" } }),
    action("Not now", () => showState(body), { class: "link" }),
  );
}

/** The QR code as an element: read as XML, of which nothing but its paths is taken. */
function drawn(picture) {
  const read = new DOMParser().parseFromString(picture, "image/svg+xml");
  for (const node of read.querySelectorAll(":not(svg, g, path)")) node.remove();
  const element = document.importNode(read.documentElement, true);
  element.setAttribute("class", "qr");
  element.setAttribute("viewBox", `0 0 ${element.getAttribute("width")} ${element.getAttribute("height")}`);
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", "QR code for your authenticator");
  return element;
}

/** A secret in groups of four, which are easier to type. */
const groups = (secret) => secret.match(/.{1,4}/g).map((group) => html("span", {}, group));

function recoveryCodes(codes) {
  const list = html("ol", { class: "codes" }, ...codes.map((code) => html("li", {}, html("code", {}, code))));
  const text = `${codes.join("\n")}\n`;
  const keep = () => save(new Blob([`Recovery codes of Etude\n\n${text}`], { type: "text/plain" }), NAME);
  return html(
    "div",
    { class: "reminder", role: "status" },
    html("p", {}, html("strong", {}, "Two-factor sign-in is on. Keep these recovery codes.")),
    html("p", {}, "Each signs you in once without your telephone. They are not shown again."),
    list,
    html(
      "div",
      { class: "row" },
      copyButton(text, list),
      html("button", { type: "button", class: "button small", onclick: keep }, "Download"),
      html("button", { type: "button", class: "button small", onclick: () => print() }, "Print"),
    ),
  );
}
