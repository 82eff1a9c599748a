/** Who one is to others, and where one's days begin. */

import { html } from "../dom.js";
import { ask } from "../http.js";
import { identity } from "../identity.js";
import { action, field, form, told } from "./fields.js";
import { section } from "./section.js";

/** Name, instrument, time zone; and a reminder while the address is not verified. */
export function profileSection(user) {
  const name = field("name", "Name", { autocomplete: "name", maxlength: 200, required: true, value: user.name });
  const save = async (values) => {
    identity.remember(await (await identity.ask("PATCH", "auth/profile", { body: values })).json());
    return "Saved.";
  };
  return section(
    "Profile",
    null,
    user.email && !user.is_verified ? reminder(user.email) : null,
    form([name, instrumentField(user.instrument), ...zoneField(user.time_zone)], "Save", save),
  );
}

function reminder(email) {
  const send = async () => {
    await identity.ask("POST", "auth/verify-email/send");
    return "It is on its way.";
  };
  return html(
    "div",
    { class: "reminder" },
    html("p", {}, `Is ${email} your address? Open the link in the mail that was sent to it.`),
    action("Send it again", send, { class: "button small" }),
  );
}

/** Any instrument; those that can be listened to are proposed. */
function instrumentField(value) {
  const proposed = html("datalist", { id: "instruments" });
  const propose = async () => {
    const known = await (await ask("GET", "instruments")).json();
    proposed.append(...known.map((one) => html("option", { value: one.name })));
  };
  propose().catch(told); // without proposals, any instrument can be typed all the same
  const one = field("instrument", "Instrument", { maxlength: 200, list: "instruments", autocomplete: "off", value });
  one.element.append(proposed);
  return one;
}

/** The zone that is kept, and that of this device where it is another. */
function zoneField(kept) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([kept, "UTC", here, ...Intl.supportedValuesOf("timeZone")])].sort();
  const hint = "Your days of practice begin and end by it.";
  const options = zones.map((zone) => [zone, zone.replaceAll("_", " ")]);
  const one = field("time_zone", "Time zone", { options, hint });
  one.input.value = kept;
  const take = () => {
    one.input.value = here;
    offer.hidden = true;
  };
  const offer = html(
    "p",
    { class: "offer", hidden: here === kept },
    `This device is in ${here.replaceAll("_", " ")}. `,
    html("button", { type: "button", class: "link", onclick: take }, "Take that"),
  );
  return [one, offer];
}
