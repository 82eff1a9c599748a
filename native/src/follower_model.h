/* What the follower believes about players.  Costs are negative log probabilities relative to a
 * right note in time.  The numbers were set on public performances, all of them together; none is
 * delicate: a quarter less or a third more of any one moves the mean F1 by 0.15 % at most.
 */
#ifndef ETUDE_FOLLOWER_MODEL_H
#define ETUDE_FOLLOWER_MODEL_H

/* Which notes */
#define MISS_RATE 0.17   /* written notes left out: one in six, as in rough practice, or ... */
#define MISS_NOTES 15.0  /* ... as many as lately, over about so many: one hand practised alone */
#define MISS_CAP 5       /* a whole chord left out is one decision, not one per note, ... */
#define LEFT_OUT_CAP 12.0 /* ... and so is a passage: a little less than a jump */
#define EXTRA_COST 7.0   /* a note of no relation to the score */
#define WRONG_COST 5.0   /* a note within a whole tone played instead of the written one */
#define TRILL_COST 4.5   /* one more note of an ornament that the score does not write */
#define TRILL_SEC 0.2    /* notes of a trill follow each other faster than that */
#define ORNAMENT_COST 3.0 /* one more note of an ornament that the score does write ... */
#define STROKE_COST 1.0   /* ... going to and fro */

/* Hands together */
#define SPREAD_SEC 0.08  /* notes of one chord lie about that far apart */
#define SPREAD_WEIGHT 1.5
#define SPREAD_CAP 4.5   /* the rest of a chord may come at last: stumbling, rolled chords */
#define ROLL_CAP 0.5     /* of a chord written as an arpeggio */
#define LATE_COST 2.0    /* a note after its moment has passed: hands apart */
#define LATE_SEC 0.8     /* ... but not longer than that */

/* In time */
#define TIMING_SIGMA 0.25  /* spread of log inter-onset ratios in expressive playing */
#define TIMING_NU 4.0      /* Student's t: a hesitation is nothing extraordinary */
#define JITTER_SEC 0.03    /* spread of single onsets: short notes tell little about the tempo */
#define SHORTEST 1e-9      /* seconds or beats: as good as none */
#define TOGETHER_COST 2.0  /* struck with the last note, and still meant as one due much later */
#define TARDY_CAP 4.5      /* waiting before the right note costs no more than this */
#define FERMATA_CAP 0.5    /* waiting where the score says so */
#define GRACE_CAP 2.0      /* a grace note before its moment is where it belongs */
#define TEMPO_DRIFT 0.02   /* growth of the log tempo's variance per second */
#define FIRST_IOI_SEC 0.25 /* between moments, before anything is known */
#define TEMPO_VARIANCE 1.0 /* of the log tempo, before anything is known */
#define KNOWN_VARIANCE 0.3 /* above it nothing is due yet, and an interval is taken at its word ... */
#define FIRST_LOG 2.0      /* ... unless it is 7 times off what is usual: then it is a stop */
#define TEMPO_RANGE 4.0    /* of the log tempo either way: 50 times */
#define STOP_LOG 1.0       /* e times as late as due: a stop, which tells nothing of timing */

/* Somewhere else */
#define JUMP_COST 14.0    /* to a bar's beginning, the tempo going on */
#define PAUSE_BONUS 6.0   /* ... but players pause before they jump: times the log of ... */
#define PAUSE_RATIO 2.72  /* ... the silence to what the score has, up to e */
#define PAUSE_SEC 0.4     /* a pause is at least that long */
#define MIDBAR_COST 4.0   /* into the middle of a bar, or unprepared */
#define DISTANCE_COST 0.5 /* times the log of the bars leapt: near jumps are likelier */
#define START_BONUS 1.0   /* starting over is the commonest jump */
#define REPEAT_COST 3.0   /* a repeat taken or not taken, other than the score has it */

#define KEEP_COST 12.0  /* hypotheses worse than the best by more are given up ... */
#define DOUBT_COST 7.0 /* ... and by more, one in a thousand, no reason to doubt the best */
#define WORTH_TELLING 0.01 /* share of an alternative */

enum {
    BARS_BACK = 12, /* bar beginnings considered */
    BARS_ON = 6,
    NEAREST = 8 /* places considered on either side of the player, of those two pitches lead to */
};

#endif
