"""What a MIDI pitch is called, in scientific pitch notation: 60 is C4."""

NAMES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")  # the usual spelling

PITCH_NAMES = tuple(f"{NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in range(128))
