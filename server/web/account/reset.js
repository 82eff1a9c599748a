/** Chooses a new password. */

import { byId } from "../dom.js";
import { follow } from "./link.js";

const password = byId("password");

byId("show").addEventListener("change", (event) => {
  password.type = event.target.checked ? "text" : "password";
});

follow(
  "password/reset",
  () => ({ new_password: password.value }),
  () => "Your new password is kept. Sign in with it: every other sign-in has ended.",
);
