/** One practice session: everything it has, to read, and where it is one's own to change. */

import { html } from "../dom.js";
import { sentence } from "../http.js";
import { choice } from "./choice.js";
import { commentsOf } from "./comments.js";
import { durationWords, percent } from "./days.js";
import { momentOf, sessionFields, whenFields } from "./fields.js";
import { changedCopy, saidIn } from "./keeping.js";
import { waitWords } from "./list.js";
import { playedChart } from "./played.js";
import { fetchAudio, fetchEvents, fetchSession, fetchSong, isAway } from "./records.js";
import { stars } from "./stars.js";
import { corrected, isConflict, stoppedItem } from "./waiting.js";

const NOT_HERE = "This practice is not here: it was deleted, or is not yours to see.";
const NOT_FOUND = 404;
const OTHER_VERSION = 412;
const MODES = { wait: "the music waited", follow: "you led", tempo: "the clock led" };

const button = (words, act, kind = "") =>
  html("button", { type: "button", class: `button ${kind}`, onclick: act }, words);

export class SessionView {
  #node;
  #about;
  #id = null;
  #visit = 0;

  /**
   * @param {HTMLElement} node
   * @param {object} about - user, days, outbox and keeper (null where nothing may be changed), known (sessions that the
   *   list has, by id, for when the server is away), onLeave
   */
  constructor(node, about) {
    this.#node = node;
    this.#about = about;
  }

  /** Show a practice session. */
  async show(id) {
    const visit = ++this.#visit;
    if (id !== this.#id) this.#node.replaceChildren(html("p", { class: "hint", role: "status" }, "Fetching…"));
    this.#id = id;
    const shown = await this.#load(id).catch((error) => error);
    if (visit !== this.#visit) return;
    if (shown instanceof Error) this.#showProblem(shown);
    else this.#read(shown);
  }

  /** Leave: what was asked for is shown no more. */
  hide() {
    this.#visit += 1;
    this.#id = null;
    this.#node.replaceChildren();
  }

  /** Whether somebody is in the middle of a change. */
  get isEdited() {
    return this.#node.querySelector(":scope > form, :scope > .choice, :scope > dialog") !== null;
  }

  /** The copy of the server with what waits here laid over it. */
  async #load(id) {
    const waiting = this.#about.outbox?.of(id) ?? [];
    const known = this.#about.known.get(id);
    const isOnlyHere = !known && waiting[0]?.op === "create";
    const copy = isOnlyHere ? null : await fetchSession(id).catch((error) => {
      if (!isAway(error) || !(known || waiting.length)) throw error;
      return known;
    });
    const last = waiting.at(-1);
    return { ...copy, ...last?.copy, ...(last && { waits: waitWords(waiting) }), isGone: last?.copy === null };
  }

  #showProblem(error) {
    const words = error.status === NOT_FOUND ? NOT_HERE : sentence(error);
    this.#node.replaceChildren(this.#back(), html("p", { class: "trouble", role: "alert" }, words,
      html("br"), button("Try again", () => this.show(this.#id))));
  }

  #back() {
    return html("a", { class: "back", href: "#/" }, html("span", { "aria-hidden": "true" }, "← "), "All practice");
  }

  #read(copy) {
    const { days, keeper, outbox } = this.#about;
    const title = copy.song_name ?? copy.focus ?? "Practice";
    const waiting = outbox?.of(copy.id) ?? [];
    const isOpen = isConflict(waiting);
    document.title = `${title} · Etude`;
    this.#node.replaceChildren(
      this.#back(),
      html("h1", {}, title),
      html("p", { class: "session-head" },
        html("time", { datetime: copy.date }, days.words(copy.date)), stars(copy.rating),
        copy.waits ? html("span", { class: "waits" }, copy.waits) : null),
      isOpen ? stoppedItem(outbox, copy.id, waiting, days) : "",
      facts(copy),
      copy.notes ? html("p", { class: "session-notes" }, copy.notes) : "",
      ...this.#analysis(copy),
      this.#actions(copy, keeper !== null && !copy.isGone && !isOpen),
      html("p", { class: "error", role: "alert" }),
      ...this.#parts(copy),
    );
  }

  #analysis({ analysis_summary: summary, analysis_feedback: feedback }) {
    if (!summary && !feedback) return [];
    return [html("section", { class: "panel", "aria-label": "What was said of it" }, html("h2", {}, "How it went"),
      summary ? html("p", {}, summary) : null,
      feedback && feedback !== summary ? html("p", { class: "session-notes" }, feedback) : null)];
  }

  #actions(copy, isOwn) {
    const again = html("a", { class: "button primary", href: "/", hidden: true }, "Practise it again");
    if (copy.song_id !== null) leadToPiece(again, copy.song_id);
    const report = { class: "button", href: `/history#/report/${copy.id}`, target: "_blank" };
    const keepScore = () => save(copy.xml_content, `${copy.song_name ?? "score"}.musicxml`);
    return html("div", { class: "actions" },
      again,
      copy.take_id ? html("a", report, "Open the report") : null,
      copy.xml_content ? button("Save its score", keepScore) : null,
      isOwn ? button("Edit", () => this.#edit(copy)) : null,
      isOwn ? button("Delete", () => this.#askToDelete(copy), "quiet") : null);
  }

  /** What is fetched by itself: the sound, what was played, the comments. */
  #parts(copy) {
    const { user, days, keeper } = this.#about;
    const parts = [];
    if (copy.audio_url) parts.push(part("Sound", () => soundOf(copy.id)));
    if (copy.take_id) parts.push(part("What was played", async () => playedChart(await fetchEvents(copy.id))));
    if (!copy.waits || copy.created_at) parts.push(commentsOf(copy.id, { user, isOwn: keeper !== null, days }));
    return parts;
  }

  #isRefused(id) {
    return this.#about.outbox.of(id).some(({ verdict }) => verdict?.status === "rejected");
  }

  #edit(copy) {
    const { days } = this.#about;
    const { nodes, said } = sessionFields(copy);
    const when = whenFields(days, copy.date);
    const isMoved = ({ elements: { day, time } }) =>
      day.value !== days.dayOf(copy.date) || time.value !== days.timeOf(copy.date);
    const problem = html("p", { class: "error", role: "alert" });
    const form = html("form", {
      class: "editor", "aria-label": "Edit this practice",
      onsubmit: (event) => {
        event.preventDefault();
        this.#save(copy, { ...said(form), ...(isMoved(form) && { date: momentOf(form, days) }) }, problem);
      },
    }, ...nodes, when, problem, html("p", { class: "actions" },
      html("button", { class: "button primary" }, "Save"), button("Cancel", () => this.#read(copy), "quiet")));
    this.#node.replaceChildren(this.#back(), html("h1", {}, copy.song_name ?? "Practice"), form);
    form.elements[0].focus();
  }

  async #save(copy, said, problem) {
    problem.textContent = "";
    const { outbox, keeper } = this.#about;
    try {
      if (this.#isRefused(copy.id)) outbox.replace(copy.id, corrected(copy.id, outbox.of(copy.id), said));
      else if (Object.keys(said).length) this.#know(copy.id, await keeper.change(copy, said));
      await this.#done();
    } catch (error) {
      if (error.status === OTHER_VERSION) this.#choose(copy, said, error.details?.current ?? null);
      else problem.textContent = sentence(error);
    }
  }

  /** Another device was first: show both versions. */
  #choose(copy, said, current) {
    const { days } = this.#about;
    const theirs = current?.deleted_at ? null : current;
    if (!said && !theirs) return this.#about.onLeave(); // both deleted it
    const mine = said === null ? null : { ...(theirs ?? copy), ...said };
    const keepMine = () => this.#insist(copy, said, current);
    const keepTheirs = () => (theirs ? this.show(copy.id) : this.#about.onLeave());
    this.#node.replaceChildren(this.#back(), html("h1", {}, copy.song_name ?? "Practice"),
      choice(mine, theirs, { days, keepMine, keepTheirs }), html("p", { class: "error", role: "alert" }));
    return this.#node.querySelector(".choice button").focus();
  }

  /** Do it to the version that is on the server; what is deleted there is made again. */
  async #insist(copy, said, current) {
    const { keeper } = this.#about;
    try {
      if (current.deleted_at) this.#restore(changedCopy(copy, said), current.version);
      else if (said) this.#know(copy.id, await keeper.change(current, said));
      else {
        await keeper.delete(current);
        this.#know(copy.id, null);
      }
      await (said ? this.#done() : this.#about.onLeave());
    } catch (error) {
      if (error.status === OTHER_VERSION) this.#choose(copy, said, error.details?.current ?? null);
      else this.#tell(error);
    }
  }

  #restore(copy, version) {
    this.#about.outbox.restore(copy, version, saidIn(copy));
  }

  #askToDelete(copy) {
    const dialog = html("dialog", { "aria-label": "Delete this practice?" },
      html("p", {}, "Delete this practice, with its sound and what was said of it? It does not come back."),
      html("p", { class: "actions" },
        button("Delete it", () => this.#delete(copy, dialog), "primary"), button("Keep it", () => dialog.close())));
    dialog.addEventListener("close", () => dialog.remove());
    this.#node.append(dialog);
    dialog.showModal();
  }

  async #delete(copy, dialog) {
    dialog.close();
    try {
      await this.#about.keeper.delete(copy);
      this.#know(copy.id, null);
      this.#about.onLeave();
    } catch (error) {
      if (error.status === OTHER_VERSION) this.#choose(copy, null, error.details?.current ?? null);
      else this.#tell(error);
    }
  }

  /** Remember how a practice session is on the server; what waits is laid over it anyway. */
  #know(id, copy) {
    const { outbox, known } = this.#about;
    if (outbox.of(id).length) return;
    if (copy) known.set(id, copy);
    else known.delete(id);
  }

  async #done() {
    this.#node.replaceChildren();
    await this.show(this.#id);
  }

  #tell(error) {
    this.#node.querySelector(".error").textContent = sentence(error);
  }
}

function facts(copy) {
  const marks = copy.details;
  const tempo = marks?.tempo_bpm && `${Math.round(marks.tempo_bpm)} beats a minute`;
  const all = [
    ["Time", durationWords(copy.duration_seconds)],
    ["Accuracy", copy.score_accuracy === null ? null : percent(copy.score_accuracy)],
    ["Grade", marks?.grade],
    ["Played", [MODES[marks?.mode], tempo].filter(Boolean).join(", ")],
    ["Notes played", marks?.notes_played],
    ["Instrument", copy.instrument],
    ["Focus", copy.song_name ? copy.focus : null],
    ["Tags", copy.tags.join(", ")],
  ].filter(([, value]) => value != null && value !== "");
  return html("dl", { class: "facts" }, ...all.map(([name, value]) =>
    html("div", {}, html("dt", {}, name), html("dd", {}, String(value)))));
}

/** Let a link lead to a piece, if it is still there. */
async function leadToPiece(link, songId) {
  try {
    link.href = `/#/piece/${encodeURIComponent((await fetchSong(songId)).slug)}`;
    link.hidden = false;
  } catch (error) {
    if (error.status !== NOT_FOUND && !isAway(error)) throw error; // else: the link stays hidden
  }
}

/** A part of the page that is filled when it was fetched. */
function part(title, fetchContent) {
  const content = html("div", {}, html("p", { class: "hint" }, "Fetching…"));
  fetchContent()
    .then((node) => content.replaceChildren(node ?? html("p", { class: "hint" }, "Nothing was heard.")))
    .catch((error) => content.replaceChildren(html("p", { class: "hint" }, sentence(error))));
  return html("section", { class: "panel", "aria-label": title }, html("h2", {}, title), content);
}

async function soundOf(id) {
  const src = URL.createObjectURL(await fetchAudio(id));
  return html("audio", { controls: true, src, "aria-label": "Sound of this practice" });
}

function save(text, name) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/vnd.recordare.musicxml+xml" }));
  html("a", { href, download: name }).click();
}
