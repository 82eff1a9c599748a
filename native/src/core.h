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

/* Take the last note back, as if it had not been played; what was said of it and of missed notes
 * was said, and is revised with the next note or not said again.
 *   self  in/out
 * Returns CORE_OK, or CORE_ERR_RANGE if there is none, or it was taken back (self untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_follower_take_back(core_follower *self);

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

/* The last note was of another pitch than it was told with.
 *   self       in/out
 *   pitch      in   0..127
 *   onset_sec  in   seconds, finite; when it began
 *   out        out  what it told: nothing where there is no last note, that is its pitch, an
 *                   ornament allowed it, or it changed another note's verdict; else its verdict,
 *                   as a revision
 * Returns CORE_OK, or CORE_ERR_RANGE (self and out untouched).
 * Memory: none.  Real-time: safe, but that it looks for the next deadline from the first moment.
 * Threads: one at a time.
 */
int core_judge_rename(core_judge *self, int32_t pitch, double onset_sec, core_judged *out);

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

/* ---- audio ring ---- */

/* A ring of audio from one producer thread to one consumer thread, with the times of its blocks. */
typedef struct core_audio_ring core_audio_ring;

/* Where samples stand in their stream, and when they were taken. */
typedef struct {
    double time_sec; /* when the block was pushed, on the clock of core_clock_sec() */
    double age_sec;  /* how long before that its first sample was taken, as it was told */
    int64_t start;   /* position of the first sample of the block as it was pushed */
    int64_t end;     /* position after its last sample */
    int64_t first;   /* position of the first sample taken out, start..end - 1 */
} core_audio_block;

/* Bytes of memory that an audio ring needs.
 *   capacity  in    samples; a power of two, 2^6..2^24
 * Returns the size in bytes, or 0 if capacity breaks its rule.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_audio_ring_size(size_t capacity);

/* Makes an empty ring; its stream is at position 0.
 *   memory  (core_audio_ring_size(capacity),) out    any alignment; kept in use until the last call
 *   capacity                                  in     samples; a power of two, 2^6..2^24
 * Returns the ring, which lies inside memory, or NULL if capacity breaks its rule (memory untouched).
 * Memory: caller's.  Real-time: safe.  Threads: before any other call on this ring.
 */
core_audio_ring *core_audio_ring_init(void *memory, size_t capacity);

/* Makes a block of frames mono and stores it, whole or not at all.
 *   ring                     inout  from core_audio_ring_init
 *   frames  (n, n_channels)  in     interleaved samples
 *   n                        in     frames, 1..2^24
 *   n_channels               in     >= 1
 *   channel                  in     which channel is heard, 0..n_channels-1; -1: the mean of all
 *   age_sec                  in     how long before this call the first frame was taken
 * Returns CORE_OK, CORE_ERR_RANGE if n, n_channels or channel breaks its rule (nothing is changed), or
 * CORE_ERR_FULL if there is no room (not stored, its samples counted as dropped; the position of the
 * stream goes on, so that the gap is seen).
 * Memory: caller's.  Real-time: safe; never waits.  Threads: one producer, beside one consumer.
 */
int core_audio_ring_push(core_audio_ring *ring, const float *frames, size_t n, size_t n_channels,
                         int channel, double age_sec);

/* Takes the oldest samples out, those of one block at most.
 *   ring        inout  from core_audio_ring_init
 *   out   (n,)  out    the samples
 *   n           in     the most to take
 *   block       out    where they stand; untouched if the ring is empty
 * Returns how many samples were taken, 0..n.
 * Memory: caller's.  Real-time: safe; never waits.  Threads: one consumer, beside one producer.
 */
size_t core_audio_ring_pop(core_audio_ring *ring, float *out, size_t n, core_audio_block *block);

/* How many samples found the ring full since init.
 *   ring  in    from core_audio_ring_init
 * Returns the count, which only grows.
 * Memory: caller's.  Real-time: safe.  Threads: any, beside producer and consumer.
 */
size_t core_audio_ring_dropped(const core_audio_ring *ring);

/* Empties the ring; the count of dropped samples and the position of the stream stay.
 *   ring  inout  from core_audio_ring_init
 * Memory: caller's.  Real-time: safe.  Threads: the consumer, beside one producer.
 */
void core_audio_ring_reset(core_audio_ring *ring);

/* ---- tables ---- */

/* What all that listen at one rate share: how to bring sound to 16 kHz, and angles. */
typedef struct core_tables core_tables;

/* Bytes of memory the tables of a rate need.
 *   rate_hz  in  of the sound, 16000..96000
 * Returns the size, or 0 if rate_hz is outside its range or NaN.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_tables_size(double rate_hz);

/* Make the tables of a rate; they are not written to again.
 *   self     out  core_tables_size(rate_hz) bytes, aligned to 16
 *   rate_hz  in   as for core_tables_size()
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: caller's.  Real-time: no, some milliseconds.  Threads: reentrant.
 */
int core_tables_init(core_tables *self, double rate_hz);

/* ---- pitch ---- */

/* A tracker of the fundamental frequency of one voice or instrument: which pitch sounds now? */
typedef struct core_pitch core_pitch;

#define CORE_PITCH_HOP 64       /* samples of 16 kHz from one frame to the next: 4 ms */
#define CORE_PITCH_BINS 184     /* half semitones from MIDI pitch 20 on */
#define CORE_PITCH_PAD 48       /* entries of a map before its first bin */
#define CORE_PITCH_ROW 320      /* entries of a map */
#define CORE_PITCH_ROWS 9       /* autocorrelation of 4, 12, 28, 72 ms; five spectra */
#define CORE_PITCH_SCALARS 34   /* of the whole frame: levels and how sure it is; of these */
#define CORE_PITCH_CONTEXT 16   /* ... are known before any bin is scored */
#define CORE_PITCH_FEATURES 3098 /* maps, scores of the bins, scalars, in this order */

/* What is known of one instant. */
typedef struct {
    double time_sec;   /* the instant, after the first sample; never before the last frame's */
    double f0_hz;      /* the best guess, also where nothing sounds */
    double confidence; /* chance that something sounds, within 50 cents of f0_hz */
    double level_db;   /* of the last 28 ms, full scale 0 */
    double clarity;    /* how periodic the last 28 ms are, -1..1 */
    int32_t is_voiced; /* 1: something sounds */
} core_pitch_frame;

/* Bytes of memory a tracker needs.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_pitch_size(void);

/* How many weights core_pitch_init() reads.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_pitch_weights(void);

/* Make a tracker, before its first sample.
 *   self     out                     core_pitch_size() bytes, aligned to 16
 *   tables   in                      of the samples' rate; kept as the weights are
 *   low_hz   in                      lowest pitch to be found, > 0
 *   high_hz  in                      highest one, > low_hz
 *   weights  (core_pitch_weights(),) in  kept: they must live as long as self; NULL: none
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
int core_pitch_init(core_pitch *self, const core_tables *tables, double low_hz,
                    double high_hz, const float *weights);

/* Take in samples and say what they tell.
 *   self                 in/out
 *   samples   (n,)       in      full scale +-1; what is not finite counts as 0
 *   n                    in      any number
 *   used                 out     how many were taken in: all, unless frames is full
 *   frames    (room,)    out
 *   room                 in      any number
 *   features  (room, CORE_PITCH_FEATURES) out  what the frames were found from; may be NULL
 * Returns how many frames were written.  The same whatever the lengths of the blocks.
 * Memory: none.  Real-time: safe, bounded work a sample.  Threads: one at a time.
 */
size_t core_pitch_process(core_pitch *self, const float *samples, size_t n, size_t *used,
                          core_pitch_frame *frames, size_t room, float *features);

/* Back to before the first sample.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_pitch_reset(core_pitch *self);

/* ---- notes from sound ---- */

/* Makes notes of one voice from its sound and the frames of pitch told of it. */
typedef struct core_notes core_notes;

/* What a pitch tracker says of one instant. */
typedef struct {
    double time_sec; /* since the first sample; ascending */
    double f0_hz;
    double confidence;  /* 0..1 */
    int32_t is_voiced;  /* 0 or 1 */
} core_heard_frame;

/* A note that began or ended. */
typedef struct {
    double f0_hz;      /* the mean of the middle half of its frames so far */
    double onset_sec;  /* since the first sample; latency is taken off */
    double offset_sec; /* NaN while it sounds */
    double confidence; /* the mean of its frames' so far */
    int32_t id;        /* counts the notes of the stream from 0 */
    int32_t velocity;  /* 1..127, from the level of its attack */
} core_heard_note;

#define CORE_NOTES_SAMPLES 4096 /* at most in one call */
#define CORE_NOTES_FRAMES 256   /* likewise */
#define CORE_NOTES_FEATURES 156 /* what the onset detector looks at in a hop */
#define CORE_NOTES_HOP 128      /* samples of 16 kHz in a hop */
#define CORE_NOTES_DELAY 5      /* hops from an onset to the end of the first hop that tells of it ... */
#define CORE_NOTES_DELAYS 16    /* ... and so many hops do, the later the surer */

/* Bytes of memory the notes of one stream need.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_notes_size(void);

/* How many weights the onset detector takes.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_notes_weights(void);

/* Begin a stream.
 *   self                             out  core_notes_size() bytes, aligned to 16
 *   tables                           in   of the samples' rate; kept as the weights are
 *   weights  (core_notes_weights(),) in   finite; kept in use until the last call
 * Memory: caller's.  Real-time: no.  Threads: one at a time.
 */
void core_notes_init(core_notes *self, const core_tables *tables, const float *weights);

/* Take in sound and what the pitch tracker said of it.
 *   self                   in/out
 *   samples   (n,)         in  full scale +-1; what is not finite counts as 0
 *   n                      in  0..CORE_NOTES_SAMPLES
 *   frames    (n_frames,)  in  all that the tracker told of the stream up to these samples since
 *                              the last call; a frame not later than the one before is left out
 *   n_frames               in  0..CORE_NOTES_FRAMES
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).  The same notes whatever the blocks.
 * Memory: none.  Real-time: safe, bounded work.  Threads: one at a time.
 */
int core_notes_process(core_notes *self, const float *samples, size_t n,
                       const core_heard_frame *frames, size_t n_frames);

/* What core_notes_process() would show its detector, for training it: no notes are made.
 *   arguments as there, and
 *   out   (room, CORE_NOTES_FEATURES)  out  one row a hop; row k of the stream ends at sample
 *                                           (k + 1) CORE_NOTES_HOP of 16 kHz
 *   room                               in   rows; enough for n and a second before
 *   rows                               out  how many were written
 * Returns CORE_OK, CORE_ERR_RANGE (self untouched), or CORE_ERR_FULL where room did not do: call
 * again without samples for the rest.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_notes_features(core_notes *self, const float *samples, size_t n,
                        const core_heard_frame *frames, size_t n_frames, float *out, size_t room,
                        size_t *rows);

/* Take out the notes that began or ended; one that did both stands once.
 *   self            in/out
 *   out   (room,)   out
 *   room            in      notes; 64 are the most that wait: later ones are lost
 * Returns how many were taken out.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
size_t core_notes_take(core_notes *self, core_heard_note *out, size_t room);

/* Every note that began before this has been told; -infinity before the first sound.
 *   self  in
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
double core_notes_settled_sec(const core_notes *self);

/* ---- one voice ---- */

#define CORE_VOICE_FRAMES 80 /* more than CORE_NOTES_SAMPLES of any rate bring */
#define CORE_VOICE_NOTES 64  /* the most that wait */

/* What a block of sound has brought. */
typedef struct {
    size_t n_frames, n_notes;
    double settled_sec; /* as core_notes_settled_sec() tells it */
} core_voice_told;

/* Take sound through a tracker and on to the notes: one call, for those who listen to many at once.
 *   pitch    in/out                     fed by nobody else; it resamples for both
 *   notes    in/out                     likewise, at the same rate
 *   samples  (n,)                  in   as for core_notes_process()
 *   n                              in   0..CORE_NOTES_SAMPLES
 *   frames   (CORE_VOICE_FRAMES,)  out
 *   found    (CORE_VOICE_NOTES,)   out  notes that began or ended
 *   told                           out
 * Returns CORE_OK, or CORE_ERR_RANGE (nothing is changed).  The same whatever the blocks.
 * Memory: none.  Real-time: safe, bounded work a sample.  Threads: one at a time.
 */
int core_voice_process(core_pitch *pitch, core_notes *notes, const float *samples, size_t n,
                       core_pitch_frame *frames, core_heard_note *found, core_voice_told *told);

/* ---- chords ---- */

/* Chord verification: sound comes in, and of any pitch it is asked whether it began to sound at
 * an onset of the last seconds. */
typedef struct core_chords core_chords;

/* Something was struck. */
typedef struct {
    double onset_sec; /* since the first sample */
    double strength;  /* how much of the spectrum grew, 0..1 */
    double level_db;  /* of the 32 ms around it, below full scale */
} core_attack;

#define CORE_CHORDS_WEIGHTS 20681 /* of the nets, in the order of chords_net.c */
#define CORE_CHORDS_PITCHES 88   /* the piano's, from MIDI pitch 21 on */
#define CORE_CHORDS_FEATURES 80  /* of each pitch */

/* Bytes of memory that a verifier needs.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_chords_size(void);

/* Make a verifier, before its first sample.
 *   memory   (core_chords_size(),)  out  any alignment; kept in use until the last call
 *   tables                          in   of the sound's rate; kept as the weights are
 *   weights  (n_weights,)           in   kept in use until the last call; may be shared
 *   n_weights                       in   CORE_CHORDS_WEIGHTS
 * Returns the verifier, which lies inside memory, or NULL if an argument breaks its rule (memory
 * untouched).
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
core_chords *core_chords_init(void *memory, const core_tables *tables, const float *weights,
                              size_t n_weights);

/* Take in sound; the last five seconds are kept.
 *   self           in/out
 *   samples  (n,)  in   mono, full scale +-1; what is not finite counts as 0
 *   n              in   any number
 * The same whatever the lengths of the blocks.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_chords_process(core_chords *self, const float *samples, size_t n);

/* How far the sound that came in reaches, in seconds since its first sample.
 *   self  in
 * Memory: none.  Real-time: safe.  Threads: reentrant while self is not written.
 */
double core_chords_heard_sec(const core_chords *self);

/* The chance that each pitch began to sound at an onset, from what was heard until now, at most
 * half a second of it.
 *   self           in/out  what the onset looks like is kept for the next question about it
 *   pitches  (n,)  in      any; those that no piano has have a chance of NaN
 *   n              in      any number
 *   onset_sec      in      seconds since the first sample: at least 20 ms and at most 4.8 s ago
 *   chances  (n,)  out     0..1; the same whatever else is asked about
 * Returns CORE_OK, or CORE_ERR_RANGE if onset_sec breaks its rule or is NaN (chances untouched).
 * Memory: none.  Real-time: safe, bounded work.  Threads: one at a time.
 */
int core_chords_probabilities(core_chords *self, const int32_t *pitches, size_t n,
                              double onset_sec, double *chances);

/* Take out the attacks found since they were last taken, the oldest first; 32 at most wait.
 *   self       in/out
 *   out  (n,)  out
 *   n          in      the most to take
 * Returns how many were taken.  One is found 24 to 40 ms after it; none in the first 0.1 s.
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
size_t core_chords_attacks(core_chords *self, core_attack *out, size_t n);

/* What the nets are told of an onset, for training and tests.
 *   self                                                     in/out
 *   onset_sec                                                in   as for the probabilities
 *   features  (CORE_CHORDS_PITCHES * CORE_CHORDS_FEATURES,)  out  pitch by pitch
 * Returns CORE_OK, or CORE_ERR_RANGE (features untouched).
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
int core_chords_features(core_chords *self, double onset_sec, float *features);
/* ---- signal check ---- */

/* What comes from a microphone, measured a quarter of a second at a time: is it fit to be heard? */
typedef struct core_signal core_signal;

#define CORE_SIGNAL_NIL -200 /* dBFS: nothing at all */

/* A quarter of a second of sound. Levels are dBFS by AES17: 0 is a sine of full scale; without
 * DC; not below CORE_SIGNAL_NIL. */
typedef struct {
    double time_sec;        /* its end; the first sample of the stream is at 0 */
    double level_db;        /* all of it ... */
    double loudest_db;      /* ... its loudest 10 ms ... */
    double quietest_db;     /* ... and its quietest */
    double peak;            /* largest absolute value, DC included; 1 is full scale */
    double dc;              /* running mean; 1 is full scale */
    double band_db;         /* what lies from 80 to 8000 Hz, early in the span ... */
    double noise_db;        /* ... and the steady noise there: of the last 6 s the least, by bands */
    double hum_db;          /* mains hum and its harmonics: of the last 3 s the least */
    double cut_4k_db;       /* fall of the spectrum across 4 kHz ... */
    double cut_8k_db;       /* ... and 8 kHz, of the loudest lately; 0 beyond the sound's range */
    int32_t hum_hz;         /* 50 or 60, whichever hums more */
    int32_t clipped_blocks; /* of 25 blocks of 10 ms: those with cut-off tops ... */
    int32_t constant_blocks; /* ... and those that stand still, as digital silence does */
    int32_t gaps;           /* holes of up to 100 ms in loud sound */
    int32_t gates;          /* times a sound was cut off to digital silence */
} core_signal_span;

/* Bytes of memory a signal check needs.
 *   rate_hz  in  16000..96000
 * Returns the size, or 0 if rate_hz is outside its range or NaN.
 * Memory: none.  Real-time: safe.  Threads: reentrant.
 */
size_t core_signal_size(double rate_hz);

/* Make a signal check, before its first sample.
 *   self     out  core_signal_size() bytes, aligned to 16
 *   rate_hz  in   as for core_signal_size()
 * Returns CORE_OK, or CORE_ERR_RANGE (self untouched).
 * Memory: caller's.  Real-time: no.  Threads: reentrant.
 */
int core_signal_init(core_signal *self, double rate_hz);

/* Take in samples, up to the end of a span.
 *   self     in/out
 *   samples  (n,)  in   mono, full scale +-1; what is not finite counts as 0
 *   n              in   any number
 *   used           out  how many were taken in: all, unless a span ended
 *   span           out  the span that ended; else untouched
 * Returns 1 if a span ended, else 0. The same whatever the lengths of the blocks.
 * Memory: none.  Real-time: safe, bounded work a sample.  Threads: one at a time.
 */
int core_signal_process(core_signal *self, const float *samples, size_t n, size_t *used,
                        core_signal_span *span);

/* Back to before the first sample.
 *   self  in/out
 * Memory: none.  Real-time: safe.  Threads: one at a time.
 */
void core_notes_reset(core_notes *self);
void core_chords_reset(core_chords *self);
void core_signal_reset(core_signal *self);

/* CFFI-END */

#endif
