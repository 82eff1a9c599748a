/* One voice in one call: its pitch, and the notes that are made of it. */
#include "voice.h"

#include <math.h>

enum { PIECE = 512, PIECE_FRAMES = PIECE / CORE_PITCH_HOP + 1 }; /* samples of the inner rate */

/* A piece of the sound; says how many frames it brought. */
static size_t hear(core_pitch *pitch, core_notes *notes, const float *inner, size_t n,
                   core_pitch_frame *frames)
{
    core_heard_frame heard[PIECE_FRAMES];
    size_t n_frames = pitch_hear(pitch, inner, n, frames);
    for (size_t k = 0; k < n_frames; k++)
        heard[k] = (core_heard_frame){frames[k].time_sec, frames[k].f0_hz, frames[k].confidence,
                                      frames[k].is_voiced};
    notes_hear(notes, inner, n, heard, n_frames);
    return n_frames;
}

int core_voice_process(core_pitch *pitch, core_notes *notes, const float *samples, size_t n,
                       core_pitch_frame *frames, core_heard_note *found, core_voice_told *told)
{
    float inner[PIECE];
    if (n > CORE_NOTES_SAMPLES)
        return CORE_ERR_RANGE;
    told->n_frames = 0;
    for (size_t given = PIECE; n > 0 || given == PIECE;) { /* once more where inner was full */
        size_t used;
        given = resampler_process(pitch_input(pitch), samples, n, &used, inner, PIECE);
        told->n_frames += hear(pitch, notes, inner, given, frames + told->n_frames);
        samples += used;
        n -= used;
    }
    told->n_notes = core_notes_take(notes, found, CORE_VOICE_NOTES);
    told->settled_sec = core_notes_settled_sec(notes);
    return CORE_OK;
}
