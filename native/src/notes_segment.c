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

#define HINT_BEFORE_SEC 0.06  /* such support may lie so long before a change of pitch ... */
#define HINT_AFTER_SEC 0.04   /* ... and so long after */
#define SOFT_SEC 0.15         /* a soft attack may begin so long before there is a pitch */
#define REFINE_SEC 0.06       /* an onset may be seen so much earlier once more has been heard */
#define APART_SEC 0.05        /* onsets nearer than this are one */
#define GAP_SEC 0.08          /* without pitch for so long a note has ended */
#define WAIT_SEC 0.18         /* an onset without a pitch for so long was no note */
#define AGREE 0.5             /* semitones that frames of one run may lie off their mean */
#define ELSEWHERE 0.7         /* semitones from which a run is another note */
#define FIRM_STRUCK_SEC 0.030 /* a pitch holds after so long: after an attack, */
#define FIRM_SUNG_SEC 0.045   /* where a voice set in, */
#define FIRM_HINTED_SEC 0.030 /* where a hint supports a change of pitch, */
#define FIRM_LEAP_SEC 0.080   /* where none does, from LEAP semitones, */
#define FIRM_STEP_SEC 0.100   /* ... for less, */
#define FIRM_OCTAVE_SEC 0.200 /* ... and for octaves, which may be the tracker's error */
#define LEAP 1.6
#define SLOPE 0.45            /* semitones between the ends of a pitch that holds */
#define MOVING_SEC 0.11       /* a pitch that moves for so long is told by its mean */
#define SCOOP 2.6             /* semitones that a note may be scooped up by, without an onset ... */
#define SCOOP_SEC 0.12        /* ... before so long after its own */
#define WAVER_SEC 0.16        /* so soon after an onset another octave is the same note */
#define ATTACKED_SEC 0.06     /* and so soon any pitch is: notes follow each other no faster */
#define STRUCK_WAVER_SEC 0.1  /* likewise where an onset seems to lie between */

void segmenter_reset(segmenter *self)
{
    memset(self, 0, sizeof *self);
    self->note.id = -1;
    self->struck_sec = self->settled_sec = -INFINITY;
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
        const note_frame *frame = segmenter_past(self, k);
        if (frame->time_sec < run->last_sec - firm_sec)
            break;
        if (!frame->is_voiced)
            continue;
        low = frame->semitones < low ? frame->semitones : low;
        high = frame->semitones > high ? frame->semitones : high;
    }
    return high - low <= SLOPE;
}

/* ---- a note begins ---- */

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
    double since_sec = self->note.id < 0 ? INFINITY : onset_sec - self->note.onset_sec;
    if (!self->is_struck && since_sec < ATTACKED_SEC)
        return 1;
    double age_sec = self->is_struck ? STRUCK_WAVER_SEC : WAVER_SEC;
    return is_octave(self->run.mean - self->note.center) && is_young(self, age_sec);
}

/* The run is a note that began at an instant: tell it, and end the one before. */
static void begin_note(segmenter *self, double onset_sec)
{
    if (is_slip(self, onset_sec)) {
        self->is_pending = self->is_struck = 0;
        segmenter_settle_on_run(self);
        return;
    }
    onset_sec = onset_sec > self->settled_sec ? onset_sec : self->settled_sec;
    double last_sec = self->note.last_sec;
    segmenter_end_note(self, last_sec + GAP_SEC < onset_sec ? last_sec : onset_sec);
    self->note = (note_so_far){
        .onset_sec = onset_sec,
        .peak = segmenter_attack_level(self, onset_sec),
        .id = self->next_id++,
    };
    self->is_pending = self->is_struck = 0;
    segmenter_settle_on_run(self);
}

/* ---- what a frame and an onset change ---- */

/* Whether an onset near the run's start supports that the pitch changed there; *sec is when. */
static int is_hinted(const segmenter *self, double *sec)
{
    double from_sec = self->run.start_sec - HINT_BEFORE_SEC;
    double after_sec = self->note.onset_sec + APART_SEC;
    from_sec = from_sec > after_sec ? from_sec : after_sec;
    return segmenter_likeliest(self, from_sec, self->run.start_sec + HINT_AFTER_SEC, sec) > 0.0f;
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
        const note_frame *frame = segmenter_past(self, k);
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
    double until_sec = (double)(segmenter_newest(self) - ONSET_DELAYS) * HOP_SEC;
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
    double to_sec = self->pending_sec + (self->is_struck ? HOP_SEC : HINT_AFTER_SEC);
    segmenter_likeliest(self, from_sec, to_sec, &sec);
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
        segmenter_note_add(self, frame, 0);
        self->run.frames = 0;
        segmenter_tell_again(self);
        return;
    }
    run_add(&self->run, frame);
    if (!is_firm(self, &self->run, firm_change_sec(self)))
        return;
    if (is_scoop(self))
        segmenter_settle_on_run(self);
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
            segmenter_end_note(self, self->note.last_sec);
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
        const note_frame *frame = segmenter_past(self, back);
        if (frame->time_sec >= onset_sec && frame->is_voiced)
            run_add(&self->run, frame);
    }
    if (is_firm(self, &self->run, FIRM_STRUCK_SEC))
        begin_note(self, pending_onset(self));
}

void segmenter_hop(segmenter *self, float level, const float chances[ONSET_DELAYS])
{
    self->levels[self->hops++ % LEVELS] = level;
    int64_t newest = segmenter_newest(self);
    for (int64_t k = 0; k < ONSET_DELAYS && k <= newest; k++)
        self->chances[(newest - k) % CHANCES] = chances[k];
    for (int64_t k = newest - ONSET_DELAYS + 1; k < newest; k++) {
        double onset_sec = segmenter_mean_sec(self, k);
        if (!segmenter_is_onset(self, k) || onset_sec < self->struck_sec + APART_SEC)
            continue;
        self->struck_sec = onset_sec;
        strike(self, self->struck_sec);
    }
    settle(self);
}
