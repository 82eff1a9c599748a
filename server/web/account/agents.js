/** Browsers and devices by the names that people know. */

const PROGRAMS = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|HeadlessChrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/.*Safari\//, "Safari"],
  [/\bcurl\//, "curl"],
];
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "Mac"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

const named = (agent, names) => names.find(([pattern]) => pattern.test(agent))?.[1];

/** What a program that signed in is, as well as what it says of itself tells. */
export function described(agent) {
  const program = named(agent, PROGRAMS) ?? (agent.split(/[\s/]/)[0] || "An unknown program");
  const system = named(agent, SYSTEMS);
  return system ? `${program} on ${system}` : program;
}
