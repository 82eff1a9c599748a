/** What was said of a practice session, by who played and by teachers. */

import { html } from "../dom.js";
import { sentence } from "../http.js";
import { deleteComment, fetchComments, makeComment } from "./records.js";

const MOST_CHARS = 4000;

/**
 * The comments of a practice session, to read, add and take away.
 *
 * @param {string} id - of the session
 * @param {object} about - user (who reads), isOwn (whether it is their practice), days
 */
export function commentsOf(id, { user, isOwn, days }) {
  const list = html("ol", { class: "comments" });
  const problem = html("p", { class: "error", role: "alert" });
  const node = html("section", { class: "panel", "aria-label": "Comments" },
    html("h2", {}, "Comments"), list, writer(), problem);

  /** Do something, and show how the comments are then. */
  async function after(work) {
    problem.textContent = "";
    try {
      await work();
      show(await fetchComments(id));
    } catch (error) {
      problem.textContent = sentence(error);
    }
  }

  function show(comments) {
    list.replaceChildren(...comments.map(item));
    if (!comments.length) list.append(html("li", { class: "hint" }, "Nobody has said anything of it yet."));
  }

  const item = (comment) => html("li", { class: "comment" },
    html("p", { class: "hint" }, html("b", {}, comment.author_name || "Somebody"),
      comment.author_role === "teacher" ? ", teacher" : "", ` · ${days.words(comment.created_at)}`),
    html("p", { class: "comment-body" }, comment.body),
    isOwn || comment.author_id === user.id ? html("button", {
      type: "button", class: "button small quiet", onclick: () => after(() => deleteComment(id, comment.id)),
    }, "Take away", html("span", { class: "unseen" }, ` the comment of ${comment.author_name}`)) : null);

  function writer() {
    const text = html("textarea", { name: "body", rows: 2, maxlength: MOST_CHARS, required: true });
    return html("form", {
      class: "comment-form",
      onsubmit: (event) => {
        event.preventDefault();
        after(async () => {
          await makeComment(id, text.value);
          text.value = "";
        });
      },
    }, html("label", { class: "field" }, html("span", {}, "Your comment"), text),
    html("button", { class: "button" }, "Say it"));
  }

  after(() => {});
  return node;
}
