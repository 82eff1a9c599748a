"""Pieces: the shipped ones, those that people upload, how they are found, read and learned."""
