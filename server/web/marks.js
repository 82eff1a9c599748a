/** Verdicts in the score: a note takes a colour and gets a sign, where there is room for it. */

import { svg } from "./dom.js";
import { VERDICTS, signPath } from "./verdicts.js";

const GAP_SPACES = 1.1; // from a notehead's edge to the middle of its sign
const FAR_SPACES = 3.5; // the same, past a fingering or a syllable
const SIZE_SPACES = 0.68; // half a sign's height
const OBSTACLES =
  ".notehead, .accid, .dots, .beam > polygon, .flag, .artic, .fing, .syl, .dynam, .dir, .tempo, .barLine";

const CLASSES = Object.keys(VERDICTS).map((result) => `is-${result}`);

export class Marks {
  #notes;
  #space;
  #signs = new Map();
  #obstacles = new Map();

  /**
   * @param {Map<string, SVGGElement>} notes - by id
   * @param {number} space - the distance of two staff lines
   */
  constructor(notes, space) {
    this.#notes = notes;
    this.#space = space;
  }

  /** Say of a note how it was; a later verdict, as on a repeat, takes the place of an earlier. */
  put(noteId, result, playedIndex = null) {
    const note = this.#notes.get(noteId);
    if (!note) return;
    const last = this.#signs.get(noteId);
    const isSame = !last || last.playedIndex === playedIndex;
    const before = isSame ? last?.before : { result: last.result, playedIndex: last.playedIndex };
    this.#remove(noteId);
    note.classList.add(`is-${result}`);
    note.dataset.verdict = result;
    const place = this.#placeFor(note);
    const sign = svg(
      "g",
      {
        class: `mark is-${result}`,
        "data-note": noteId,
        transform: `translate(${place.x} ${place.y}) scale(${SIZE_SPACES * this.#space})`,
      },
      signPath(result, "halo"),
      signPath(result),
    );
    note.closest("g.page-margin").append(sign); // above everything on its page
    this.#signs.set(noteId, { sign, result, playedIndex, place, before });
  }

  /** Take back what was said of a note when that one was played, if it still stands. */
  take(noteId, playedIndex) {
    const last = this.#signs.get(noteId);
    if (last?.playedIndex !== playedIndex) return;
    this.#remove(noteId);
    if (last.before) this.put(noteId, last.before.result, last.before.playedIndex); // another pass
  }

  clear() {
    for (const noteId of [...this.#signs.keys()]) this.#remove(noteId);
  }

  #remove(noteId) {
    this.#signs.get(noteId)?.sign.remove();
    this.#signs.delete(noteId);
    const note = this.#notes.get(noteId);
    note?.classList.remove(...CLASSES);
    if (note) delete note.dataset.verdict;
  }

  /** The first place beside the head that covers nothing, else the one away from the stem. */
  #placeFor(note) {
    const head = note.querySelector(".notehead").getBBox();
    const [x, y] = [head.x + head.width / 2, head.y + head.height / 2];
    const stem = stemOf(note);
    const away = !stem || stem.y + stem.height / 2 < y ? 1 : -1;
    const beyond = (spaces) => ({ x, y: y + away * (head.height / 2 + spaces * this.#space) });
    const right = { x: head.x + head.width + this.#space, y };
    const end = stem && (away > 0 ? stem.y : stem.y + stem.height);
    const tip = stem && { x, y: end - away * GAP_SPACES * this.#space };
    const isInChord = note.closest("g.chord") !== null;
    const near = isInChord ? [right, beyond(GAP_SPACES)] : [beyond(GAP_SPACES), right];
    const places = [...near, tip, beyond(FAR_SPACES)].filter(Boolean);
    const system = note.closest("g.system");
    return places.find((place) => this.#isFree(place, system)) ?? near[0];
  }

  #isFree({ x, y }, system) {
    const reach = SIZE_SPACES * this.#space;
    const covers = (box) =>
      Math.abs(x - box.x - box.width / 2) < reach + box.width / 2 &&
      Math.abs(y - box.y - box.height / 2) < reach + box.height / 2;
    const isTaken = [...this.#signs.values()].some(
      ({ place }) => Math.abs(place.x - x) < 2 * reach && Math.abs(place.y - y) < 2 * reach,
    );
    return !isTaken && !this.#obstaclesOf(system).some(covers);
  }

  #obstaclesOf(system) {
    if (!this.#obstacles.has(system)) {
      const found = [...system.querySelectorAll(OBSTACLES)].map((node) => node.getBBox());
      this.#obstacles.set(system, found);
    }
    return this.#obstacles.get(system);
  }
}

/** The box of a note's stem, or of its chord's; undefined for a note without. */
function stemOf(note) {
  return (note.querySelector(".stem") ?? note.closest("g.chord")?.querySelector(".stem"))?.getBBox();
}
