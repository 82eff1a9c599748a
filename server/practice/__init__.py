"""Practice sessions: kept, listed, summed up, and made of what is played live."""
