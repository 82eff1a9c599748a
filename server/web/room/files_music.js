/** Recordings that each listener has, known by their content: whoever chooses the same file hears the same. */

import { sha256Of } from "./sha256.js";

const PREFIX = "sha256:";

export const isFileUri = (uri) => uri.startsWith(PREFIX);

const withoutEnding = (name) => name.replace(/\.[^.]+$/, "");

/** A chosen file as a track to play. */
export async function fileTrack(file) {
  const uri = PREFIX + (await sha256Of(file));
  return { uri, name: withoutEnding(file.name), url: URL.createObjectURL(file) };
}
