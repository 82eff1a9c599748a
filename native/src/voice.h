/* Inside the core: sound of the inner rate, resampled once for all that hear a voice. */
#ifndef ETUDE_VOICE_H
#define ETUDE_VOICE_H

#include "core.h"
#include "dsp.h"

/* The resampler that core_pitch_process() takes its sound through. */
resampler *pitch_input(core_pitch *self);

/* As core_pitch_process(), of samples that have been through it; one frame or none a hop. */
size_t pitch_hear(core_pitch *self, const float *inner, size_t n, core_pitch_frame *frames);

/* As core_notes_process(), of samples that have been through a resampler like its own. */
void notes_hear(core_notes *self, const float *inner, size_t n, const core_heard_frame *frames,
                size_t n_frames);

#endif
