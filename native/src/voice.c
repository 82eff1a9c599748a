/* One voice in one call: its pitch, and the notes that are made of it. */
#include <math.h>

#include "core.h"

int core_voice_process(core_pitch *pitch, core_notes *notes, const float *samples, size_t n,
                       core_pitch_frame *frames, core_heard_note *found, core_voice_told *told)
{
    core_heard_frame heard[CORE_VOICE_FRAMES];
    size_t used;
    if (n > CORE_NOTES_SAMPLES)
        return CORE_ERR_RANGE;
    told->n_frames = core_pitch_process(pitch, samples, n, &used, frames, CORE_VOICE_FRAMES, NULL);
    for (size_t k = 0; k < told->n_frames; k++)
        heard[k] = (core_heard_frame){frames[k].time_sec, frames[k].f0_hz, frames[k].confidence,
                                      frames[k].is_voiced};
    core_notes_process(notes, samples, n, heard, told->n_frames);
    told->n_notes = core_notes_take(notes, found, CORE_VOICE_NOTES);
    told->settled_sec = core_notes_settled_sec(notes);
    return CORE_OK;
}
