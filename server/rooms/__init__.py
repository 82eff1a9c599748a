"""Listening rooms: codes, members, the clock, survival; the music's own rules are the engine's."""
