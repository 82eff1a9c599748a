/* The note that sounds: its pitch, its level, and what is told of it. */
#include <math.h>
#include <string.h>

#include "notes.h"

#define RETOLD 0.1      /* semitones from what was told at which a pitch is told again ... */
#define RETOLD_SEC 0.03 /* ... no sooner than so long after */
#define GLIDE_FRAMES 4  /* over so many frames ... */
#define GLIDE 0.4      /* ... a pitch that moves by so many semitones counts half */
#define FOLLOW 0.05     /* share of a frame in where the note stands */
#define ATTACK_SEC 0.07 /* the loudest of so long after an onset is its level */
#define FULL_RMS 0.25   /* of an attack of velocity 127: 12 dB below full scale */
#define BIN 0.05        /* semitones */

float segmenter_attack_level(const segmenter *self, double onset_sec)
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
        const note_frame *before = segmenter_past(self, back + GLIDE_FRAMES);
        if (before->is_voiced)
            moved = (frame->semitones - before->semitones) / GLIDE;
    }
    return (0.05f + frame->confidence) / (float)(1.0 + moved * moved);
}

void segmenter_note_add(segmenter *self, const note_frame *frame, uint64_t back)
{
    note_so_far *note = &self->note;
    float weight = frame_weight(self, frame, back);
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

/* Mean of the middle half of the note's pitches, by how sure they are: neither a scoop nor a slip
 * counts, and both sides of a vibrato do. */
static double middle(const note_so_far *note)
{
    float low = 0.25f * note->weight, high = 0.75f * note->weight, below = 0.0f;
    double sum = 0.0;
    for (int k = 0; k < BINS; k++) {
        float above = below + note->bins[k];
        float from = below > low ? below : low, to = above < high ? above : high;
        if (to > from) {
            double part = (0.5 * ((double)from + to) - below) / note->bins[k];
            sum += ((double)to - from) * (k - BINS / 2 - 0.5 + part);
        }
        below = above;
    }
    return sum != 0.0 ? note->origin + BIN * sum / ((double)high - low) : note->center;
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
    note->told = middle(note);
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

void segmenter_end_note(segmenter *self, double offset_sec)
{
    if (self->note.id < 0)
        return;
    tell(self, offset_sec > self->note.onset_sec ? offset_sec : self->note.onset_sec);
    self->note.id = -1;
}

/* The pitch that sounds is no longer what was told. */
void segmenter_tell_again(segmenter *self)
{
    const note_so_far *note = &self->note;
    if (note->last_sec - note->told_sec >= RETOLD_SEC && fabs(middle(note) - note->told) >= RETOLD)
        tell(self, NAN);
}

/* The note stands where the run is, whatever it was before. */
void segmenter_settle_on_run(segmenter *self)
{
    note_so_far *note = &self->note;
    note->center = note->origin = self->run.mean;
    note->last_sec = self->run.last_sec;
    note->weight = note->doubt = 0.0f;
    note->frames = 0;
    memset(note->bins, 0, sizeof note->bins);
    for (uint64_t back = self->frames < PAST ? self->frames : PAST; back-- > 0;) {
        const note_frame *frame = segmenter_past(self, back);
        if (frame->time_sec >= self->run.start_sec && frame->is_voiced)
            segmenter_note_add(self, frame, back);
    }
    self->run.frames = 0;
    tell(self, NAN);
}
