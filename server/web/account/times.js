/** Days and times as the reader writes them. */

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The day of an instant. */
export const dayOf = (instant) => DAY.format(new Date(instant));

/** Day and time of an instant. */
export const momentOf = (instant) => MOMENT.format(new Date(instant));
