/** Making elements without a framework. */

const SVG = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** An HTML element; `on…` attributes are listeners, false and null ones are left out. */
export const html = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

/** An SVG element. */
export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

/** The element with that id. */
export const byId = (id) => document.getElementById(id);

/** A setting this browser remembers; private windows that remember nothing are fine too. */
export const remembered = {
  get(name, fallback) {
    try {
      return JSON.parse(localStorage.getItem(`etude.${name}`)) ?? fallback;
    } catch {
      return fallback; // storage is switched off, or holds what another version wrote
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`etude.${name}`, JSON.stringify(value));
    } catch {
      // Nothing to be done where storage is switched off: the setting holds for this visit.
    }
  },
};
