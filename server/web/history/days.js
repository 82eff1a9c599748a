/** Days as an account's time zone has them, and amounts in words. */

const DAY_MS = 86_400_000;
const MINUTE_SEC = 60;
const HOUR_MIN = 60;

/** A formatter of a zone; a browser that does not know it uses its own. */
function formatter(locale, zone, options) {
  try {
    return new Intl.DateTimeFormat(locale, { ...options, timeZone: zone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat(locale, options);
  }
}

/** The calendar and the clock of a time zone. */
export class Days {
  #wall;
  #words;

  /** @param {string} zone - IANA name */
  constructor(zone) {
    const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const numbers = { year: "numeric", month: "2-digit", day: "2-digit", second: "2-digit" };
    this.#wall = formatter("sv-SE", zone, { ...numbers, ...clock });
    this.#words = formatter("en-GB", zone, {
      weekday: "short", day: "numeric", month: "short", year: "numeric", ...clock,
    });
  }

  /** The day of a moment: 2026-03-01. */
  dayOf(moment) {
    return this.#text(moment).slice(0, 10);
  }

  /** The time of day of a moment: 18:05. */
  timeOf(moment) {
    return this.#text(moment).slice(11, 16);
  }

  /** A moment for people: Sun, 1 Mar 2026, 18:05. */
  words(moment) {
    return this.#words.format(new Date(moment));
  }

  /** The moment at which clocks of this zone show a day and a time. */
  moment(day, time) {
    const wall = Date.parse(`${day}T${time}Z`);
    let at = wall;
    for (let round = 0; round < 2; round += 1) at = wall - this.#ahead(at); // once more beside a change of clocks
    return new Date(at).toISOString();
  }

  /** How far the clocks of this zone are ahead of UTC, in milliseconds. */
  #ahead(at) {
    return Date.parse(`${this.#text(at).replace(" ", "T")}Z`) - Math.floor(at / 1000) * 1000;
  }

  #text(moment) {
    return this.#wall.format(new Date(moment));
  }
}

/** A day some days later: 2026-03-01. */
export const daysAfter = (day, count) => new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);

/** The place of a day in its week: 0 is Monday. */
export const weekday = (day) => (new Date(day).getUTCDay() + 6) % 7;

const LONG = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
const MONTH = { month: "short", timeZone: "UTC" };

/** A day for people: Sunday 1 March 2026. */
export const dayWords = (day) => new Date(day).toLocaleDateString("en-GB", LONG);

/** The month of a day: Mar. */
export const monthWords = (day) => new Date(day).toLocaleDateString("en-GB", MONTH);

/** 7 minutes, 1 h 20 min. */
export function minutesWords(minutes) {
  if (minutes < HOUR_MIN) return `${minutes} min`;
  const rest = minutes % HOUR_MIN;
  return `${Math.floor(minutes / HOUR_MIN)} h${rest ? ` ${rest} min` : ""}`;
}

/** How long something took: 40 s, 7 min. */
export function durationWords(seconds) {
  if (seconds > 0 && seconds < MINUTE_SEC) return `${Math.ceil(seconds)} s`;
  return minutesWords(Math.round(seconds / MINUTE_SEC));
}

/** One thing, several things. */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

/** An accuracy as a whole number, as the summary of a run has it. */
export const percent = (accuracy) => `${Math.round(accuracy)} %`;
