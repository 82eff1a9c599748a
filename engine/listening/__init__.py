"""Turns sound into notes of a take: a melody note by note, chords by what the score expects."""
