/* The native core: what happens once per note, hop or report.
 *
 * Every object has three verbs, init, process and reset, and lives in memory of the caller's,
 * sized by its *_size(). Nothing here allocates, locks or does I/O.
 */
#ifndef ETUDE_CORE_H
#define ETUDE_CORE_H

#include <stddef.h>
#include <stdint.h>

/* CFFI-BEGIN */

#define CORE_OK 0
#define CORE_ERR_RANGE -1 /* an argument is outside its documented range */
#define CORE_ERR_FULL -2  /* no room left: nothing was stored */

/* ---- tempo ---- */

/* A model of the player's beat: when does the next moment come, and how sure is that? */
typedef struct core_tempo core_tempo;

/* A moment of the score. */
typedef struct {
    double beat;        /* at most CORE_FOLLOWER_BEATS either way */
    double beat_in_bar; /* beats since its bar began, 0..bar_beats */
    double bar_beats;   /* how long its bar is; 0: unknown, then no habits are learned */
    int32_t is_held;    /* 1: it has a fermata: what follows comes when it comes */
} core_place;

/* A time and its standard deviation; both NaN: unknown. */
typedef struct {
    double time_sec;
    double sigma_sec;
} core_prediction;

/* Bytes of memory a tempo model needs.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_tempo_size(void);

/* Make a tempo model, before its first onset.
 *   self  out  core_tempo_size() bytes, aligned to 8
 * Memory: caller's.  Real-time: safe.  Threads: one at a time.
 */
void core_tempo_init(core_tempo *self);

/* Take in the onset of one note.
 *   self       in/out
 *   place      in   the note's moment: the current one again, whose onset is the mean of its
 *                   notes', or a later one; a note of an earlier one changes nothing
 *   onset_sec  in   seconds, at most CORE_SECONDS either way; may lie before the last one's
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: none.  Real-time: safe, bounded work.  Threads: one at a time.
 */
int core_tempo_observe(core_tempo *self, const core_place *place, double onset_sec);

/* The player went on from elsewhere: the tempo stays about the same, the beat begins anew.
 *   self       in/out
 *   place      in   the moment landed at
 *   onset_sec  in   as for core_tempo_observe()
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_tempo_jump(core_tempo *self, const core_place *place, double onset_sec);

/* The beat goes on at other beats of the score, as where a repeat is taken or passed over.
 *   self   in/out
 *   beats  in   added to every beat so far; at most CORE_FOLLOWER_BEATS either way
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_tempo_shift(core_tempo *self, double beats);

/* When a beat comes, by tempo and habits.
 *   self  in
 *   beat  in   at most CORE_FOLLOWER_BEATS either way
 *   out   out  unknown before the second moment
 * Returns CORE_OK, or CORE_ERR_RANGE (out untouched).
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
int core_tempo_predict(const core_tempo *self, double beat, core_prediction *out);

/* When the current moment was due by what was known before it, from the tempo alone: habits are
 * the player's own, and may be what is to be judged.  Unknown for the first two moments, after a
 * jump or a fermata, and where the player stopped.
 *   self  in
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
core_prediction core_tempo_due(const core_tempo *self);

/* How long a beat lasts; unknown before the second moment.
 *   self  in
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
core_prediction core_tempo_beat(const core_tempo *self);

/* Back to before the first onset, habits forgotten.
 *   self  in/out
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_tempo_reset(core_tempo *self);

/* ---- follower ---- */

/* A score follower: which written note was that, and where is the player now? */
typedef struct core_follower core_follower;

/* One written note. */
typedef struct {
    double onset_beat; /* beats, at most CORE_FOLLOWER_BEATS either way */
    double end_beat;   /* when it ends; an ornament may go on until then */
    int32_t pitch;     /* 0..127 */
    int32_t bar;       /* 0..n-1; the same number again: the same bar in another pass */
    int32_t upper;     /* pitches its ornament may sound beside its own, 0..127; -1: none ... */
    int32_t lower;
    int32_t marks;     /* of CORE_STARTS_BAR .. CORE_FERMATA */
} core_score_note;

#define CORE_STARTS_BAR 1 /* in the first moment of its bar */
#define CORE_GRACE 2      /* a grace note; it may come before the moment's others */
#define CORE_ORNAMENT 4   /* a trill, mordent, turn or tremolo: upper, lower, itself again */
#define CORE_ROLLED 8     /* an arpeggio: the notes of its moment come one after another */
#define CORE_FERMATA 16   /* held as long as the player likes */

#define CORE_ONWARDS 0
#define CORE_BACK 1   /* to an earlier place */
#define CORE_ON 2     /* to a later place */
#define CORE_START 3  /* starting over */
#define CORE_REPEAT 4 /* a repeat sign obeyed or passed over, other than the score has it */

/* What one note told.  Indices count score notes; -1 is none. */
typedef struct {
    int32_t index;             /* the score note played; -1: nothing in the score */
    int32_t ornament_of;       /* the score note whose ornament allows this one, or -1 */
    int32_t jump;              /* CORE_ONWARDS .. CORE_REPEAT: how the player came there; also
                                * where the last such answer proves wrong */
    int32_t alternative_count; /* other indices, of a chance of 0.01 or more */
    int32_t revision_count;    /* earlier answers now seen better */
    int32_t missed_count;      /* score notes now passed over */
    double confidence;         /* of the index, 0..1 */
    double position_beat;      /* of the note played; where nothing matched, of the player */
    double tempo_bpm;          /* beats per minute, of the score's own unit */
    double expected_sec;       /* when the note was due; NaN: unknown or unmatched ... */
    double expected_sigma_sec; /* ... and how sure that is */
    double next_sec;           /* when the next moment is due; NaN: unknown ... */
    double next_sigma_sec;     /* ... and how sure that is */
    double alternative_confidence[3]; /* of each alternative, the likeliest first */
    int32_t alternative[3];
    int32_t revised_note[3];  /* the performed note, counted from 0, ... */
    int32_t revised_index[3]; /* ... and its new score note, or -1 */
    int32_t missed[64];
} core_match;

/* Bytes of memory a follower of this score needs.
 *   notes  (n,) in  as described there; ascending by onset, then by pitch
 *   n           in  1..CORE_FOLLOWER_NOTES
 * Returns the size, or 0 if an argument is outside its range.
 * Memory: none.  Real-time: no, O(n).  Threads: reentrant.
 */
#define CORE_FOLLOWER_NOTES 2000000
#define CORE_FOLLOWER_BEATS 1000000000
#define CORE_SECONDS 1000000000000
size_t core_follower_size(const core_score_note *notes, size_t n);

/* Make a follower of a score, before its first note.
 *   self        out  core_follower_size() bytes, aligned to 8
 *   notes  (n,) in   as for core_follower_size()
 *   n           in   the same
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).  The notes are not kept.
 * Memory: caller's.  Real-time: no, O(n).  Threads: reentrant.
 */
int core_follower_init(core_follower *self, const core_score_note *notes, size_t n);

/* Take in one played note.
 *   self       in/out
 *   pitch      in   0..127
 *   onset_sec  in   seconds, at most CORE_SECONDS either way; one before the last note's is
 *                   taken as the last note's
 *   out        out  what it told; at most 64 missed notes at once, the others with later calls
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe, work bounded whatever the score's length.  Threads: one at a
 * time.
 */
int core_follower_process(core_follower *self, int32_t pitch, double onset_sec, core_match *out);

/* Let time pass without a note; never changes the answers of later notes.
 *   self     in/out
 *   now_sec  in   seconds, at most CORE_SECONDS either way; a time before the latest is taken as
 *                 the latest
 *   out      out  position_beat, tempo_bpm, missed; the rest as if nothing was played
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_follower_advance(core_follower *self, double now_sec, core_match *out);

/* When a beat comes, by the player's tempo and habits.
 *   self  in
 *   beat  in   at most CORE_FOLLOWER_BEATS either way
 *   out   out  unknown before the second moment
 * Returns CORE_OK, or CORE_ERR_RANGE (out untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_follower_predict(const core_follower *self, double beat, core_prediction *out);

/* Back to before the first note; the score stays.
 *   self  in/out
 * Memory: none.  Real-time: safe, O(n) for the notes' marks.  Threads: one at a time.
 */
void core_follower_reset(core_follower *self);

/* ---- judge ---- */

/* A judge against the clock: was that note right, and in time? */
typedef struct core_judge core_judge;

/* One instant of the score at which keys are to be struck. */
typedef struct {
    double due_sec;     /* when; finite, ascending */
    double reach_sec;   /* how far off a note still counts as early or late; 0..0.5 */
    double on_time_sec; /* how far off a note is still correct; >= 0 */
    double whole_beat;  /* the beat that it lies in; finite */
} core_moment;

/* One key to be struck. */
typedef struct {
    double roll_sec;     /* how long its chord may take to be rolled; 0..0.5 */
    int32_t moment;      /* ascending */
    int32_t pitch;       /* 0..127 */
    int32_t score_index; /* the score note that it stands for, >= 0 */
    int32_t is_grace;    /* 1: a grace note, whose time is not judged */
} core_key;

/* What may sound beside a key: the notes of a trill, mordent, turn or tremolo. */
typedef struct {
    double from_sec; /* when the first of them may come; finite, ascending */
    double to_sec;   /* when the last may; finite */
    int32_t key;     /* whose ornament it is, counted from 0; its pitch may be repeated */
    int32_t upper;   /* another pitch, or -1 */
    int32_t lower;   /* another pitch, or -1 */
} core_ornament;

#define CORE_CORRECT 0
#define CORE_EARLY 1
#define CORE_LATE 2
#define CORE_WRONG_NOTE 3
#define CORE_MISSED 4
#define CORE_EXTRA 5
#define CORE_RESULTS 6

/* What is said of one note.  A note that an ornament allows is correct without points or timing:
 * score_index is the ornamented note, and it counts for nothing. */
typedef struct {
    int32_t result;       /* CORE_CORRECT .. CORE_EXTRA */
    int32_t played_index; /* the performed note, counted from 0; -1: a missed one */
    int32_t score_index;  /* the score note that was expected; -1: an extra one */
    int32_t pitch;        /* what was played; -1: a missed note */
    double timing_sec;    /* performed minus expected onset; NaN where time is not judged */
    int32_t points;       /* what it adds to the points */
    int32_t is_revision;  /* 1: in place of what was said of played_index before */
} core_verdict;

#define CORE_VERDICTS 64

/* What a call told, and how the take stands after it. */
typedef struct {
    double deadline_sec; /* the next unplayed key is missed after it; infinite after the last */
    int32_t points;
    int32_t n_reached;   /* keys judged so far */
    int32_t place;       /* the last moment reached that began a beat */
    int32_t verdict_count;
    int32_t has_more;    /* 1: no room for all; call again with the same arguments */
    int32_t counts[6];   /* verdicts that stand, by result; without notes of ornaments */
    int32_t notes_played;
    int32_t notes_adorning; /* notes that stand as allowed by an ornament */
    core_verdict verdicts[64]; /* CORE_VERDICTS */
} core_judged;

/* Bytes of memory a judge needs.
 *   moments    in  1..CORE_JUDGE_KEYS
 *   keys       in  1..CORE_JUDGE_KEYS
 *   ornaments  in  0..CORE_JUDGE_KEYS
 * Returns the size, or 0 if an argument is outside its range.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
#define CORE_JUDGE_KEYS 2000000
size_t core_judge_size(size_t moments, size_t keys, size_t ornaments);

/* Make a judge of a score, before its first note.
 *   self                      out  core_judge_size() bytes, aligned to 8
 *   moments    (n_moments,)   in   as described there, by time
 *   n_moments                 in   as for core_judge_size()
 *   keys       (n_keys,)      in   as described there, by moment; one a pitch
 *   n_keys                    in   as for core_judge_size()
 *   ornaments  (n_ornaments,) in   as described there, by time
 *   n_ornaments               in   as for core_judge_size()
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).  The arrays are not kept.
 * Memory: caller's.  Real-time: no, O(n log n).  Threads: reentrant.
 */
int core_judge_init(core_judge *self, const core_moment *moments, size_t n_moments,
                    const core_key *keys, size_t n_keys, const core_ornament *ornaments,
                    size_t n_ornaments);

/* Take in one played note, after what was missed before it.
 *   self       in/out
 *   pitch      in   0..127
 *   onset_sec  in   seconds, finite; may lie before the last note's
 *   now_sec    in   seconds, finite; what was to be played by then is missed
 *   out        out  what it told; while has_more, the note is not yet taken in
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe, work bounded by what is due within a second.  Threads: one at a
 * time.
 */
int core_judge_note_on(core_judge *self, int32_t pitch, double onset_sec, double now_sec,
                       core_judged *out);

/* Let time pass without a note.
 *   self     in/out
 *   now_sec  in   seconds, finite; what was to be played by then is missed
 *   out      out  what was missed
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_judge_advance(core_judge *self, double now_sec, core_judged *out);

/* End the take: what was due before is missed, without waiting for its deadline.
 *   self     in/out
 *   now_sec  in   seconds, finite
 *   out      out  what was missed
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe, O(n) for the moments.  Threads: one at a time.
 */
int core_judge_finish(core_judge *self, double now_sec, core_judged *out);

/* Back to before the first note; the score stays.
 *   self  in/out
 * Memory: none.  Real-time: safe, O(n) for the keys' marks.  Threads: one at a time.
 */
void core_judge_reset(core_judge *self);

/* ---- ring ---- */

#define CORE_MESSAGE_BYTES 3 /* the longest MIDI channel message */

/* One MIDI message and when it came. */
typedef struct {
    double time_sec;  /* arrival, on the clock of core_clock_sec() */
    uint8_t size;     /* bytes in the message, 1..3 */
    uint8_t bytes[3]; /* status, data 1, data 2; 0 past size */
} core_message;

/* A ring of timed messages from one producer thread to one consumer thread. */
typedef struct core_ring core_ring;

/* The monotonic clock that stamps messages, in seconds since a moment of the system's choice.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
double core_clock_sec(void);

/* Bytes of memory that a ring needs.
 *   capacity  in    messages; a power of two, 2..2^20
 * Returns the size in bytes, or 0 if capacity breaks its rule.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_ring_size(size_t capacity);

/* Makes an empty ring.
 *   memory  (core_ring_size(capacity),) out    any alignment; kept in use until the last call
 *   capacity                            in     messages; a power of two, 2..2^20
 * Returns the ring, which lies inside memory, or NULL if capacity breaks its rule (memory untouched).
 * Memory: caller's.  Real-time: safe.  Threads: before any other call on this ring.
 */
core_ring *core_ring_init(void *memory, size_t capacity);

/* Stamps a message with the time of this call and stores it.
 *   ring        inout  from core_ring_init
 *   bytes  (n,) in     status byte, then data bytes
 *   n           in     1..CORE_MESSAGE_BYTES
 * Returns CORE_OK, CORE_ERR_RANGE if n breaks its rule (a system exclusive message: not stored, not
 * counted), or CORE_ERR_FULL if there is no room (not stored, counted as dropped).
 * Memory: caller's.  Real-time: safe; never waits.  Threads: one producer, beside one consumer.
 */
int core_ring_push(core_ring *ring, const uint8_t *bytes, size_t n);

/* Takes the oldest messages out, in the order in which they were pushed.
 *   ring       inout  from core_ring_init
 *   out   (n,) out    the messages
 *   n          in     the most to take
 * Returns how many messages were taken, 0..n.
 * Memory: caller's.  Real-time: safe; never waits.  Threads: one consumer, beside one producer.
 */
size_t core_ring_pop(core_ring *ring, core_message *out, size_t n);

/* How many messages found the ring full since init.
 *   ring  in    from core_ring_init
 * Returns the count, which only grows.
 * Memory: caller's.  Real-time: safe.  Threads: any, beside producer and consumer.
 */
size_t core_ring_dropped(const core_ring *ring);

/* Empties the ring; the count of dropped messages stays.
 *   ring  inout  from core_ring_init
 * Memory: caller's.  Real-time: safe.  Threads: the consumer, beside one producer.
 */
void core_ring_reset(core_ring *ring);

/* CFFI-END */

#endif
