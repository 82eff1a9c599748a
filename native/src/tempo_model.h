/* What the tempo model believes about players.  Everything is in seconds or relative to the tempo,
 * so that the unit of the score's beats does not matter.  The numbers are round on purpose: half or
 * twice of any one moves the median error of the prediction a beat ahead by 6 % at most.
 */
#ifndef ETUDE_TEMPO_MODEL_H
#define ETUDE_TEMPO_MODEL_H

#define STEADY_INTERVAL 0.02 /* spread of an interval of one second; it grows with the root */
#define FREE_INTERVAL 0.12
#define CHANGE_INTERVAL 0.03
#define STEADY_DRIFT 0.01    /* relative drift of the tempo within a second */
#define FREE_DRIFT 0.04
#define CHANGE_DRIFT 0.25
#define ONSET_SEC 0.004      /* keys and clocks: spread of an onset about what was meant */
#define SLIP_SEC 0.06        /* spread of an onset that slipped */
#define STOP_SEC 0.3         /* a pause lasts about so long ... */
#define STOP_RATIO 2.0       /* ... and so many times what was due */
#define TEMPO_NU 4.0         /* Student's t: what lies far off is rare, not impossible */

#define STAY 0.9             /* the chance that a common mode goes on, else ... */
#define STEADY_SHARE 0.55    /* ... the modes are as likely as this */
#define FREE_SHARE 0.27
#define CHANGE_SHARE 0.1
#define SLIP_SHARE 0.06
#define STOP_SHARE 0.02
#define EARLY_STOP 0.001     /* a pause makes late: one that made early is so much less likely, */
#define LATE_STOP 2.0        /* ... one that made late up to so much likelier */

#define FIRST_SPREAD 0.3     /* relative spread of a tempo known by one interval */
#define FIRST_MIN_SEC 0.02   /* ... which is at least that long */
#define RESUME_SPREAD 0.1    /* how much a tempo changes over a jump */
#define STEP_MIN 0.1         /* the tempo grows at most tenfold with one interval */
#define SPB_MIN 1e-9         /* seconds per beat, whatever the unit of beats */
#define SPB_MAX 1e12
#define SAME_BEAT 1e-6       /* places nearer than this are one */

#define HABIT_GAIN 0.07      /* share of a deviation that becomes habit */
#define HABIT_LEAK 0.01      /* ... and share of a habit that is lost */
#define HABIT_MAX 0.3        /* relative deviations beyond it are no habit */
#define STRETCH_MIN 0.5      /* what habits may make of an interval, as a factor */
#define STRETCH_MAX 2.0

#endif
