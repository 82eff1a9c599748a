/** The last seconds of a pitch as a line: how steady it is. */

const SHOWN_MS = 6000;
const REACH_CENTS = 50;
const MARGIN_PX = 4;
const RULES_CENTS = [-25, 0, 25];
const BREAK_MS = 150; // without a pitch: the line begins anew

export class Trace {
  #canvas;
  #points = [];

  /** @param {HTMLCanvasElement} canvas - as large as the style sheet says */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** Take in a pitch: how far it is from which note. */
  add({ cents, midiNote }, at = performance.now()) {
    this.#points.push({ at, cents, midiNote });
    while (this.#points[0].at < at - SHOWN_MS) this.#points.shift();
  }

  clear() {
    this.#points = [];
  }

  draw(now = performance.now()) {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width) return; // hidden
    const pen = this.#pen(width, height);
    const style = getComputedStyle(this.#canvas);
    const inReach = (cents) => Math.max(-REACH_CENTS, Math.min(REACH_CENTS, cents)) / REACH_CENTS;
    const yOf = (cents) => height / 2 - inReach(cents) * (height / 2 - MARGIN_PX);
    const xOf = (at) => width * (1 - (now - at) / SHOWN_MS);
    this.#rule(pen, width, yOf, style);
    this.#line(pen, xOf, yOf, style);
  }

  /** A clean canvas, in the pixels of the screen, measured in those of the page. */
  #pen(width, height) {
    const scale = devicePixelRatio || 1;
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    if (this.#canvas.width !== size.width || this.#canvas.height !== size.height) Object.assign(this.#canvas, size);
    const pen = this.#canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  #rule(pen, width, yOf, style) {
    pen.lineWidth = 1;
    for (const cents of RULES_CENTS) {
      const y = Math.round(yOf(cents)) + 0.5;
      pen.strokeStyle = style.getPropertyValue(cents ? "--line" : "--edge");
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }
  }

  #line(pen, xOf, yOf, style) {
    pen.strokeStyle = style.getPropertyValue("--accent");
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    let last = null;
    for (const point of this.#points) {
      const isJoined = last && point.at - last.at < BREAK_MS && point.midiNote === last.midiNote;
      pen[isJoined ? "lineTo" : "moveTo"](xOf(point.at), yOf(point.cents));
      last = point;
    }
    pen.stroke();
  }
}
