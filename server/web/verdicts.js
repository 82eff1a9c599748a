/** What may be said of a note: its words and its sign, the same wherever it appears. */

import { html, svg } from "./dom.js";

/** Signs are drawn in a box from -1 to 1; no two share an outline, so colour is never needed. */
export const VERDICTS = {
  correct: { label: "Correct", sign: "M-.75 .1 L-.2 .65 L.8 -.6", isFilled: false },
  early: { label: "Early", sign: "M.6 -.8 L-.75 0 L.6 .8 Z", isFilled: true },
  late: { label: "Late", sign: "M-.6 -.8 L.75 0 L-.6 .8 Z", isFilled: true },
  wrong_note: { label: "Wrong note", sign: "M-.65 -.65 L.65 .65 M.65 -.65 L-.65 .65", isFilled: false },
  missed: { label: "Missed", sign: "M.7 0 A.7 .7 0 1 1 -.7 0 A.7 .7 0 1 1 .7 0 Z", isFilled: false },
  extra: { label: "Extra", sign: "M0 -.75 V.75 M-.75 0 H.75", isFilled: false },
};

/** A note that an ornament allows: right, and no note of its own. */
export const isOrnament = ({ result, scoreDelta }) => result === "correct" && scoreDelta === 0;

export const isTimed = (result) => result === "correct" || result === "early" || result === "late";

/** A verdict's sign as an SVG path; as a `halo`, what keeps it clear of the lines behind it. */
export function signPath(result, halo = "") {
  const { sign, isFilled } = VERDICTS[result];
  return svg("path", { d: sign, class: `sign ${isFilled ? "is-solid" : ""} ${halo}` });
}

/** A verdict's sign as a small picture for running text. */
export const signIcon = (result) =>
  svg(
    "svg",
    { viewBox: "-1.2 -1.2 2.4 2.4", class: `icon is-${result}`, "aria-hidden": "true", focusable: "false" },
    signPath(result),
  );

/** The signs and what they mean. */
export const legend = () =>
  html(
    "ul",
    { class: "legend", "aria-label": "What the signs mean" },
    ...Object.entries(VERDICTS).map(([result, { label }]) => html("li", {}, signIcon(result), label)),
  );

const NAMES = ["C", "C♯/D♭", "D", "D♯/E♭", "E", "F", "F♯/G♭", "G", "G♯/A♭", "A", "A♯/B♭", "B"];

/** A pitch as musicians call it, by both names where the score alone could tell which: 60 is C4. */
export const pitchName = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;
