"""``etude listen``: the needle and what moves it."""
