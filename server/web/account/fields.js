/** Forms that ask the server: fields with labels, and each refusal beside the field that it is about. */

import { html } from "../dom.js";
import { ApiError, sentence } from "../http.js";

const TOO_OFTEN = 429;
const MINUTE_SEC = 60;
const HOUR_SEC = 3600;
let made = 0;

/** A span of time, as long as one has to wait. */
export function span(sec) {
  const [amount, unit] =
    sec < MINUTE_SEC ? [sec, "second"] : sec < HOUR_SEC ? [sec / MINUTE_SEC, "minute"] : [sec / HOUR_SEC, "hour"];
  const whole = Math.ceil(amount);
  return `${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

/** What to tell of a refusal; what is no refusal is a fault of the page, and goes on. */
export function told(error) {
  if (!(error instanceof ApiError)) throw error;
  return error.status === TOO_OFTEN ? `That was too often. Try again in ${span(error.waitSec)}.` : sentence(error);
}

/** A paragraph that speaks up when something went wrong. */
export const alertLine = () => html("p", { class: "error", role: "alert" });

/** A paragraph that says what was done. */
export const statusLine = () => html("p", { class: "done", role: "status" });

/**
 * A field with its label, a hint and room for an error.
 *
 * @param {string} name - as the server calls it
 * @param {object} attributes - of the input; `options` (pairs of value and text) makes it a choice
 */
export function field(name, label, { hint, options, ...attributes } = {}) {
  const id = `field-${++made}`;
  const error = html("p", { class: "error", id: `${id}-error`, role: "alert" });
  const about = { id, name, "aria-describedby": hint ? `${id}-hint ${id}-error` : `${id}-error` };
  const input = options
    ? html("select", { ...about, ...attributes }, ...options.map(([value, text]) => html("option", { value }, text)))
    : html("input", { type: "text", ...about, ...attributes });
  return {
    name,
    input,
    element: html(
      "div",
      { class: "field" },
      html("label", { for: id }, label),
      input,
      hint ? html("p", { class: "hint", id: `${id}-hint` }, hint) : null,
      error,
    ),
    complain(text) {
      error.textContent = text;
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

/** A password, and whether it is shown. */
export function passwordField(name, label, attributes = {}) {
  const one = field(name, label, { type: "password", required: true, spellcheck: "false", ...attributes });
  const toggle = ({ target }) => (one.input.type = target.checked ? "text" : "password");
  const show = html("label", { class: "show" }, html("input", { type: "checkbox", onchange: toggle }), " Show it");
  one.element.append(show);
  return one;
}

/** A new password. */
export const newPasswordField = (name, label) =>
  passwordField(name, label, {
    autocomplete: "new-password",
    minlength: 8,
    hint: "At least eight characters of any kind; a few words are best.",
  });

/** A code that an authenticator shows, or one of those for recovery. */
export const codeField = (label, attributes = {}) =>
  field("code", label, {
    autocomplete: "one-time-code",
    autocapitalize: "none",
    spellcheck: "false",
    maxlength: 64,
    required: true,
    ...attributes,
  });

/** Whose password a form is about, for programs that keep passwords. */
export const hiddenName = (email) =>
  html("input", { type: "text", name: "username", autocomplete: "username", value: email ?? "", hidden: true });

// A button that were disabled would lose the focus, and whoever uses the keyboard their place.
const isBusy = (button) => button.getAttribute("aria-disabled") === "true";
const setBusy = (button, is) => button.setAttribute("aria-disabled", String(is));

/**
 * A form; its refusals stand beside their fields.
 *
 * @param {Array} parts - fields, and elements that stand between them
 * @param {string} label - of its button
 * @param {function} work - is given the values by name; what it returns, if anything, is said as done
 * @param {object} options - `beside`: which field a code is about; `isQuiet`: the button does not stand out;
 *   `button`: more of its attributes
 */
export function form(parts, label, work, { beside = {}, isQuiet = false, button: more = {} } = {}) {
  const fields = parts.filter((part) => part.input);
  const error = alertLine();
  const done = statusLine();
  const button = html("button", { class: isQuiet ? "button" : "button primary", ...more }, label);

  const clear = () => {
    error.textContent = done.textContent = "";
    for (const one of fields) one.complain("");
  };
  const complain = (problem) => {
    const text = told(problem);
    const about = beside[problem.code] ?? problem.details?.field;
    const wrong = fields.find(({ name }) => name === about);
    if (!wrong) {
      error.textContent = text;
      return;
    }
    wrong.complain(text);
    wrong.input.focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    if (isBusy(button)) return;
    clear();
    setBusy(button, true);
    const values = Object.fromEntries(fields.map(({ name, input }) => [name, input.value]));
    try {
      done.textContent = (await work(values)) ?? "";
    } catch (problem) {
      complain(problem);
    } finally {
      setBusy(button, false);
    }
  };
  return html("form", { onsubmit: submit }, ...parts.map((part) => part.element ?? part), error, button, done);
}

/**
 * A button that asks the server for something, and the lines that say what came of it.
 *
 * @param {function} work - what it returns, if anything, is said as done
 */
export function action(label, work, attributes = {}) {
  const error = alertLine();
  const done = statusLine();
  const press = async () => {
    if (isBusy(button)) return;
    error.textContent = done.textContent = "";
    setBusy(button, true);
    try {
      done.textContent = (await work((text) => (done.textContent = text))) ?? "";
    } catch (problem) {
      done.textContent = "";
      error.textContent = told(problem);
    } finally {
      setBusy(button, false);
    }
  };
  const button = html("button", { type: "button", class: "button", ...attributes, onclick: press }, label);
  return html("div", { class: "action" }, button, error, done);
}

/** A refusal by the page itself, beside one of its fields. */
export const refusal = (name, message) => new ApiError(message, "INVALID_FIELD", 0, { field: name });
