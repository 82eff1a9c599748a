/* Notes from frames of pitch and chances of an onset.
 *
 * An attack opens a note, which is told once its pitch holds; so does a voice that sets in without
 * one.  A note also ends where its pitch goes elsewhere and stays: vibrato comes back, a glide does
 * not stay.  A note that was told stays, and its onset; its pitch is told again where it settles on
 * another: a singer scoops up to a note, a tracker is an octave off at first.
 */
#include <math.h>
#include <string.h>

#include "notes.h"

#define STRUCK 0.5f          /* chance from which an onset is believed by itself, */
#define SPREAD 0.75f         /* or the share of one that the chances nearby sum to ... */
#define HINTED 0.15f         /* ... and from which it supports what the pitch says */
#define HINT_BEFORE_SEC 0.06 /* such support may lie so long before the pitch's change ... */
#define HINT_AFTER_SEC 0.04  /* ... and so long after */
#define SOFT_SEC 0.15        /* a soft attack may begin so long before there is a pitch */
#define REFINE_SEC 0.06      /* an onset may be seen so much earlier once more has been heard */
#define APART_SEC 0.05       /* onsets nearer than this are one */
#define GAP_SEC 0.08         /* without pitch for so long a note has ended */
#define WAIT_SEC 0.18        /* an onset without a pitch for so long was no note */
#define AGREE 0.5            /* semitones that frames of one run may lie off their mean */
#define ELSEWHERE 0.7        /* semitones from which a run is another note */
#define FIRM_STRUCK_SEC 0.030 /* a pitch holds after so long: after an attack, */
#define FIRM_SUNG_SEC 0.045   /* where a voice set in, */
#define FIRM_HINTED_SEC 0.030 /* where a hint supports a change of pitch, */
#define FIRM_LEAP_SEC 0.080   /* where none does, from LEAP semitones, */
#define FIRM_STEP_SEC 0.100   /* ... for less, */
#define FIRM_OCTAVE_SEC 0.200 /* ... and for octaves, which may be the tracker's error */
#define LEAP 1.6
#define SLOPE 0.45      /* semitones between the ends of a pitch that holds */
#define MOVING_SEC 0.11 /* a pitch that moves for so long is told by its mean */
#define SCOOP 2.6       /* semitones that a note may be scooped up by, without an onset ... */
#define SCOOP_SEC 0.12  /* ... before so long after its own */
#define WAVER_SEC 0.16  /* so soon after an onset another octave is the same note, told better */
#define ATTACKED_SEC 0.06 /* and so soon any pitch is: notes follow each other no faster */
#define STRUCK_WAVER_SEC 0.1 /* likewise where an onset seems to lie between */
#define RETOLD 0.1      /* semitones from what was told at which a pitch is told again ... */
#define RETOLD_SEC 0.03 /* ... no sooner than so long after */
#define GLIDE_FRAMES 4  /* over so many frames ... */
#define GLIDE 0.15       /* ... a pitch that moves by so many semitones counts half */
#define FOLLOW 0.05     /* share of a frame in where the note stands */
#define ATTACK_SEC 0.07 /* the loudest of so long after an onset is its level */
#define FULL_RMS 0.25   /* of an attack of velocity 127: 12 dB below full scale */
#define BIN 0.05        /* semitones */
#define NEAR_HOPS 4     /* either way of an instant: chances of the same onset */
#define SPREAD_HOPS 3   /* hops after an instant until a spread onset is believed */

void segmenter_reset(segmenter *self)
{
    memset(self, 0, sizeof *self);
    self->note.id = -1;
    self->struck_sec = self->settled_sec = -INFINITY;
}

static const note_frame *past_frame(const segmenter *self, uint64_t back)
{
    return &self->past[(self->frames - 1 - back) % PAST];
}

/* ---- chances of an onset ---- */

/* The instants told of are ends of hops; the newest is this one, in hops. */
static int64_t newest_instant(const segmenter *self)
{
    return (int64_t)self->hops - ONSET_DELAY;
}

static float chance_at(const segmenter *self, int64_t instant)
{
    int64_t newest = newest_instant(self);
    if (instant < 0 || instant > newest || instant <= newest - CHANCES)
        return 0.0f;
    return self->chances[instant % CHANCES];
}

/* How much of an onset the chances about an instant make: a sharp one's are 0.5, 1 and 0.5, a soft
 * one's lie spread. */
static float share_about(const segmenter *self, int64_t instant)
{
    float sum = 0.0f;
    for (int64_t k = instant - NEAR_HOPS; k <= instant + NEAR_HOPS; k++)
        sum += chance_at(self, k);
    return 0.5f * sum;
}

/* Where about an instant the onset lies: the mean of the instants, by their chances. */
static double mean_sec(const segmenter *self, int64_t instant)
{
    double sum = 1e-9, moment = 0.0;
    for (int64_t k = -NEAR_HOPS; k <= NEAR_HOPS; k++) {
        double chance = chance_at(self, instant + k);
        sum += chance;
        moment += chance * (double)k;
    }
    return ((double)instant + moment / sum) * HOP_SEC;
}

/* The likeliest onset from one time to another; *sec is left where its chance is under HINTED. */
static float likeliest(const segmenter *self, double from_sec, double to_sec, double *sec)
{
    int64_t newest = newest_instant(self), best = -1;
    float chance = HINTED;
    for (int64_t k = newest; k >= 0 && k > newest - CHANCES; k--) {
        if ((double)k * HOP_SEC > to_sec || chance_at(self, k) < chance)
            continue;
        if ((double)k * HOP_SEC < from_sec)
            break;
        chance = chance_at(self, k);
        best = k;
    }
    if (best < 0)
        return 0.0f;
    *sec = mean_sec(self, best);
    return chance;
}

/* ---- a run of frames that agree ---- */

static void run_add(steady_run *run, const note_frame *frame)
{
    int joins = run->frames > 0 && frame->time_sec - run->last_sec < GAP_SEC
                && fabs(frame->semitones - run->mean) <= AGREE;
    if (!joins) {
        *run = (steady_run){frame->time_sec, frame->time_sec, frame->semitones, 1};
        return;
    }
    run->frames++;
    run->last_sec = frame->time_sec;
    run->mean += (frame->semitones - run->mean) / (run->frames < 12 ? run->frames : 12);
}

/* Whether a run has held for so long, standing still; or has moved for too long to wait. */
static int is_firm(const segmenter *self, const steady_run *run, double firm_sec)
{
    double held_sec = run->last_sec - run->start_sec;
    if (run->frames < 3 || held_sec < firm_sec)
        return 0;
    if (held_sec >= MOVING_SEC)
        return 1;
    double low = INFINITY, high = -INFINITY;
    for (uint64_t k = 0; k < self->frames && k < PAST; k++) {
        const note_frame *frame = past_frame(self, k);
        if (frame->time_sec < run->last_sec - firm_sec)
            break;
        if (!frame->is_voiced)
            continue;
        low = frame->semitones < low ? frame->semitones : low;
        high = frame->semitones > high ? frame->semitones : high;
    }
    return high - low <= SLOPE;
}

/* ---- the note told ---- */

static float attack_level(const segmenter *self, double onset_sec)
{
    float peak = 0.0f;
    for (uint64_t k = 0; k < LEVELS && k < self->hops; k++) {
        double end_sec = (double)(self->hops - k) * HOP_SEC;
        if (end_sec <= onset_sec)
            break;
        float level = self->levels[(self->hops - 1 - k) % LEVELS];
        if (end_sec <= onset_sec + ATTACK_SEC && level > peak)
            peak = level;
    }
    return peak;
}

/* Amplitude grows with the square of the velocity (Dannenberg 2006, "The interpretation of MIDI
 * velocity", ICMC). */
static int32_t velocity_of(float level)
{
    double velocity = 127.0 * sqrt(sqrt((double)level) / FULL_RMS);
    return velocity < 1.0 ? 1 : velocity > 127.0 ? 127 : (int32_t)(velocity + 0.5);
}

/* How much a frame says of its note's pitch: less the more it moves. */
static float frame_weight(const segmenter *self, const note_frame *frame, uint64_t back)
{
    double moved = 0.0;
    if (back + GLIDE_FRAMES < self->frames && back + GLIDE_FRAMES < PAST) {
        const note_frame *before = past_frame(self, back + GLIDE_FRAMES);
        if (before->is_voiced)
            moved = (frame->semitones - before->semitones) / GLIDE;
    }
    return (0.05f + frame->confidence) / (float)(1.0 + moved * moved);
}

static void note_add(note_so_far *note, const note_frame *frame, float weight)
{
    double place = (frame->semitones - note->origin) / BIN + BINS / 2 + 0.5;
    note->frames++;
    note->doubt += 1.0f - frame->confidence;
    note->last_sec = frame->time_sec;
    note->center += FOLLOW * (frame->semitones - note->center);
    if (place >= 0.0 && place < BINS) {
        note->bins[(int)place] += weight;
        note->weight += weight;
    }
}

/* Median of the note's pitches, by how sure they are. */
static double median(const note_so_far *note)
{
    float below = 0.0f, half = 0.5f * note->weight;
    for (int k = 0; k < BINS; k++) {
        if (below + note->bins[k] >= half && note->bins[k] > 0.0f)
            return note->origin
                   + BIN * (k - BINS / 2 - 0.5 + (double)((half - below) / note->bins[k]));
        below += note->bins[k];
    }
    return note->center;
}

static double hz(double semitones)
{
    return 440.0 * exp2((semitones - 69.0) / 12.0);
}

static core_heard_note *slot_of(segmenter *self, int32_t id)
{
    for (int32_t k = 0; k < self->n_told; k++)
        if (self->told[k].id == id)
            return &self->told[k];
    return self->n_told < TOLD_QUEUE ? &self->told[self->n_told++] : NULL;
}

static void tell(segmenter *self, double offset_sec)
{
    note_so_far *note = &self->note;
    note->told = median(note);
    note->told_sec = note->last_sec;
    core_heard_note *slot = slot_of(self, note->id);
    if (!slot)
        return;
    slot->id = note->id;
    slot->velocity = velocity_of(note->peak);
    slot->f0_hz = hz(note->told);
    slot->onset_sec = note->onset_sec;
    slot->offset_sec = offset_sec;
    slot->confidence = note->frames ? 1.0 - note->doubt / (float)note->frames : 0.0;
}

static void end_note(segmenter *self, double offset_sec)
{
    if (self->note.id < 0)
        return;
    tell(self, offset_sec > self->note.onset_sec ? offset_sec : self->note.onset_sec);
    self->note.id = -1;
}

/* The pitch that sounds is no longer what was told. */
static void tell_again(segmenter *self)
{
    const note_so_far *note = &self->note;
    if (note->last_sec - note->told_sec >= RETOLD_SEC && fabs(median(note) - note->told) >= RETOLD)
        tell(self, NAN);
}

/* The note stands where the run is, whatever it was before. */
static void settle_on_run(segmenter *self)
{
    note_so_far *note = &self->note;
    note->center = note->origin = self->run.mean;
    note->last_sec = self->run.last_sec;
    note->weight = note->doubt = 0.0f;
    note->frames = 0;
    memset(note->bins, 0, sizeof note->bins);
    for (uint64_t back = self->frames < PAST ? self->frames : PAST; back-- > 0;) {
        const note_frame *frame = past_frame(self, back);
        if (frame->time_sec >= self->run.start_sec && frame->is_voiced)
            note_add(note, frame, frame_weight(self, frame, back));
    }
    self->run.frames = 0;
    tell(self, NAN);
}

static int is_octave(double step)
{
    double octaves = floor(fabs(step) / 12.0 + 0.5);
    return octaves > 0.0 && fabs(fabs(step) - 12.0 * octaves) < 0.5;
}

/* Whether the run began so soon after the note. */
static int is_young(const segmenter *self, double age_sec)
{
    return self->note.id >= 0 && self->run.start_sec - self->note.onset_sec < age_sec;
}

/* Whether the run is the note that was told, whose pitch was not sure in its attack: nothing is
 * struck again so soon, nor an octave away a little later. */
static int is_slip(const segmenter *self, double onset_sec)
{
    if (!self->is_struck && self->note.id >= 0 && onset_sec - self->note.onset_sec < ATTACKED_SEC)
        return 1;
    double age_sec = self->is_struck ? STRUCK_WAVER_SEC : WAVER_SEC;
    return is_octave(self->run.mean - self->note.center) && is_young(self, age_sec);
}

/* The run is a note that began at an instant: tell it, and end the one before. */
static void begin_note(segmenter *self, double onset_sec)
{
    if (is_slip(self, onset_sec)) {
        self->is_pending = self->is_struck = 0;
        settle_on_run(self);
        return;
    }
    onset_sec = onset_sec > self->settled_sec ? onset_sec : self->settled_sec;
    double last_sec = self->note.last_sec;
    end_note(self, last_sec + GAP_SEC < onset_sec ? last_sec : onset_sec);
    self->note = (note_so_far){
        .onset_sec = onset_sec, .peak = attack_level(self, onset_sec), .id = self->next_id++};
    self->is_pending = self->is_struck = 0;
    settle_on_run(self);
}

/* ---- what a frame and an onset change ---- */

/* Whether an onset near the run's start supports that the pitch changed there; *sec is when. */
static int is_hinted(const segmenter *self, double *sec)
{
    double from_sec = self->run.start_sec - HINT_BEFORE_SEC;
    double after_sec = self->note.onset_sec + APART_SEC;
    from_sec = from_sec > after_sec ? from_sec : after_sec;
    return likeliest(self, from_sec, self->run.start_sec + HINT_AFTER_SEC, sec) > 0.0f;
}

/* Whether the run is the note that was told, which was scooped up to. */
static int is_scoop(const segmenter *self)
{
    double step = self->run.mean - self->note.center, hinted_sec;
    return step > 0.0 && step < SCOOP && is_young(self, SCOOP_SEC) && !is_hinted(self, &hinted_sec);
}

/* How long another pitch must hold until it is another note. */
static double firm_change_sec(const segmenter *self)
{
    double step = fabs(self->run.mean - self->note.center), hinted_sec;
    if (is_hinted(self, &hinted_sec))
        return FIRM_HINTED_SEC;
    if (is_octave(step))
        return is_young(self, WAVER_SEC) ? FIRM_LEAP_SEC : FIRM_OCTAVE_SEC;
    return step >= LEAP ? FIRM_LEAP_SEC : FIRM_STEP_SEC;
}

/* When the pitch left the note for the run's: half way between, or where an onset is hinted. */
static double change_sec(const segmenter *self)
{
    double step = self->run.mean - self->note.center, crossed_sec = self->run.start_sec;
    if (is_hinted(self, &crossed_sec))
        return crossed_sec;
    for (uint64_t k = 0; k < self->frames && k < PAST; k++) {
        const note_frame *frame = past_frame(self, k);
        if (frame->time_sec > self->run.start_sec || !frame->is_voiced)
            continue;
        if (frame->time_sec < self->run.start_sec - HINT_BEFORE_SEC)
            break;
        double part = (frame->semitones - self->note.center) / step;
        if (part < 0.5)
            break;
        crossed_sec = frame->time_sec;
    }
    return crossed_sec;
}

/* No note will begin before: a soft attack may yet be found, or the pending onset moved. */
static void settle(segmenter *self)
{
    double until_sec = (double)(newest_instant(self) - ONSET_DELAYS) * HOP_SEC;
    if (self->run.frames && self->run.start_sec - HINT_BEFORE_SEC < until_sec)
        until_sec = self->run.start_sec - HINT_BEFORE_SEC;
    if (self->is_pending) {
        double begin_sec = self->pending_sec - (self->is_struck ? REFINE_SEC : SOFT_SEC);
        until_sec = begin_sec < until_sec ? begin_sec : until_sec;
    }
    self->settled_sec = until_sec > self->settled_sec ? until_sec : self->settled_sec;
}

/* When the pending note began, as it is seen now. */
static double pending_onset(const segmenter *self)
{
    double sec = self->pending_sec, from_sec = self->pending_sec;
    from_sec -= self->is_struck ? REFINE_SEC : SOFT_SEC;
    double after_sec = self->note.onset_sec + APART_SEC;
    if (self->note.id >= 0 && from_sec < after_sec)
        from_sec = after_sec;
    likeliest(self, from_sec, self->pending_sec + (self->is_struck ? HOP_SEC : HINT_AFTER_SEC), &sec);
    return sec;
}

static void frame_of_pending(segmenter *self, const note_frame *frame)
{
    if (frame->is_voiced && frame->time_sec >= self->pending_sec) {
        run_add(&self->run, frame);
        if (is_firm(self, &self->run, self->is_struck ? FIRM_STRUCK_SEC : FIRM_SUNG_SEC))
            begin_note(self, pending_onset(self));
        return;
    }
    double last_sec = self->run.frames ? self->run.last_sec : self->pending_sec;
    double wait_sec = self->is_struck ? WAIT_SEC : GAP_SEC;
    if (frame->time_sec - last_sec > wait_sec)
        self->is_pending = self->is_struck = self->run.frames = 0;
}

static void frame_of_note(segmenter *self, const note_frame *frame)
{
    if (fabs(frame->semitones - self->note.center) < ELSEWHERE) {
        note_add(&self->note, frame, frame_weight(self, frame, 0));
        self->run.frames = 0;
        tell_again(self);
        return;
    }
    run_add(&self->run, frame);
    if (!is_firm(self, &self->run, firm_change_sec(self)))
        return;
    if (is_scoop(self))
        settle_on_run(self);
    else
        begin_note(self, change_sec(self));
}

void segmenter_frame(segmenter *self, const note_frame *frame)
{
    self->past[self->frames++ % PAST] = *frame;
    if (self->note.id >= 0 && !frame->is_voiced) {
        double last_sec = self->note.last_sec;
        if (self->run.frames && self->run.last_sec > last_sec)
            last_sec = self->run.last_sec;
        if (frame->time_sec - last_sec > GAP_SEC) {
            end_note(self, self->note.last_sec);
            if (!self->is_pending)
                self->run.frames = 0;
        }
    }
    if (self->is_pending) {
        frame_of_pending(self, frame);
    } else if (self->note.id >= 0) {
        if (frame->is_voiced)
            frame_of_note(self, frame);
    } else if (frame->is_voiced) {
        self->is_pending = 1;
        self->pending_sec = frame->time_sec;
        self->run.frames = 0;
        frame_of_pending(self, frame);
    }
}

/* An onset is sure: what sounded so far is over once a pitch holds after it. */
static void strike(segmenter *self, double onset_sec)
{
    if (self->note.id >= 0 && !self->is_pending && onset_sec < self->note.onset_sec + APART_SEC)
        return;
    if (self->is_pending && self->is_struck && onset_sec < self->pending_sec + APART_SEC)
        return;
    if (self->is_pending && !self->is_struck && self->run.frames >= 4
        && onset_sec > self->pending_sec + HINT_BEFORE_SEC)
        begin_note(self, pending_onset(self));
    self->is_pending = self->is_struck = 1;
    self->pending_sec = onset_sec;
    self->run.frames = 0;
    for (uint64_t back = self->frames < PAST ? self->frames : PAST; back-- > 0;) {
        const note_frame *frame = past_frame(self, back);
        if (frame->time_sec >= onset_sec && frame->is_voiced)
            run_add(&self->run, frame);
    }
    if (is_firm(self, &self->run, FIRM_STRUCK_SEC))
        begin_note(self, pending_onset(self));
}

/* Whether an onset is sure at an instant: its chance peaks high, or those about it make one. */
static int is_onset(const segmenter *self, int64_t instant)
{
    float chance = chance_at(self, instant);
    if (chance >= STRUCK && chance > chance_at(self, instant - 1)
        && chance >= chance_at(self, instant + 1))
        return 1;
    float share = share_about(self, instant);
    if (share < SPREAD || instant + SPREAD_HOPS > newest_instant(self))
        return 0;
    for (int64_t k = 1; k <= NEAR_HOPS; k++)
        if (share_about(self, instant - k) > share || share_about(self, instant + k) > share)
            return 0;
    return 1;
}

void segmenter_hop(segmenter *self, float level, const float chances[ONSET_DELAYS])
{
    self->levels[self->hops++ % LEVELS] = level;
    int64_t newest = newest_instant(self);
    for (int64_t k = 0; k < ONSET_DELAYS && k <= newest; k++)
        self->chances[(newest - k) % CHANCES] = chances[k];
    for (int64_t k = newest - ONSET_DELAYS + 1; k < newest; k++) {
        if (!is_onset(self, k) || mean_sec(self, k) < self->struck_sec + APART_SEC)
            continue;
        self->struck_sec = mean_sec(self, k);
        strike(self, self->struck_sec);
    }
    settle(self);
}
