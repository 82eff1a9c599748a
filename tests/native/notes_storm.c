/* Storms the notes made from sound, with a tracker before them and with frames that no tracker
 * tells: notes stay in their ranges, blocks change nothing, a reset object is a new one. */
#include "sound_storm.h"

enum { NOTES = 64, FRAMES = 64 };

typedef struct {
    core_pitch *tracker;
    core_notes *notes;
    core_heard_note told[NOTES];
    size_t n;
    int32_t next_id;
} listener;

static float *pitch_weights, *note_weights;

static void begin(listener *self, const core_tables *tables)
{
    memset(self->tracker, 0xA5, core_pitch_size());
    memset(self->notes, 0xA5, core_notes_size());
    expect(core_pitch_init(self->tracker, tables, 27.5, 4200.0, pitch_weights) == CORE_OK,
           "a range is a range");
    core_notes_init(self->notes, tables, note_weights);
    self->next_id = 0;
}

static void feed(listener *self, const float *samples, size_t n)
{
    while (n > 0) {
        size_t part = n < 1000 ? n : 1000, used;
        core_pitch_frame frames[FRAMES];
        core_heard_frame *heard;
        size_t count = core_pitch_process(self->tracker, samples, part, &used, frames, FRAMES, NULL);
        expect(count < FRAMES && used == part, "a small block has few frames");
        heard = malloc(count * sizeof *heard);
        for (size_t k = 0; k < count; k++)
            heard[k] = (core_heard_frame){frames[k].time_sec, frames[k].f0_hz,
                                          frames[k].confidence, frames[k].is_voiced};
        expect(core_notes_process(self->notes, samples, part, heard, count) == CORE_OK,
               "a block is taken");
        free(heard);
        samples += part;
        n -= part;
    }
}

/* Tracker and notes in one call, which takes the notes out as well. */
static void feed_voice(listener *self, const float *samples, size_t n)
{
    self->n = 0;
    while (n > 0) {
        size_t part = n < CORE_NOTES_SAMPLES ? n : CORE_NOTES_SAMPLES;
        core_pitch_frame *frames = dirty(CORE_VOICE_FRAMES * sizeof *frames);
        core_heard_note *found = dirty(CORE_VOICE_NOTES * sizeof *found);
        core_voice_told told;
        expect(core_voice_process(self->tracker, self->notes, samples, part, frames, found,
                                  &told) == CORE_OK,
               "a block is taken");
        expect(told.n_frames < CORE_VOICE_FRAMES && told.n_notes <= CORE_VOICE_NOTES,
               "there is room for all");
        for (size_t k = 0; k < told.n_notes && self->n < NOTES; k++)
            self->told[self->n++] = found[k];
        free(frames);
        free(found);
        samples += part;
        n -= part;
    }
}

/* All that wait, taken a few at a time. */
static void take_notes(listener *self, size_t room)
{
    self->n = 0;
    for (size_t count = room; count == room;) {
        core_heard_note *out = dirty(room * sizeof *out);
        count = core_notes_take(self->notes, out, room);
        for (size_t k = 0; k < count && self->n < NOTES; k++)
            self->told[self->n++] = out[k];
        free(out);
    }
}

static void check_notes(listener *self)
{
    double settled_sec = core_notes_settled_sec(self->notes);
    expect(!isnan(settled_sec) && settled_sec < INFINITY, "what is settled is known");
    for (size_t k = 0; k < self->n; k++) {
        const core_heard_note *note = &self->told[k];
        expect(isfinite(note->onset_sec), "an onset is finite");
        expect(isnan(note->offset_sec) || note->offset_sec >= note->onset_sec, "a note has length");
        expect(note->f0_hz > 5.0 && note->f0_hz < 40000.0, "a note has a pitch");
        expect(note->confidence >= 0.0 && note->confidence <= 1.0001, "confidence is a chance");
        expect(note->velocity >= 1 && note->velocity <= 127, "velocity is MIDI's");
        expect(note->id >= 0 && note->id <= self->next_id, "notes are counted");
        self->next_id = note->id == self->next_id ? self->next_id + 1 : self->next_id;
    }
}

/* Notes of one more listener, who heard the same. */
static void expect_same(listener *other, const listener *whole)
{
    expect(whole->n == other->n &&
               memcmp(whole->told, other->told, whole->n * sizeof *whole->told) == 0,
           "blocks change nothing");
    check_notes(other);
}

static void feed_all(script *s, listener *whole, listener *parts, listener *voice, double rate_hz)
{
    size_t n = take_length(s) % CORE_NOTES_SAMPLES, done = 0;
    float *sound = malloc(n * sizeof *sound);
    take_sound(s, sound, n, rate_hz);
    feed(whole, sound, n);
    feed_voice(voice, sound, n);
    for (size_t part; done < n; done += part) {
        part = 1 + take(s, 250);
        part = part < n - done && s->left ? part : n - done;
        feed(parts, sound + done, part);
    }
    free(sound);
    take_notes(whole, 1 + take(s, 5));
    take_notes(parts, 64);
    check_notes(whole);
    expect_same(parts, whole);
    expect_same(voice, whole);
}

static double take_number(script *s)
{
    static const double numbers[] = {NAN, INFINITY, -INFINITY, 0.0, -1.0, 1e300, 1e-300, 0.5};
    return numbers[take(s, 8)];
}

/* Frames that are none, or wild, or all at once. */
static void feed_wild(script *s, listener *self, double rate_hz)
{
    size_t n = take_length(s) % CORE_NOTES_SAMPLES, count = take(s, 256);
    float *sound = malloc(n * sizeof *sound);
    core_heard_frame *frames = malloc(count * sizeof *frames);
    uint32_t is_wild = take(s, 3), leap = take(s, 40);
    double start_sec = core_notes_settled_sec(self->notes);
    start_sec = isfinite(start_sec) ? start_sec : 0.0;
    take_sound(s, sound, n, rate_hz);
    for (size_t k = 0; k < count; k++)
        frames[k] = (core_heard_frame){start_sec + 0.004 * (double)k,
                                       220.0 * exp2((double)(k / 10 * leap % 50) / 12.0), 0.9, 1};
    for (size_t k = 0; is_wild == 0 && k < count; k += 7)
        frames[k] = (core_heard_frame){start_sec + 0.004 * (double)k + fmin(take_number(s), 1.0),
                                       take_number(s), take_number(s), (int32_t)take(s, 256)};
    expect(core_notes_process(self->notes, sound, n, frames, count) == CORE_OK, "a block is taken");
    expect(core_notes_process(self->notes, sound, CORE_NOTES_SAMPLES + 1, frames, 0) ==
                   CORE_ERR_RANGE &&
               core_notes_process(self->notes, sound, 0, frames, CORE_NOTES_FRAMES + 1) ==
                   CORE_ERR_RANGE,
           "too much at once is refused");
    free(sound);
    free(frames);
    take_notes(self, 64);
    check_notes(self);
}

static void run_script(script *s)
{
    double rate_hz = take_rate(s);
    listener whole = {.tracker = malloc(core_pitch_size()),
                      .notes = malloc(core_notes_size())};
    listener parts = {.tracker = malloc(core_pitch_size()),
                      .notes = malloc(core_notes_size())};
    listener voice = {.tracker = malloc(core_pitch_size()),
                      .notes = malloc(core_notes_size())};
    pitch_weights = some_weights(core_pitch_weights());
    note_weights = some_weights(core_notes_weights());
    core_tables *tables = made_tables(rate_hz);
    begin(&whole, tables);
    begin(&parts, tables);
    begin(&voice, tables);
    while (s->left > 0) {
        for (uint32_t more = take(s, 12); more < 11 && s->left > 0; more++)
            feed_all(s, &whole, &parts, &voice, rate_hz);
        for (uint32_t more = take(s, 4); more < 3 && s->left > 0; more++)
            feed_wild(s, &parts, rate_hz);
        begin(&voice, tables);
        core_pitch_reset(whole.tracker);
        core_notes_reset(whole.notes);
        whole.next_id = 0;
        begin(&parts, tables);
    }
    expect(core_tables_size(NAN) == 0 && core_tables_size(1e9) == 0, "1 GHz is no rate");
    free(tables);
    free(whole.tracker), free(whole.notes);
    free(parts.tracker), free(parts.notes);
    free(voice.tracker), free(voice.notes);
    free(pitch_weights), free(note_weights);
}
