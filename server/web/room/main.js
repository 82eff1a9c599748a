/** Where the room page begins: the lobby, and the room it leads to. */

import { fetchStatus } from "../api.js";
import { showBadge } from "../badge.js";
import { EtudeClient } from "../client.js";
import { byId, remembered } from "../dom.js";
import { enter } from "../door.js";
import { identity } from "../identity.js";
import { Alarms } from "./alarms.js";
import { Chooser } from "./chooser.js";
import { Desk } from "./desk.js";
import { HtmlAudioPlayer } from "./html_audio.js";
import { Music } from "./music.js";
import { News } from "./news.js";
import { People } from "./people.js";
import { Room } from "./room.js";
import { RoomsApi } from "./rooms_api.js";
import { SpotifyApi } from "./spotify_api.js";
import { SpotifyPlayer } from "./spotify_player.js";
import { Wanted } from "./wanted.js";
import { errorWords } from "./words.js";

const PLACE = "etude.room";
const ID_BYTES = 12;

const token = () => identity.token();
const client = new EtudeClient(undefined, { reconnect: true, token });
const alarms = new Alarms();
const audio = new HtmlAudioPlayer(alarms, { startMs: remembered.get("startMs", undefined) });
const music = new Music(token);
const api = new RoomsApi({ token });
let room = null;
let spotifyUrl = null;

const desk = new Desk(music, { trouble: (error) => room?.tellTrouble(error) });
const people = new People(byId("people"), {
  setOffset: (ms) => room.setOffset(ms),
  handOver: (userId) => room.handOver(userId),
});
const page = {
  client,
  alarms,
  music,
  api,
  desk,
  people,
  player: audio,
  news: new News(byId("news")),
  wanted: new Wanted(music, () => room.requestSync()),
  remember,
  left,
};
const chooser = new Chooser(music, token, {
  play: (track) => desk.play(track),
  enqueue: (track) => desk.enqueue(track),
});

/** The code in the address, if there is one. */
const codeInAddress = () => decodeURIComponent(/^\/room\/(.+)$/.exec(location.pathname)?.[1] ?? "").toUpperCase();

/** Remember one's place while the tab lives: who reloads comes back to it. */
function remember(place) {
  try {
    if (place) sessionStorage.setItem(PLACE, JSON.stringify(place));
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Storage is switched off: who reloads joins anew.
  }
}

function rememberedPlace() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE));
  } catch {
    return null; // storage is switched off
  }
}

function show(place) {
  byId("lobby").hidden = true;
  byId("room").hidden = false;
  document.title = `Room ${place.sessionId} · Etude`;
  history.replaceState(null, "", `/room/${place.sessionId}`);
  remember(place);
  room = new Room(place, page);
}

function left(sentence) {
  room = null;
  remember(null);
  byId("ending").close();
  byId("room").hidden = true;
  byId("lobby").hidden = false;
  byId("code").value = "";
  document.title = "Listen together · Etude";
  history.replaceState(null, "", "/room");
  byId("entry-error").textContent = sentence;
  byId("main").focus({ preventScroll: true });
}

/** Take a place in a room, new or not. */
async function take(role, ask) {
  const userName = byId("user-name").value.trim();
  if (!userName) {
    byId("user-name").reportValidity();
    return;
  }
  byId("entry-error").textContent = "";
  remembered.set("userName", userName);
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  const userId = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    page.player = await chosenPlayer();
    const { sessionId, memberKey } = await ask({ userId, userName });
    show({ sessionId, memberKey, userId, userName, role });
  } catch (error) {
    byId("entry-error").textContent = errorWords(error);
  }
}

/** The player that was chosen; Spotify is asked first whose the token is. */
async function chosenPlayer() {
  if (byId("sound-from").value !== "spotify") return audio;
  const player = new SpotifyPlayer(new SpotifyApi({ baseUrl: spotifyUrl }));
  await player.authenticate(byId("spotify-token").value.trim());
  return player;
}

byId("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  const code = byId("code").value.trim().toUpperCase();
  if (!code) byId("entry-error").textContent = "Say the code of the room, or open one.";
  else take("client", (member) => api.join(code, member));
});
byId("open-room").addEventListener("click", () => take("host", (member) => api.create(member)));
byId("leave-room").addEventListener("click", () => room.leave());
byId("end-room").addEventListener("click", () => byId("ending").showModal());
byId("end-surely").addEventListener("click", () => room.endForAll());
byId("copy-link").addEventListener("click", async () => {
  byId("room-link").select();
  try {
    await navigator.clipboard.writeText(byId("room-link").value);
    byId("copy-link").textContent = "Copied";
  } catch {
    byId("copy-link").textContent = "Press Ctrl+C"; // browsers copy by themselves for https pages only
  }
});
byId("sound-from").addEventListener("change", ({ target }) => {
  byId("spotify-token-field").hidden = target.value !== "spotify";
});
byId("volume").value = audio.volume = remembered.get("volume", 1);
byId("volume").addEventListener("input", ({ target }) => {
  audio.volume = Number(target.value);
  remembered.set("volume", audio.volume);
});
audio.on("playing", () => remembered.set("startMs", audio.startMs));

const CONNECTION_WORDS = { connecting: "Connecting…", open: "Connected", lost: "The server is gone. Trying again…" };

client.on("connection", ({ state, retryMs }) => {
  const box = byId("connection");
  if (state === "connecting" && box.dataset.state === "lost") return; // keep saying that it is gone
  if (retryMs === 0) state = "connecting"; // it is left for a fresh one
  box.dataset.state = state;
  byId("connection-text").textContent = retryMs === null ? "Not connected" : CONNECTION_WORDS[state];
});

async function offerWhatThereIs() {
  const { features } = await fetchStatus().catch(() => ({ features: {} })); // the connection tells of a server away
  spotifyUrl = features.spotify ?? null;
  byId("shelf-source").hidden = !features.music;
  byId("spotify-choice").hidden = !spotifyUrl;
}

byId("user-name").value = remembered.get("userName", identity.user?.name ?? "");
byId("code").value = codeInAddress();
offerWhatThereIs();
showBadge();
enter(client);
const place = rememberedPlace();
if (place && place.sessionId === codeInAddress()) show(place);
