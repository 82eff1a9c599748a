/** For who is not signed in: sign in, make an account, ask for a new password, show a code. */

import { html } from "../dom.js";
import { ask } from "../http.js";
import { identity } from "../identity.js";
import { alertLine, codeField, field, form, newPasswordField, passwordField, statusLine, told } from "./fields.js";
import { providerButtons } from "./providers.js";

const ROLE = {
  options: [
    ["student", "Student"],
    ["teacher", "Teacher"],
  ],
};

const emailField = (value) =>
  field("email", "E-mail address", {
    type: "email",
    autocomplete: "username",
    maxlength: 254,
    required: true,
    value,
  });

/** One step at a time, each in place of the one before it. */
export class SignIn {
  #email = ""; // goes with one from step to step

  /** @param {HTMLElement} place - where it stands */
  constructor(place) {
    this.place = place;
  }

  /** Ask who it is; `problem` says why that is asked for again. */
  show(problem = "") {
    const email = emailField(this.#email);
    const password = passwordField("password", "Password", { autocomplete: "current-password" });
    const others = html("div", { class: "providers" });
    this.#step(
      "Sign in",
      problem,
      form([email, password], "Sign in", (values) => this.#signIn(values), {
        beside: { INVALID_CREDENTIALS: "password" },
      }),
      html(
        "p",
        { class: "ways" },
        this.#way("Forgot your password?", () => this.#forgot(email.input.value)),
        this.#way("Make an account", () => this.#register(email.input.value)),
      ),
      others,
      this.#tokenForm(),
    );
    this.#offerProviders(others);
  }

  /** Say something before whatever is asked. */
  say(news) {
    const line = statusLine();
    this.place.querySelector("h1").after(line);
    line.textContent = news;
  }

  /** Ask for a code, as the first step of a sign-in was right. */
  showCode(challenge) {
    const code = codeField("Code", { hint: "Six digits from your authenticator, or one of your recovery codes." });
    const work = async (values) => {
      try {
        await identity.answer(challenge, values.code);
      } catch (error) {
        if (error.code !== "INVALID_CHALLENGE") throw error;
        this.show("That took too long. Sign in once more.");
      }
    };
    this.#step(
      "One more step",
      "",
      form([code], "Go on", work, { beside: { WRONG_CODE: "code" } }),
      html("p", { class: "ways" }, this.#back()),
    );
    code.input.focus();
  }

  /** Finish what was begun with a provider. */
  async finish(code) {
    this.#step("Signing in…", "");
    await this.#orCode(identity.takeCode(code)).catch((error) => this.show(told(error)));
  }

  #signIn({ email, password }) {
    this.#email = email;
    return this.#orCode(identity.signIn(email, password));
  }

  async #orCode(signingIn) {
    try {
      await signingIn;
    } catch (error) {
      if (error.code !== "TWO_FACTOR_REQUIRED") throw error;
      this.showCode(error.details.challenge);
    }
  }

  #register(email) {
    const name = field("name", "Name", { autocomplete: "name", maxlength: 200, required: true });
    const work = async (account) => {
      this.#email = account.email;
      await identity.register(account);
    };
    this.#step(
      "Make an account",
      "",
      form(
        [name, emailField(email), newPasswordField("password", "Password"), field("role", "You are here as", ROLE)],
        "Make the account",
        work,
        { beside: { EMAIL_TAKEN: "email" } },
      ),
      html("p", { class: "ways" }, this.#back("I have an account")),
    );
    name.input.focus();
  }

  #forgot(email) {
    const address = emailField(email);
    const work = async (values) => {
      this.#email = values.email;
      await ask("POST", "auth/password/forgot", { body: values });
      return "If this address has an account, a mail with a link to a new password is on its way to it.";
    };
    this.#step(
      "Choose a new password",
      "",
      form([address], "Send me a link", work),
      html("p", { class: "ways" }, this.#back()),
    );
    address.input.focus();
  }

  #tokenForm() {
    const token = field("token", "Token", { autocomplete: "off", spellcheck: "false", required: true });
    const work = async (values) => {
      const given = values.token.trim();
      const user = await (await ask("GET", "auth/me", { token: given })).json();
      identity.takeToken(given, user);
    };
    const beside = { INVALID_TOKEN: "token", UNAUTHENTICATED: "token" };
    return html(
      "details",
      { class: "operators" },
      html("summary", {}, "Or paste a token"),
      html("p", { class: "hint" }, "Whoever runs the server prints one by ", html("code", {}, "etude token"), "."),
      form([token], "Use this token", work, { beside, isQuiet: true }),
    );
  }

  async #offerProviders(others) {
    try {
      const buttons = await providerButtons();
      if (buttons.length) others.append(html("p", { class: "hint" }, "or"), ...buttons);
    } catch (error) {
      others.append(html("p", { class: "hint" }, told(error)));
    }
  }

  #back(label = "Back") {
    return this.#way(label, () => {
      this.show();
      this.place.querySelector("input").focus();
    });
  }

  #way(label, go) {
    return html("button", { type: "button", class: "link", onclick: go }, label);
  }

  #step(title, problem, ...parts) {
    const error = alertLine();
    this.place.replaceChildren(html("h1", {}, title), error, ...parts);
    error.textContent = problem;
    document.title = `${title} · Etude`;
  }
}
