// Made by `python -m server.http.typescript`; do not edit.
//
// `paths` has every route: what it takes, what it answers, with what codes it refuses.
// `ClientEvents` and `ServerEvents` have every event of live play and listening rooms.

/** The code of an invitation, as it was handed over. */
export interface Acceptance {
  code: string;
}

/** What will happen, said the same to everybody. */
export interface Accepted {
  message: string;
}

/** What another program made of the playing. */
export interface Analysis {
  summary?: string | null;
  feedback?: string | null;
  accuracy?: number | null;
}

/** A verdict for each item, in the same order. */
export interface Answers {
  items: Verdict[];
}

/**
 * The next piece of sound; in JSON as Base64.
 *
 * It is taken to follow the last one without a break, whenever it comes: where sound was lost,
 * as much silence has to be sent, or all that follows is heard too early.
 */
export interface AudioChunk {
  pcm: string | Uint8Array;
}

/** One security event of an account. */
export interface AuditEvent {
  id: string;
  at: string;
  event: string;
  address: string;
  agent: string;
  details: Record<string, unknown>;
}

/** The token is wrong, expired or tampered with; the client stays who it was. */
export interface AuthError {
  message: string;
}

/** Say who plays; the first message where guests are not let in. */
export interface Authenticate {
  token: string;
}

/** The token is good; `userId` is whose it is. */
export interface Authenticated {
  userId: string;
}

/** One hand in one bar: mistakes a pass in the latest earlier take that has it, and now. */
export interface BarChange {
  measure: number;
  hand: string;
  before: number;
  now: number;
}

/** A bar as it is played; `count` and `unit` are its metre. */
export interface BarInfo {
  measure: number;
  start_ms: number;
  duration_ms: number;
  onset_beat: number;
  duration_beat: number;
  count: number;
  unit: number;
}

/**
 * One written bar, all its passes together.
 *
 * Attributes
 * ----------
 * measure : int
 *     Its written number.
 * passes : int
 *     How many times it was played, in full or in part.
 * hands : tuple of HandStats
 *     Those that have notes in it.
 * tempo_bpm, asked_bpm : float or None, float
 *     The median of its passes, and what was asked for.
 * cost : float
 *     Points lost in one pass on average, and what stopping, hesitating and going back cost.
 */
export interface BarStats {
  measure: number;
  passes: number;
  hands: HandStats[];
  tempo_bpm: number | null;
  asked_bpm: number;
  cost: number;
}

/**
 * Where to come back to, and what will show that it is the page that began.
 *
 * `redirect` is a path of this server, or an address of one of its listed origins. A page of
 * another origin should send `challenge`, the S256 of a verifier that it keeps for itself.
 */
export interface BeginQuery {
  redirect?: string;
  challenge?: string | null;
}

/** What the provider sends back by way of the browser, among other things. */
export interface CallbackQuery {
  state?: string;
  code?: string;
  error?: string;
  user?: string;
}

/** A practice session as it is to be; `version` is that of the copy it was made from. */
export interface ChangedSession {
  date?: string | null;
  duration_seconds?: number | null;
  duration?: number | null;
  song_id?: number | null;
  song_name?: string | null;
  instrument?: string | null;
  focus?: string | null;
  rating?: number | null;
  notes?: string | null;
  tags?: string[] | null;
  xml_content?: string | null;
  analysis?: string | Analysis | null;
  analysis_summary?: string | null;
  analysis_feedback?: string | null;
  score_accuracy?: number | null;
  version?: number | null;
  audio_base64?: string | null;
}

/** What answers; Redis where the server was told to use one. */
export interface Checks {
  database: "ok";
  redis?: "ok" | null;
}

/** Who asks: one place of several, and its key. */
export interface Claim {
  userId?: string | null;
  memberKey?: string | null;
}

/** What time it is. A client with nothing to play yet sends it once, so that cues may begin. */
export interface Clock {
  timestamp: number;
}

/** What was said of a practice session, and by whom. */
export interface Comment {
  id: string;
  session_id: string;
  author_id: string;
  author_name: string;
  author_role: "student" | "teacher";
  body: string;
  created_at: string;
}

/** Another note that may have been meant, null for none of the score, and its chance. */
export interface Considered {
  noteId: string | null;
  confidence: number;
}

/** A pedal or another controller moved. */
export interface ControlChange {
  controller: number;
  value: number;
  timestamp: number;
}

/** How many verdicts of each kind stand. */
export interface Counts {
  correct: number;
  early: number;
  late: number;
  wrong_note: number;
  missed: number;
  extra: number;
}

/** A session to be made; `version` is that of a deleted one that is to come back. */
export interface CreateItem {
  op: "create";
  id: string;
  version?: number | null;
  session: QueuedSession;
}

/** What somebody signs in with; `code` where they have a second factor. */
export interface Credentials {
  email: string;
  password: string;
  code?: string | null;
}

/**
 * A note the client is to sound for the hand that the machine plays.
 *
 * `time` is on the client's own clock, as its `timestamp` is: up to 120 ms ahead where the
 * music is foreseen, and now where it goes with a note of the player.
 */
export interface Cue {
  midiNote: number;
  velocity: number;
  time: number;
  duration: number;
  noteId: string;
}

/** `?limit=&cursor=`; the cursor is the id of the last one seen. */
export interface CursorQuery {
  limit?: number;
  cursor?: string;
}

/** Practice of one day. */
export interface DayTotal {
  date: string;
  sessions: number;
  minutes: number;
}

/** A session to be deleted; `version` is that of the copy that was deleted. */
export interface DeleteItem {
  op: "delete";
  id: string;
  version?: number | null;
}

/** How wide the engraving is to be. */
export interface DrawingQuery {
  width?: number;
}

/** Another address, and the password of the account if it has one. */
export interface EmailChange {
  new_email: string;
  password?: string | null;
}

/** End the take and ask for its summary. */
export interface EndSession {
}

/** A refusal: a sentence a person can act on, a code for programs, and what else helps. */
export interface Error {
  error: string;
  code: string;
  details: unknown;
}

/**
 * Something was refused and changed nothing; the connection lives on.
 *
 * `event` names the message that was refused, null where it could not be told.
 */
export interface ErrorReply {
  code: string;
  message: string;
  event: string | null;
}

/** `?limit=&cursor=`; the cursor is how many events came before. */
export interface EventsQuery {
  limit?: number;
  cursor?: number;
}

/** Words to look for, and how many to give of each kind. */
export interface EverythingQuery {
  q: string;
  limit?: number;
}

/** An engraved example; `svg_url` leads to the picture. */
export interface ExampleInfo {
  number: number;
  caption: string;
  abc: string;
  svg_url: string;
}

/** A note to be played: MIDI pitch, start and length in ms. */
export interface ExpectedNote {
  midiNote: number;
  startTime: number;
  duration?: number;
}

/** A code that the authenticator shows. */
export interface FactorCode {
  code: string;
}

/** What turns two-factor sign-in off: one of both. */
export interface FactorProof {
  code?: string | null;
  password?: string | null;
}

/** Whether two-factor sign-in is on. */
export interface FactorState {
  enabled: boolean;
  recovery_codes_left: number;
}

/** What it takes to leave: the password, where the account has one. */
export interface Farewell {
  password?: string | null;
}

/** What clients may ask for here; `spotify` is where the room page finds it, if it does. */
export interface Features {
  guests: boolean;
  music: boolean;
  spotify: string | null;
  audio: boolean;
  accounts: boolean;
  rooms: boolean;
}

/**
 * What is said of one note.
 *
 * `result` is `correct`, `early`, `late` or `wrong_note`; with `extendedResults` also
 * `missed`, `extra` (a note that was not written, else told as `wrong_note`) or `ignored`
 * (a note of the hand that is not judged).
 *
 * `expectedNote` and `noteId` are null where nothing in the score was meant, `playedNote`
 * and `playedIndex` where nothing was played, `timingDiff` where time is not judged.
 * `why` is there for clients that asked to `explain`.
 */
export interface Feedback {
  result: string;
  expectedNote: ScoreNote | null;
  playedNote: number | null;
  timingDiff: number | null;
  scoreDelta: number;
  message: string;
  noteId: string | null;
  playedIndex: number | null;
  why?: Why | null;
}

/** Replaces the `feedback` given to `playedIndex`; only with `extendedResults`. */
export interface FeedbackRevised {
  result: string;
  expectedNote: ScoreNote | null;
  playedNote: number | null;
  timingDiff: number | null;
  scoreDelta: number;
  message: string;
  noteId: string | null;
  playedIndex: number | null;
  why?: Why | null;
}

/** Where a link to a new password is to be sent. */
export interface ForgottenPassword {
  email: string;
}

/** What fits, best first; practice sessions the newest first, none for guests. */
export interface Found {
  songs: SongInfo[];
  lessons: LessonInfo[];
  sessions: SessionInfo[];
}

/** Make another member the host; only the host may. */
export interface HandOver {
  sessionId?: string | null;
  userId: string;
}

/**
 * What one hand did, in one bar or in the whole take.
 *
 * Attributes
 * ----------
 * hand : str
 *     right (the first staff) or left (all others).
 * counts : Counts
 *     Its verdicts.
 * timing : Timing or None
 *     Of the notes whose time was judged.
 * velocity : Velocity or None
 *     Of the right notes.
 * length_ratio : float or None
 *     Median of how long keys were held against what is written at the tempo played: 1 is legato,
 *     0.5 staccato.
 */
export interface HandStats {
  hand: string;
  counts: Counts;
  timing: Timing | null;
  velocity: Velocity | null;
  length_ratio: number | null;
}

/** The process answers. */
export interface Health {
  status: "ok";
}

/** Which days, both ends among them; by default a year up to today. */
export interface HeatmapQuery {
  from?: string | null;
  to?: string | null;
}

/**
 * Something that is no note: a stop, a jump, a repeat, a change of tempo.
 *
 * Attributes
 * ----------
 * kind : str
 *     What happened.
 * time_sec : float
 *     When.
 * measure, to_measure : int
 *     The written bar it began in, and the one it led to; the same where it led nowhere.
 * text : str
 *     The whole in words.
 */
export interface Incident {
  kind: string;
  time_sec: number;
  measure: number;
  to_measure: number;
  text: string;
}

/** An instrument or a voice: MIDI pitches of its range, and whether it plays chords. */
export interface InstrumentInfo {
  name: string;
  low_pitch: number;
  high_pitch: number;
  kind: "chords" | "melody";
}

/**
 * How in tune the right notes were, as a microphone heard them; sharp is positive.
 *
 * Attributes
 * ----------
 * notes : int
 *     How many notes it is of.
 * mean_cents, off_cents : float
 *     The mean of their cents, and the mean of how far off they were either way.
 * iqr_cents : float
 *     How far the middle half of them spreads.
 * notes_off : int
 *     How many were off by more than 30 cents.
 * tendency : str
 *     sharp or flat, where the mean is 5 cents or more; else neither.
 */
export interface Intonation {
  notes: number;
  mean_cents: number;
  off_cents: number;
  iqr_cents: number;
  notes_off: number;
  tendency: string;
}

/** A code for somebody of the other role; whoever accepts it is linked with who made it. */
export interface Invitation {
  id: string;
  code: string;
  invites: "student" | "teacher";
  created_at: string;
  expires_at: string;
}

/**
 * Take one's place in a room, or take it again: the first event of every connection.
 *
 * `role` is `host` for the one who made the room, or to whom it was handed over; nobody else
 * may claim it. `memberKey` is what `POST sync/sessions` and `…/join` answered: from the
 * first time it is shown, nobody can act as this member without it.
 *
 * `caps` is what the client can do: `ping` (answers `ping`, and `request_state` with a
 * report), `mono` (reports carry its monotonic clock), `at` (obeys `executeAt` and `cue`),
 * `rate` (obeys `set_rate`). `resolutionMs` is how finely its player tells positions.
 */
export interface JoinSession {
  sessionId: string;
  userId: string;
  role?: "client" | "host";
  userName?: string | null;
  memberKey?: string | null;
  caps?: string[] | null;
  mono?: number | null;
  resolutionMs?: number | null;
}

/** A place in a room, told to whose it is; the key only where it is new or was shown. */
export interface JoinedRoom {
  sessionId: string;
  role: string;
  hostName: string;
  joinedAt: string;
  expiresAt: string;
  userId: string;
  memberKey?: string;
}

/** Leave for good; who only loses the connection keeps the place and joins again. */
export interface LeaveSession {
  sessionId?: string | null;
}

/** A whole lesson; `text` is Markdown, `html` the same with examples as figures. */
export interface LessonDetail {
  id: number;
  slug: string;
  title: string;
  goal: string;
  module_id: number;
  minutes: number;
  requires: number[];
  progress: number | null;
  text: string;
  html: string;
  examples: ExampleInfo[];
  steps: StepInfo[];
}

/**
 * A lesson in a list; `requires` are the ids of those to do first.
 *
 * `progress` is one's own, in percent; null for guests.
 */
export interface LessonInfo {
  id: number;
  slug: string;
  title: string;
  goal: string;
  module_id: number;
  minutes: number;
  requires: number[];
  progress: number | null;
}

/** What stands in a mailed link. */
export interface LinkToken {
  token: string;
}

/** Somebody one is linked with. */
export interface Linked {
  id: string;
  name: string;
  role: "student" | "teacher";
  instrument: string;
  linked_at: string;
}

/** One sign-in; `is_current` marks the one by which this request came. */
export interface Login {
  id: string;
  address: string;
  agent: string;
  created_at: string;
  used_at: string;
  expires_at: string;
  is_current: boolean;
}

/** The refresh token, where the access token has expired. */
export interface LogoutBody {
  refresh_token?: string | null;
}

/** The mean velocity of one hand in one pass of a bar, at the middle of its notes. */
export interface LoudnessPoint {
  time_sec: number;
  measure: number;
  hand: string;
  velocity: number;
  stretch: number;
}

/**
 * What the client is about to sound itself: a note, or without one a click of its metronome.
 *
 * The microphone does not take it for the player. Notes of `cue` are known without it.
 */
export interface MachineSound {
  timestamp: number;
  midiNote?: number | null;
  duration?: number;
}

/** A room that was made, told to its host. */
export interface MadeRoom {
  sessionId: string;
  role: string;
  createdAt: string;
  expiresAt: string;
  userId: string;
  memberKey: string;
}

/** The account of who asks. */
export interface Me {
  id: string;
  email: string | null;
  name: string;
  role: "student" | "teacher";
  instrument: string;
  time_zone: string;
  is_verified: boolean;
}

/** A module with its lessons, in teaching order. */
export interface ModuleDetail {
  id: number;
  slug: string;
  title: string;
  summary: string;
  lesson_count: number;
  minutes: number;
  progress: number | null;
  lessons: LessonInfo[];
}

/** A module in a list; `progress` is the mean of its lessons', null for guests. */
export interface ModuleInfo {
  id: number;
  slug: string;
  title: string;
  summary: string;
  lesson_count: number;
  minutes: number;
  progress: number | null;
}

/** A file to play; `uri` names it in a room and is its address on this server. */
export interface MusicFile {
  id: number;
  uri: string;
  name: string;
  folder: string;
  size_bytes: number;
  content_type: string;
}

/** Which files to list: those with all words in their path. */
export interface MusicQuery {
  limit?: number;
  cursor?: number;
  q?: string;
}

/** Something to say of a practice session. */
export interface NewComment {
  body: string;
}

/** Who is to have a place. */
export interface NewMember {
  userId: string;
  memberKey?: string | null;
  userName?: string | null;
}

/** How far ahead of the host a client is to play. */
export interface NewOffset {
  userId?: string | null;
  memberKey?: string | null;
  offsetMs: number;
}

/** A practice session to be made; its sound in Base64, if there is any. */
export interface NewSession {
  date?: string | null;
  duration_seconds?: number | null;
  duration?: number | null;
  song_id?: number | null;
  song_name?: string | null;
  instrument?: string | null;
  focus?: string | null;
  rating?: number | null;
  notes?: string | null;
  tags?: string[] | null;
  xml_content?: string | null;
  analysis?: string | Analysis | null;
  analysis_summary?: string | null;
  analysis_feedback?: string | null;
  score_accuracy?: number | null;
  id?: string | null;
  audio_base64?: string | null;
}

/**
 * A note that the microphone heard begin (`offset` is null), and once more as it ends.
 *
 * A note that settles on another pitch than it was told with, as of a singer who scoops up to it,
 * is told again in between, with its `index` and the better `midiNote`; its verdict follows
 * as `feedback_revised` while it is the last note. `cents` are -50 to 50.
 *
 * Told where no session runs, and within one to clients with `extendedResults`. `index`
 * counts the notes of the stream; `playedIndex` is that of its `feedback`. Within a session
 * a melody that is played or sung in another octave than it is written in is told, and judged,
 * in the written one.
 */
export interface NoteHeard {
  index: number;
  midiNote: number;
  name: string;
  cents: number | null;
  onset: number;
  offset: number | null;
  velocity: number;
  confidence: number;
  playedIndex: number | null;
}

/** A note as it is played, repeats unfolded; 0 ms is the start of the first bar. */
export interface NoteInfo {
  note_id: string;
  pitch: number;
  start_ms: number;
  duration_ms: number;
  onset_beat: number;
  duration_beat: number;
  measure: number;
  beat: number;
  staff: number;
  voice: number;
  is_grace: boolean;
}

/** A key went down; with `velocity` 0 it went up. */
export interface NotePlayed {
  midiNote: number;
  timestamp: number;
  velocity?: number;
}

/** A key went up. */
export interface NoteReleased {
  midiNote: number;
  timestamp: number;
  velocity?: number;
}

/** The code that the page was given, good once and for a minute. */
export interface OAuthCode {
  code: string;
  verifier?: string | null;
}

/** Somebody to sign in with, and where that begins. */
export interface OAuthProvider {
  name: string;
  url: string;
}

/** An offset that holds from now on. */
export interface OffsetSet {
  sessionId: string;
  offsetMs: number;
  updatedAt: string;
}

/** `?limit=&cursor=`; the cursor is the id of the last one seen. */
export interface PageQuery {
  limit?: number;
  cursor?: number;
}

/** A new password, and the one that was good so far. */
export interface PasswordChange {
  current_password: string;
  new_password: string;
}

/** A new password, from whoever has the mailed link. */
export interface PasswordReset {
  token: string;
  new_password: string;
}

/** A member, by id and name. */
export interface Person {
  userId: string;
  userName: string;
}

/** Answer with `pong`, as soon as may be. */
export interface Ping {
  id: number;
  t0: number;
}

/**
 * The needle: what sounds now, up to fifty times a second; null once when it ends.
 *
 * `cents` are counted from `midiNote` in the tuning that was asked for. It tells the octave
 * that sounds, whatever is written; of instruments that play chords there is no needle.
 */
export interface PitchHeard {
  time: number;
  f0: number | null;
  cents: number | null;
  confidence: number;
  midiNote: number | null;
  name: string | null;
}

/**
 * What the member's player does, from everybody about once a second and on every change.
 *
 * Only the host's moves the room. With `mono` in `caps`: `monoReq` is when the app asked its
 * player, `mono` when it had the answer; `seq` counts the reports; `ack` is the `cmdId` of
 * the last command begun; `cause` says why this is sent: as always (`poll`), loading
 * (`change`), sound starts now (`playing`), stalled (`waiting`) or `paused`.
 */
export interface PlaybackState {
  sessionId?: string | null;
  trackUri: string;
  position: number;
  isPlaying: boolean;
  timestamp: number;
  mono?: number | null;
  monoReq?: number | null;
  rate?: number | null;
  seq?: number | null;
  ack?: number | null;
  cause?: "change" | "paused" | "playing" | "poll" | "waiting" | null;
  outputLatencyMs?: number | null;
  trackName?: string | null;
  artist?: string | null;
  duration?: number | null;
}

/**
 * One event of a take, as it came, and what was said then; times in milliseconds.
 *
 * `number` is a MIDI note or a controller, `value` its velocity or position.
 */
export interface PlayedEvent {
  index: number;
  event: string;
  timestamp: number;
  number: number;
  value: number;
  verdicts: PlayedVerdict[];
}

/** What was said of a note; -1 stands for no note, null for no time. */
export interface PlayedVerdict {
  result: string;
  played_index: number;
  score_index: number;
  midi_note: number;
  timing_diff: number | null;
  score_delta: number;
  is_revision: boolean;
}

/** Answer a `ping`: when it came and when this was sent, on the client's monotonic clock. */
export interface Pong {
  sessionId?: string | null;
  id: number;
  t0: number;
  monoRecv: number;
  monoSend: number;
}

/** How many pieces to give. */
export interface PopularQuery {
  limit?: number;
}

/** Where the player is: beat of the score, written bar, tempo in quarter notes a minute. */
export interface PositionUpdate {
  beat: number;
  bar: number;
  tempo: number;
  noteId: string | null;
}

/** What is to change; what is left out stays. */
export interface ProfileChange {
  name?: string;
  instrument?: string;
  time_zone?: string;
  email?: string | null;
  role?: "student" | "teacher";
}

/** How far somebody is in a lesson, in percent; `completed_at` once it is all of it. */
export interface Progress {
  lesson_id: number;
  progress: number;
  completed_at: string | null;
  updated_at: string | null;
}

/** How far one is in a lesson, in percent. */
export interface ProgressChange {
  progress: number;
}

/** How one practice session went. */
export interface ProgressPoint {
  session_id: string;
  date: string;
  song_id: number | null;
  song_name: string | null;
  duration_seconds: number;
  rating: number | null;
  score_accuracy: number | null;
}

/** All practice, this week's beside the last one's, and the days in a row. */
export interface ProgressStats {
  total_sessions: number;
  total_seconds: number;
  total_minutes: number;
  average_rating: number | null;
  average_accuracy: number | null;
  this_week_minutes: number;
  last_week_minutes: number;
  current_streak: number;
  longest_streak: number;
}

/** Changes in the order in which they were made; each is checked and answered by itself. */
export interface Queue {
  items: (CreateItem | UpdateItem | DeleteItem)[];
}

/** What is said of a session in the queue; sound comes by `POST sessions`. */
export interface QueuedSession {
  date?: string | null;
  duration_seconds?: number | null;
  duration?: number | null;
  song_id?: number | null;
  song_name?: string | null;
  instrument?: string | null;
  focus?: string | null;
  rating?: number | null;
  notes?: string | null;
  tags?: string[] | null;
  xml_content?: string | null;
  analysis?: string | Analysis | null;
  analysis_summary?: string | null;
  analysis_feedback?: string | null;
  score_accuracy?: number | null;
}

/** A span of time; both ends belong to it. */
export interface RangeQuery {
  from?: string | null;
  to?: string | null;
}

/** All that the server needs answers. */
export interface Readiness {
  status: "ready";
  checks: Checks;
}

/** Codes that stand in for a lost authenticator, each good once. */
export interface RecoveryCodes {
  recovery_codes: string[];
}

/** The refresh token, good once. */
export interface RefreshBody {
  refresh_token: string;
}

/** A new account; without a name it is called what stands before the @. */
export interface Registration {
  email: string;
  password: string;
  name?: string | null;
  role?: "student" | "teacher";
}

/**
 * What is said of the way of playing, where the player leads; only with `extendedResults`.
 *
 * `kind` is hesitation or stop (`amount` in ms beyond what was due), jump_back, jump_on,
 * restart, repeat_taken or repeat_skipped (in beats), or tempo_drift (in quarter notes a minute).
 */
export interface RemarkMade {
  kind: string;
  time: number;
  beat: number;
  bar: number;
  toBeat: number;
  toBar: number;
  amount: number;
  message: string;
}

/** A whole report; a later version may add fields and takes none away. */
export interface ReportFile {
  version: number;
  take: ReportedTake;
  totals: Totals;
  hands: HandStats[];
  bars: BarStats[];
  tempo_curve: TempoPoint[];
  loudness: LoudnessPoint[];
  incidents: Incident[];
  practise: Suggestion[];
  progress: ReportProgress;
}

/**
 * The change against earlier takes.
 *
 * Attributes
 * ----------
 * takes : tuple of TakePoint
 *     The earlier ones, oldest first, and this one last.
 * better, worse : tuple of BarChange
 *     The bars that changed, those that changed most first.
 */
export interface ReportProgress {
  takes: TakePoint[];
  better: BarChange[];
  worse: BarChange[];
}

/** How the report is written. */
export interface ReportQuery {
  format?: "html" | "json";
}

/** Which take the report is of. */
export interface ReportedTake {
  id: string;
  user_id: string;
  started_at: string;
  song: string;
  title: string;
  source: string;
  mode: string;
  tempo_bpm: number | null;
  from_measure: number;
  to_measure: number;
  hands: string;
}

/** Send a `playback_state` now. */
export interface RequestState {
}

/** Ask for a fresh command and status. */
export interface RequestSync {
  sessionId?: string | null;
}

/** The room is over: `host_disconnected`, `session_expired` or `host_ended`. */
export interface RoomEnded {
  sessionId: string;
  reason: string;
  kind: string;
}

/** A room as it is now; `client` is the first of `clients`. */
export interface RoomInfo {
  sessionId: string;
  host: Person;
  client: Person | null;
  clients: Person[];
  currentTrack: Record<string, unknown> | null;
  lastSync: string | null;
}

/** One member, as everybody sees it. */
export interface RoomMember {
  userId: string;
  userName: string;
  role: string;
  drift: number | null;
  quality: string | null;
  offsetMs: number;
  online: boolean;
  confidenceMs?: number | null;
}

/** Everybody in the room, to everybody: on change and once a second. */
export interface RoomState {
  members: RoomMember[];
}

/** A note of the score as it was expected: its time is that of the session's own tempo. */
export interface ScoreNote {
  midiNote: number;
  startTime: number;
  duration: number;
}

/** Words to look for in title, composer, kind and key; the cursor is a place in what fits. */
export interface SearchQuery {
  limit?: number;
  cursor?: number;
  q: string;
}

/** The challenge of TWO_FACTOR_REQUIRED, and a code. */
export interface SecondStep {
  challenge: string;
  code: string;
}

/** Which part of a piece, how fast; bars are inclusive, by their written numbers. */
export interface SectionQuery {
  tempo?: number | null;
  from_bar?: number | null;
  to_bar?: number | null;
  hands?: "both" | "left" | "right";
  repeats?: boolean;
}

/** A practice session, whole; `details` has the marks of the take it came from, if any. */
export interface Session {
  id: string;
  version: number;
  date: string;
  duration_seconds: number;
  song_id: number | null;
  song_name: string | null;
  instrument: string | null;
  focus: string | null;
  rating: number | null;
  tags: string[];
  analysis_summary: string | null;
  score_accuracy: number | null;
  audio_url: string | null;
  take_id: string | null;
  created_at: string;
  updated_at: string;
  notes: string | null;
  xml_content: string | null;
  analysis_feedback: string | null;
  details: Record<string, unknown> | null;
}

/**
 * The take is over and kept under `sessionId`; scores in percent.
 *
 * That is the id of the account's practice session, too, which is there within a second or two.
 * A take without a note is not kept.
 */
export interface SessionEnded {
  overallScore: number;
  accuracy: number;
  grade: string;
  message: string;
  sessionId: string;
  kind: string;
}

/** A practice session in a list: all but its long texts. */
export interface SessionInfo {
  id: string;
  version: number;
  date: string;
  duration_seconds: number;
  song_id: number | null;
  song_name: string | null;
  instrument: string | null;
  focus: string | null;
  rating: number | null;
  tags: string[];
  analysis_summary: string | null;
  score_accuracy: number | null;
  audio_url: string | null;
  take_id: string | null;
  created_at: string;
  updated_at: string;
}

/** The take runs; its clock starts with the first message that carries a `timestamp`. */
export interface SessionStarted {
  sessionId: string;
  totalNotes: number;
}

/** Which practice sessions: those that all of it is true of. */
export interface SessionsQuery {
  from?: string | null;
  to?: string | null;
  limit?: number;
  cursor?: string;
  date?: string | null;
  tag?: string | null;
  song_id?: number | null;
  song?: string | null;
  instrument?: string | null;
}

/**
 * How well the microphone hears, whenever that changes; `problem` is `ok` where it does.
 *
 * The others: `silent` (nothing comes, or it is too soft to be heard), `wrong_device` (only
 * hum or noise comes, or what the computer plays), `gaps` (there are short holes in the sound
 * itself), `clipping`, `processed` (noise suppression or automatic gain), `too_soft`,
 * `noisy`, `hum` and `narrow_band` (as on a telephone). Of several the gravest is told;
 * `message` says to the player what to do. `level` is in dB, 0 at full scale.
 */
export interface Signal {
  problem: string;
  level: number;
  message: string;
}

/** The tokens of a sign-in: one for each request, one for the next tokens, good once. */
export interface SignedIn {
  access_token: string;
  refresh_token: string;
  token_type: string;
  expires_in: number;
  user: Me;
}

/** What of an own piece is to be otherwise. */
export interface SongChange {
  title?: string;
  composer?: string;
  shared?: boolean;
}

/** A piece; `tempo` in quarter notes a minute, `shared` where everybody may see it. */
export interface SongInfo {
  id: number;
  slug: string;
  title: string;
  composer: string;
  level: number;
  kind: string;
  hands: string;
  key: string;
  tempo: number;
  first_published: string;
  provenance: string;
  format: string;
  shared: boolean;
  mine: boolean;
}

/** Practice of one piece. */
export interface SongTotal {
  song_id: number | null;
  song_name: string | null;
  sessions: number;
  minutes: number;
  average_rating: number | null;
  average_accuracy: number | null;
  best_accuracy: number | null;
  last_practised_at: string;
}

/** Which pieces to list: of a kind or level, with some words, one's own, shared by people. */
export interface SongsQuery {
  limit?: number;
  cursor?: number;
  kind?: "exercise" | "piece" | "sargam" | "scale" | "tune" | null;
  level?: number | null;
  q?: string | null;
  mine?: boolean;
  shared?: boolean;
}

/**
 * Announce a microphone: `timestamp` is when its first sample was in the air.
 *
 * The sound follows, mono, 8 000 to 192 000 samples a second, in pieces of any length: binary
 * frames on the plain WebSocket, `audio_chunk` with MessagePack and Socket.IO. `f32le` is full
 * scale at 1. Within a session what is heard is judged, beside what keys play: whoever sends both
 * plays both. Without one the client has a tuner.
 *
 * `instrument` is a name that `GET /api/v1/instruments` lists; without one any melody is
 * heard. `tonic` is a letter A to G, with # or b: what `just` counts its degrees from, and
 * where Sa of `sargam` is; C without one.
 *
 * Sent again it begins another stream. What waits of the last one is dropped, after
 * `stop_audio` too, and notes that still sound end where it had been heard to. A client whose
 * time 0 moves, as with a new session, sends it again. A field that is none of these is refused:
 * what a misspelt one asks for would not be heard.
 *
 * Nothing counts as missed before its sound has been heard, nor while the microphone gives none
 * at all.
 */
export interface StartAudio {
  sampleRate: number;
  format: "f32le" | "s16le";
  timestamp: number;
  instrument?: string | null;
  a4?: number;
  tuning?: "equal" | "just" | "sargam";
  tonic?: string | null;
}

/**
 * Begin a take, of a piece that one may see or of these notes.
 *
 * `songId` is a piece's number or slug, or the title of a shipped one. With both, the notes
 * are what is expected and `songId` is any name to keep the take under.
 *
 * `songName` is what notes that are listed are called, by default `songId`; a piece has a
 * title of its own.
 *
 * `tempo` is in quarter notes a minute; without it a piece is played as written and notes
 * are counted at 120. Bars are inclusive, by their written numbers. Without `repeats` each
 * written bar is played once, of first and second endings the last.
 *
 * Where one hand is chosen, the written notes of the other are wrong when they are played
 * (`otherHand` is `silent`, as it must be with both), or no mistakes (`ignored`), or the
 * server plays them by `cue` events (`machine`).
 *
 * With `explain` every `feedback` says why.
 */
export interface StartSession {
  sessionType?: string;
  songId?: number | string | null;
  songName?: string | null;
  expectedNotes?: ExpectedNote[] | null;
  tempo?: number | null;
  mode?: "follow" | "tempo" | "wait";
  fromBar?: number | null;
  toBar?: number | null;
  repeats?: boolean;
  hands?: "both" | "left" | "right";
  otherHand?: "ignored" | "machine" | "silent";
  extendedResults?: boolean;
  explain?: boolean;
}

/** Practice summed up; days and weeks without any are left out, the newest come first. */
export interface Statistics {
  total_sessions: number;
  total_seconds: number;
  total_minutes: number;
  average_rating: number | null;
  average_accuracy: number | null;
  current_streak: number;
  longest_streak: number;
  per_day: DayTotal[];
  per_week: WeekTotal[];
  per_song: SongTotal[];
}

/** The week from Monday to Sunday, and the days of practice in a row. */
export interface Stats {
  weekly_progress: WeekdayMinutes[];
  streak: number;
}

/** The take so far; `progress` in percent. */
export interface StatsUpdate {
  notesPlayed: number;
  notesCorrect: number;
  currentScore: number;
  progress: number;
}

/** Version, uptime, counts, and what this server can do. */
export interface Status {
  version: string;
  python: string;
  uptime_seconds: number;
  connections: number;
  sessions: number;
  microphones: number;
  rooms: number;
  sessions_started: number;
  features: Features;
}

/**
 * Something to play; `tempo` in quarter notes a minute, `accuracy` in percent to pass.
 *
 * Without bars it is the whole piece, without tempo as the piece has it. `instrument` is there
 * where a microphone is meant, with its `tuning` and key note.
 */
export interface StepInfo {
  number: number;
  task: string;
  song: string;
  song_id: number;
  song_title: string;
  from_bar: number | null;
  to_bar: number | null;
  hands: string;
  other_hand: string;
  mode: string;
  tempo: number | null;
  repeats: boolean;
  accuracy: number | null;
  instrument: string | null;
  tuning: string;
  tonic: string | null;
}

/**
 * The microphone is off: what has come is still heard.
 *
 * Then notes that still sound end with the sound, and the needle comes to rest.
 */
export interface StopAudio {
}

/**
 * Days of practice in a row, by the days of the user's time zone.
 *
 * The current one lives until a whole day goes by without practice: of today there may be some
 * left.
 */
export interface Streak {
  current: number;
  longest: number;
  last_day: string | null;
  practised_today: boolean;
}

/** Some bars worth practising, why, how, and the command that begins it. */
export interface Suggestion {
  from_measure: number;
  to_measure: number;
  hands: string;
  mode: string;
  tempo_bpm: number | null;
  cost: number;
  reasons: string[];
  advice: string;
  command: string;
}

/**
 * What a client knows of who has signed in elsewhere; all of it may be left out.
 *
 * `sub`, `subject`, `user_id` and `id` name the subject of the token or the account here:
 * another one is refused. The token's address goes before that of the body, which nobody has
 * verified. `role` counts when the account is made.
 */
export interface SyncBody {
  sub?: string | null;
  subject?: string | null;
  user_id?: string | null;
  id?: string | null;
  provider?: string | null;
  email?: string | null;
  name?: string | null;
  role?: "student" | "teacher" | null;
  instrument?: string;
  time_zone?: string;
}

/**
 * What the member's player is to do.
 *
 * `action` is `play`, `pause`, `seek`, `switch_track` or, for clients whose `caps`
 * allow, `set_rate`. `position` holds at `executeAt`, a time of the client's own monotonic
 * clock, else on execution; with `cue` the client prepares silently and starts then. A newer
 * command overtakes an older one; `set_rate` does not.
 */
export interface SyncCommand {
  action: string;
  trackUri: string;
  position: number;
  isPlaying: boolean;
  timestamp: number;
  rate?: number | null;
  executeAt?: number | null;
  cue?: boolean | null;
  cmdId?: number | null;
}

/**
 * How far off the member is, in ms, ahead positive; `confidenceMs` is how sure that is.
 *
 * `quality` is `excellent` below 100 ms, `good` below 500, `fair` up to 1000, else
 * `poor`; `lastSync` is when it last told of itself. Who wishes to be ahead of the host by an
 * offset is measured from there.
 */
export interface SyncStatus {
  drift: number;
  lastSync: string | null;
  quality: string;
  confidenceMs?: number | null;
}

/**
 * One take in the history of a piece.
 *
 * Attributes
 * ----------
 * started_at : datetime
 *     With zone.
 * mode : str
 *     tempo, follow or wait.
 * from_measure, to_measure : int
 *     The bars that were to be played.
 * hands : str
 *     right, left or both.
 * score_percent, accuracy_percent : float
 *     Its marks.
 * tempo_bpm : float or None
 *     The player's, over the whole take.
 * notes_played, mistakes : int
 *     How many notes there were, and how many verdicts that are not correct.
 */
export interface TakePoint {
  started_at: string;
  mode: string;
  from_measure: number;
  to_measure: number;
  hands: string;
  score_percent: number;
  accuracy_percent: number;
  tempo_bpm: number | null;
  notes_played: number;
  mistakes: number;
}

/** The player's tempo around one instant; a new `stretch` begins after each break. */
export interface TempoPoint {
  time_sec: number;
  measure: number;
  tempo_bpm: number;
  asked_bpm: number;
  stretch: number;
}

/** Where the onsets fell: the median, and how far the middle half of them spreads. */
export interface Timing {
  median_ms: number;
  iqr_ms: number;
}

/**
 * The whole take.
 *
 * Attributes
 * ----------
 * score_percent, accuracy_percent, grade, message
 *     As :class:`engine.judging.Summary` has them.
 * notes_played, notes_written : int
 *     Keys struck, and keys to be struck.
 * reached_percent : float
 *     How much of the score was judged.
 * counts : Counts
 *     Verdicts that stand.
 * duration_sec : float
 *     From the first to the last note played.
 * timing : Timing or None
 *     Of the notes whose time was judged.
 * tempo_bpm, asked_bpm : float or None, float
 *     The median over the bars played; what was asked for at the start.
 * tempo_spread_percent : float or None
 *     The interquartile range of the bars' tempi against what was asked for.
 * hands_balance : float or None
 *     Mean velocity of the right hand less that of the left.
 * pedalled_percent : float or None
 *     The share of released notes that the pedal held on.
 * intonation : Intonation or None
 *     None unless a microphone was played to that heard a melody.
 */
export interface Totals {
  score_percent: number;
  accuracy_percent: number;
  grade: string;
  message: string;
  notes_played: number;
  notes_written: number;
  reached_percent: number;
  counts: Counts;
  duration_sec: number;
  timing: Timing | null;
  tempo_bpm: number | null;
  asked_bpm: number;
  tempo_spread_percent: number | null;
  hands_balance: number | null;
  pedalled_percent: number | null;
  intonation: Intonation | null;
}

/** A secret for an authenticator: to type, to open, and to scan. */
export interface TotpSetup {
  secret: string;
  otpauth_uri: string;
  qr_svg: string;
}

/** A path through a piece: its parts, and the steps in the order to take them. */
export interface Tutorial {
  song_id: number;
  title: string;
  level: number;
  minutes: number;
  parts: TutorialPart[];
  steps: TutorialStep[];
}

/** Some bars that are learned together; `level` from 1 (easy) to 5. */
export interface TutorialPart {
  number: number;
  from_bar: number;
  to_bar: number;
  level: number;
  is_hard: boolean;
}

/** Which part of a piece is to be learned. */
export interface TutorialQuery {
  from_bar?: number | null;
  to_bar?: number | null;
}

/** One thing to practise; `tempo` in quarter notes a minute, `accuracy` in percent. */
export interface TutorialStep {
  number: number;
  part: number | null;
  task: string;
  song_id: number;
  from_bar: number;
  to_bar: number;
  hands: string;
  mode: string;
  tempo: number;
  tempo_percent: number;
  minutes: number;
  accuracy: number;
}

/** A session to be changed; `version` is that of the copy it was made from. */
export interface UpdateItem {
  op: "update";
  id: string;
  version?: number | null;
  session: QueuedSession;
}

/**
 * What to call a piece, and who may see it; fields of a form come first.
 *
 * `name` is the file's, whose ending tells the format where its content does not.
 */
export interface UploadQuery {
  title?: string;
  composer?: string;
  shared?: boolean;
  name?: string;
}

/** How loud the right notes were, in MIDI velocities. */
export interface Velocity {
  mean: number;
  lowest: number;
  highest: number;
}

/**
 * What became of one change.
 *
 * Attributes
 * ----------
 * id : str or None
 *     As sent; None where it was no text.
 * status : Status
 *     applied, already_applied, conflict or rejected.
 * version : int or None
 *     Of the session now.
 * deleted : bool
 *     Whether it is deleted.
 * current : dict or None
 *     In a conflict: the copy that is kept; of a deleted one, when that was.
 * left_out : list of str
 *     Long texts that it has, and that are not told as there were too many: GET the session.
 * sent : dict or None
 *     In a conflict: the copy that came.
 * error, code, field : str or None
 *     Of one that is rejected: why, and which field of the item breaks the rule.
 */
export interface Verdict {
  id: string | null;
  status: "applied" | "already_applied" | "conflict" | "rejected";
  version?: number | null;
  deleted?: boolean;
  current?: Record<string, unknown> | null;
  left_out?: string[];
  sent?: Record<string, unknown> | null;
  error?: string | null;
  code?: string | null;
  field?: string | null;
}

/** What stands in a mailed link; `claim` where somebody else made the account. */
export interface Verification {
  token: string;
  claim?: boolean;
}

/** Practice of one week, by its Monday. */
export interface WeekTotal {
  monday: string;
  sessions: number;
  minutes: number;
}

/** One day of the week's graph. */
export interface WeekdayMinutes {
  day: string;
  minutes: number;
}

/**
 * What a verdict rests on.
 *
 * When the note was due on the client's clock and how far off it may be, in ms; the tempo it was
 * due by; the chance, 0 to 1, that it was meant, and what else may have been. Null where nothing
 * was due.
 */
export interface Why {
  expectedTime: number | null;
  window: number | null;
  tempo: number | null;
  confidence: number;
  alternatives: Considered[];
}

/** Every route, by path and method. */
export interface paths {
  "/api/v1/audit": {
    /** What happened to the account: sign-ins, changes, refusals; the newest first. */
    get: {
      query?: { limit?: number; cursor?: string };
      response: AuditEvent[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/2fa": {
    /** Whether two-factor sign-in is on, and how many recovery codes are left. */
    get: {
      response: FactorState;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/2fa/disable": {
    /** Turn two-factor sign-in off, by a code or the password. */
    post: {
      body?: FactorProof;
      response: void;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TWO_FACTOR_NOT_ENABLED" | "UNAUTHENTICATED" | "WRONG_CODE" | "WRONG_HOST" | "WRONG_PASSWORD";
    };
  };
  "/api/v1/auth/2fa/enable": {
    /** Turn two-factor sign-in on by a first code; the recovery codes are shown this once. */
    post: {
      body: FactorCode;
      response: RecoveryCodes;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TWO_FACTOR_NOT_SET_UP" | "UNAUTHENTICATED" | "WRONG_CODE" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/2fa/setup": {
    /** A new secret for an authenticator, as text, address and QR code; `enable` turns it on. */
    post: {
      response: TotpSetup;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "TWO_FACTOR_ENABLED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/2fa/verify": {
    /** Finish a sign-in that was answered by TWO_FACTOR_REQUIRED. */
    post: {
      body: SecondStep;
      response: SignedIn;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_CHALLENGE" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_CODE" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/email/change": {
    /** Have a link sent to another address, which is the account's once it is opened. */
    post: {
      body: EmailChange;
      response: Accepted;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "MAIL_NOT_CONFIGURED" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_PASSWORD";
    };
  };
  "/api/v1/auth/email/confirm": {
    /** Take the new address by the link that was sent to it. */
    post: {
      body: LinkToken;
      response: void;
      errors: "BAD_REQUEST" | "EMAIL_TAKEN" | "INTERNAL" | "INVALID_FIELD" | "INVALID_LINK" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/login": {
    /** Sign in with e-mail address and password, and with a code where there is a second factor. */
    post: {
      body: Credentials;
      response: SignedIn;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_CREDENTIALS" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TWO_FACTOR_REQUIRED" | "WRONG_CODE" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/logins": {
    /** One's own sign-ins that are not over, the latest first. */
    get: {
      query?: { limit?: number; cursor?: string };
      response: Login[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/logins/{id}": {
    /** End one of one's own sign-ins, such as that of a lost device. */
    delete: {
      path: { id: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "LOGIN_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/logout": {
    /** End a sign-in: that of the refresh token in the body, else that of the access token. */
    post: {
      body?: LogoutBody;
      response: void;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/me": {
    /** Delete the account with everything in it: nothing of it comes back. */
    delete: {
      body?: Farewell;
      response: void;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_PASSWORD";
    };
    /** Who is signed in. */
    get: {
      response: Me;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/me/export": {
    /** Everything that is kept about the account, as a ZIP archive. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/oauth": {
    /** Whom people can sign in with here, and where that begins. */
    get: {
      response: OAuthProvider[];
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/oauth/token": {
    /** Exchange the code that the page was given for tokens; the same browser must do it. */
    post: {
      body: OAuthCode;
      response: SignedIn;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_CODE" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TWO_FACTOR_REQUIRED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/oauth/{provider}": {
    /** Send the browser to a provider to sign in there (302). */
    get: {
      path: { provider: string };
      query?: { redirect?: string; challenge?: string | null };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_NOT_CONFIGURED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/oauth/{provider}/callback": {
    /** Where a provider sends the browser: on to the page, with a code in the fragment (303). */
    get: {
      path: { provider: string };
      query?: { state?: string; code?: string; error?: string; user?: string };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "OAUTH_STATE_INVALID" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_NOT_CONFIGURED" | "RATE_LIMITED" | "WRONG_HOST";
    };
    /** Where Apple sends the browser: the same, by a form. */
    post: {
      path: { provider: string };
      response: Blob;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "OAUTH_STATE_INVALID" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_NOT_CONFIGURED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/password/change": {
    /** Change one's password; every other sign-in ends. */
    post: {
      body: PasswordChange;
      response: void;
      errors: "BAD_REQUEST" | "BUSY" | "CONFLICT" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_PASSWORD";
    };
  };
  "/api/v1/auth/password/forgot": {
    /** Have a link to a new password sent; nobody is told whether the address has an account. */
    post: {
      body: ForgottenPassword;
      response: Accepted;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "MAIL_NOT_CONFIGURED" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/password/reset": {
    /** Choose a new password by the link in a mail; every sign-in of the account ends. */
    post: {
      body: PasswordReset;
      response: void;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_LINK" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/profile": {
    /** Change one's name, instrument or time zone. */
    patch: {
      body?: ProfileChange;
      response: Me;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/refresh": {
    /** Take new tokens for a refresh token, which is good once: a second use ends the sign-in. */
    post: {
      body: RefreshBody;
      response: SignedIn;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TOKEN_REUSED" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/register": {
    /** Make an account, and sign it in. */
    post: {
      body: Registration;
      response: SignedIn;
      errors: "BAD_REQUEST" | "BUSY" | "EMAIL_TAKEN" | "INTERNAL" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/signup": {
    /** Make an account, and sign it in. */
    post: {
      body: Registration;
      response: SignedIn;
      errors: "BAD_REQUEST" | "BUSY" | "EMAIL_TAKEN" | "INTERNAL" | "INVALID_FIELD" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/verify-email": {
    /** Show by the link in a mail that its address is one's own. */
    post: {
      body: Verification;
      response: void;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_LINK" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "WRONG_HOST";
    };
  };
  "/api/v1/auth/verify-email/send": {
    /** Have the link that shows whose an address is sent once more. */
    post: {
      response: Accepted;
      errors: "INTERNAL" | "INVALID_TOKEN" | "MAIL_NOT_CONFIGURED" | "NOTHING_TO_VERIFY" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/assets/{name}": {
    /** A file of those pages. */
    get: {
      path: { name: string };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/docs": {
    /** The API to read and to try, by Swagger UI. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/etude.d.ts": {
    /** Types of REST and events, for programs in TypeScript. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/openapi.json": {
    /** The API in OpenAPI 3.1. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/redoc": {
    /** The API to read, by Redoc. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/v1/instruments": {
    /** All of them, by name: what `start_audio` may say. */
    get: {
      response: InstrumentInfo[];
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons": {
    /** All lessons, by id; a module has them in teaching order. */
    get: {
      query?: { limit?: number; cursor?: number };
      response: LessonInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons/modules": {
    /** The modules of the course, by id. */
    get: {
      query?: { limit?: number; cursor?: number };
      response: ModuleInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons/modules/{id}": {
    /** One module with its lessons, by id or slug. */
    get: {
      path: { id: string };
      response: ModuleDetail;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "MODULE_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons/{id}": {
    /** One lesson by id or slug: its text, its examples and what to play. */
    get: {
      path: { id: string };
      response: LessonDetail;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "LESSON_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons/{id}/examples/{number}.svg": {
    /** An example of a lesson, engraved. */
    get: {
      path: { id: string; number: number };
      response: Blob;
      errors: "EXAMPLE_NOT_FOUND" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "LESSON_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/lessons/{id}/progress": {
    /** How far one is in a lesson. */
    get: {
      path: { id: string };
      response: Progress;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "LESSON_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Say how far one is in a lesson. */
    patch: {
      path: { id: string };
      body: ProgressChange;
      response: Progress;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "LESSON_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/music": {
    /** What the folder holds, page by page; nothing where the server has none. */
    get: {
      query?: { limit?: number; cursor?: number; q?: string };
      response: MusicFile[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/music/{path}": {
    /** One file, or the range of it that was asked for. */
    get: {
      path: { path: string };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "MUSIC_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RANGE_NOT_SATISFIABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/status": {
    /** Version, uptime, counts and what this server can do. */
    get: {
      response: Status;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/health": {
    /** The process is alive. */
    get: {
      response: Health;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/health/ready": {
    /** The database answers, and Redis where one is configured. */
    get: {
      response: Readiness;
      errors: "INTERNAL" | "NOT_READY" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/metrics": {
    /** All figures, for Prometheus. */
    get: {
      response: Blob;
      errors: "INTERNAL" | "ORIGIN_NOT_ALLOWED" | "RATE_LIMITED" | "WRONG_HOST";
    };
  };
  "/api/v1/progress/heatmap": {
    /** The days with practice, by default of the last year, the oldest first. */
    get: {
      query?: { from?: string | null; to?: string | null };
      response: DayTotal[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/progress/sessions": {
    /** How each practice session went, the newest first: rating and accuracy over time. */
    get: {
      query?: { from?: string | null; to?: string | null; limit?: number; cursor?: string; date?: string | null; tag?: string | null; song_id?: number | null; song?: string | null; instrument?: string | null };
      response: ProgressPoint[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/progress/stats": {
    /** All practice, this week's and the last one's. */
    get: {
      response: ProgressStats;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/progress/streak": {
    /** The days of practice in a row. */
    get: {
      response: Streak;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/search": {
    /** Find pieces, lessons and one's own practice sessions by their words. */
    get: {
      query: { q: string; limit?: number };
      response: Found;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions": {
    /** The practice sessions of who asks, the newest first, without their long texts. */
    get: {
      query?: { from?: string | null; to?: string | null; limit?: number; cursor?: string; date?: string | null; tag?: string | null; song_id?: number | null; song?: string | null; instrument?: string | null };
      response: SessionInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Make a practice session; sent again with the same id and content, it makes nothing twice. */
    post: {
      body?: NewSession;
      response: Session;
      errors: "AUDIO_TOO_LARGE" | "BAD_REQUEST" | "BUSY" | "FILES_UNAVAILABLE" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_EXISTS" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/batch": {
    /** Make the changes that a device made while it was away, each with a verdict of its own. */
    post: {
      body: Queue;
      response: Answers;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/statistics": {
    /** Practice summed up: in all, by day, by week, by piece. */
    get: {
      query?: { from?: string | null; to?: string | null };
      response: Statistics;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/students/{student_id}/sessions": {
    /** The practice sessions of a student who is linked with the teacher who asks. */
    get: {
      path: { student_id: string };
      query?: { from?: string | null; to?: string | null; limit?: number; cursor?: string; date?: string | null; tag?: string | null; song_id?: number | null; song?: string | null; instrument?: string | null };
      response: SessionInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_LINKED" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_ROLE";
    };
  };
  "/api/v1/sessions/{session_id}": {
    /** Delete a practice session with its sound, its take and what was said of it. */
    delete: {
      path: { session_id: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "VERSION_CONFLICT" | "WRONG_HOST";
    };
    /** One practice session, whole. */
    get: {
      path: { session_id: string };
      response: Session;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Change a part of a practice session: what is not said stays. */
    patch: {
      path: { session_id: string };
      body?: ChangedSession;
      response: Session;
      errors: "AUDIO_TOO_LARGE" | "BAD_REQUEST" | "BUSY" | "FILES_UNAVAILABLE" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "VERSION_CONFLICT" | "WRONG_HOST";
    };
    /** Change a whole practice session: what is not said is blank. */
    put: {
      path: { session_id: string };
      body?: ChangedSession;
      response: Session;
      errors: "AUDIO_TOO_LARGE" | "BAD_REQUEST" | "BUSY" | "FILES_UNAVAILABLE" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "VERSION_CONFLICT" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/{session_id}/audio": {
    /** The sound of a practice session, or the range of it that is asked for. */
    get: {
      path: { session_id: string };
      response: Blob;
      errors: "FILES_UNAVAILABLE" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NO_AUDIO" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RANGE_NOT_SATISFIABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/{session_id}/comments": {
    /** What was said of a practice session, the oldest first. */
    get: {
      path: { session_id: string };
      query?: { limit?: number; cursor?: string };
      response: Comment[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Say something of one's own practice session, or of a linked student's. */
    post: {
      path: { session_id: string };
      body: NewComment;
      response: Comment;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/{session_id}/comments/{id}": {
    /** Take a comment away: its author may, and whose practice it is. */
    delete: {
      path: { session_id: string; id: string };
      response: void;
      errors: "COMMENT_NOT_FOUND" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/{session_id}/events": {
    /** What was played in a practice session, event by event, with what was said of it. */
    get: {
      path: { session_id: string };
      query?: { limit?: number; cursor?: number };
      response: PlayedEvent[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NO_TAKE" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "TAKE_UNREADABLE" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sessions/{session_id}/report": {
    /** How what was played went, bar by bar, and what to practise; as JSON or as a page. */
    get: {
      path: { session_id: string };
      query?: { format?: "html" | "json" };
      response: ReportFile;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NO_TAKE" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "TAKE_UNREADABLE" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/songs": {
    /** List the pieces one may see, page by page: shipped, one's own, shared by others. */
    get: {
      query?: { limit?: number; cursor?: number; kind?: "exercise" | "piece" | "sargam" | "scale" | "tune" | null; level?: number | null; q?: string | null; mine?: boolean; shared?: boolean };
      response: SongInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Upload a score: MusicXML, MXL, MEI, ABC, Humdrum or MIDI, at most 2 MiB. */
    post: {
      query?: { title?: string; composer?: string; shared?: boolean; name?: string };
      response: SongInfo;
      errors: "BAD_REQUEST" | "BUSY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_SCORE" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_TIMEOUT" | "SONG_TOO_LARGE" | "TOO_MANY_SONGS" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/popular": {
    /** List what was practised most in the last 90 days, by everybody. */
    get: {
      query?: { limit?: number };
      response: SongInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/search": {
    /** Find pieces by the words of title, composer, kind and key; accents and slips are forgiven. */
    get: {
      query: { limit?: number; cursor?: number; q: string };
      response: SongInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}": {
    /** Delete an own piece; practice sessions with it stay, and keep its name. */
    delete: {
      path: { song: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Give one piece, by id or slug. */
    get: {
      path: { song: string };
      response: SongInfo;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Change title or composer of an own piece, or share it with everybody. */
    patch: {
      path: { song: string };
      body?: SongChange;
      response: SongInfo;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}/bars": {
    /** Give the bars of a piece or a section of it, each with its time. */
    get: {
      path: { song: string };
      query?: { tempo?: number | null; from_bar?: number | null; to_bar?: number | null; hands?: "both" | "left" | "right"; repeats?: boolean };
      response: BarInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_SECTION" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "UNREADABLE" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}/midi": {
    /** Give a piece as a MIDI file, repeats unfolded. */
    get: {
      path: { song: string };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "UNREADABLE" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}/notes": {
    /** Give the notes of a piece or a section of it, each with its time. */
    get: {
      path: { song: string };
      query?: { tempo?: number | null; from_bar?: number | null; to_bar?: number | null; hands?: "both" | "left" | "right"; repeats?: boolean };
      response: NoteInfo[];
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_SECTION" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "UNREADABLE" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}/score.svg": {
    /** Engrave a piece; the ids of the notes are those of `notes`. */
    get: {
      path: { song: string };
      query?: { width?: number };
      response: Blob;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NO_NOTATION" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "UNREADABLE" | "WRONG_HOST";
    };
  };
  "/api/v1/songs/{song}/tutorial": {
    /** Lay out a path through a piece: which bars, which hands, how fast, until when. */
    get: {
      path: { song: string };
      query?: { from_bar?: number | null; to_bar?: number | null };
      response: Tutorial;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_SECTION" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SONG_NOT_FOUND" | "UNAUTHENTICATED" | "UNREADABLE" | "WRONG_HOST";
    };
  };
  "/api/v1/stats": {
    /** This week's graph, in minutes a day, and the days of practice in a row. */
    get: {
      response: Stats;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sync/sessions": {
    /** Make a room; who does is its host. */
    post: {
      body: NewMember;
      response: MadeRoom;
      errors: "BAD_REQUEST" | "CAPACITY" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "TOO_MANY_ROOMS" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sync/sessions/{code}": {
    /** End a room for everybody; only its host may. */
    delete: {
      path: { code: string };
      query?: { userId?: string | null; memberKey?: string | null };
      body?: Claim;
      response: void;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_HOST" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sync/sessions/{code}/join": {
    /** Take a place in a room; who has it already keeps it. */
    post: {
      path: { code: string };
      query?: { userId?: string | null; memberKey?: string | null };
      body: NewMember;
      response: JoinedRoom;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_HOST" | "NOT_MEMBER" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "ROOM_FULL" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sync/sessions/{code}/offset": {
    /** Let a client play ahead of the host, or behind it; it is told at once. */
    patch: {
      path: { code: string };
      query?: { userId?: string | null; memberKey?: string | null };
      body: NewOffset;
      response: OffsetSet;
      errors: "BAD_REQUEST" | "HOST_LEADS" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_HOST" | "NOT_MEMBER" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/sync/sessions/{code}/state": {
    /** Who is there and what is played; whoever knows the code may ask. */
    get: {
      path: { code: string };
      response: RoomInfo;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "SESSION_NOT_FOUND" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/teaching/invitations": {
    /** One's own invitations that nobody has accepted yet. */
    get: {
      response: Invitation[];
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
    /** Make a code that links whoever accepts it: a teacher's is for a student, and the reverse. */
    post: {
      response: Invitation;
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "TOO_MANY_INVITATIONS" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/teaching/invitations/accept": {
    /** Accept an invitation: from now on the teacher sees the student's practice. */
    post: {
      body: Acceptance;
      response: Linked;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "INVITATION_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_ROLE";
    };
  };
  "/api/v1/teaching/invitations/{id}": {
    /** Take an invitation back. */
    delete: {
      path: { id: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "INVITATION_NOT_FOUND" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/teaching/students": {
    /** The students of a teacher. */
    get: {
      response: Linked[];
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_ROLE";
    };
  };
  "/api/v1/teaching/students/{id}": {
    /** Part from a student or a teacher; either side may, at any time. */
    delete: {
      path: { id: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_LINKED" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST" | "WRONG_ROLE";
    };
  };
  "/api/v1/teaching/teachers": {
    /** The teachers of a student. */
    get: {
      response: Linked[];
      errors: "INTERNAL" | "INVALID_TOKEN" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/teaching/teachers/{id}": {
    /** Part from a student or a teacher; either side may, at any time. */
    delete: {
      path: { id: string };
      response: void;
      errors: "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_LINKED" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
  "/api/v1/users/sync": {
    /** Make or update the account behind a token of an outside provider. */
    post: {
      body?: SyncBody;
      response: Me;
      errors: "BAD_REQUEST" | "INTERNAL" | "INVALID_FIELD" | "INVALID_TOKEN" | "NOT_OUTSIDE" | "ORIGIN_NOT_ALLOWED" | "PROVIDER_UNAVAILABLE" | "RATE_LIMITED" | "REQUEST_ENTITY_TOO_LARGE" | "REQUEST_TIMEOUT" | "SUBJECT_MISMATCH" | "UNAUTHENTICATED" | "WRONG_HOST";
    };
  };
}

/** From the client. */
export interface ClientEvents {
  authenticate: Authenticate;
  start_session: StartSession;
  note_played: NotePlayed;
  note_released: NoteReleased;
  control_change: ControlChange;
  clock: Clock;
  start_audio: StartAudio;
  audio_chunk: AudioChunk;
  stop_audio: StopAudio;
  machine_sound: MachineSound;
  end_session: EndSession;
  join_session: JoinSession;
  playback_state: PlaybackState;
  request_sync: RequestSync;
  pong: Pong;
  hand_over: HandOver;
  leave_session: LeaveSession;
}

/** From the server. */
export interface ServerEvents {
  authenticated: Authenticated;
  auth_error: AuthError;
  session_started: SessionStarted;
  feedback: Feedback;
  feedback_revised: FeedbackRevised;
  stats_update: StatsUpdate;
  position: PositionUpdate;
  remark: RemarkMade;
  cue: Cue;
  pitch: PitchHeard;
  note_heard: NoteHeard;
  signal: Signal;
  session_ended: SessionEnded | RoomEnded;
  error: ErrorReply;
  sync_command: SyncCommand;
  sync_status: SyncStatus;
  ping: Ping;
  request_state: RequestState;
  room_state: RoomState;
}

/** A text frame to the plain WebSocket. */
export type ClientFrame =
  { [E in keyof ClientEvents]: { event: E; data: ClientEvents[E] } }[keyof ClientEvents];

/** A text frame from the plain WebSocket. */
export type ServerFrame =
  { [E in keyof ServerEvents]: { event: E; data: ServerEvents[E] } }[keyof ServerEvents];
