"""Notes, chords and tempo."""

import re
from typing import Literal

from apigen_assets.domain.call import Call
from apigen_assets.functions.ranges import check_choice, check_number
from apigen_assets.functions.seed import Seed

_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_LETTERS = "CDEFGAB"
# Chord tones above the root as (steps of the scale, semitones).
_CHORDS = {
    "major": ((0, 0), (2, 4), (4, 7)),
    "minor": ((0, 0), (2, 3), (4, 7)),
    "diminished": ((0, 0), (2, 3), (4, 6)),
    "augmented": ((0, 0), (2, 4), (4, 8)),
    "dominant7": ((0, 0), (2, 4), (4, 7), (6, 10)),
    "major7": ((0, 0), (2, 4), (4, 7), (6, 11)),
    "minor7": ((0, 0), (2, 3), (4, 7), (6, 10)),
}
_BEATS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "sixteenth": 0.25}


def note_frequency(note: str, tuning_hz: float = 440.0) -> float:
    """Find the frequency of a note in equal temperament.

    Args:
        note: Letter, optional # or b, and octave 0-9, such as C#4.
        tuning_hz: Frequency of A4 in hertz, 400 to 480.

    Returns:
        Frequency in hertz, rounded to two decimals.

    Raises:
        ValueError: The note is malformed or the tuning out of range.
    """
    match = re.fullmatch(r"([A-Ga-g])([#b]?)([0-9])", note.strip())
    if not match:
        raise ValueError(f"note must be a letter A-G, optional # or b, and an octave 0-9, got {note!r}")
    check_number("tuning_hz", tuning_hz, 400, 480)
    pitch = _SEMITONES[match[1].upper()] + {"#": 1, "b": -1, "": 0}[match[2]] + 12 * int(match[3])
    return round(tuning_hz * 2 ** ((pitch - 57) / 12), 2)


def chord_notes(
    root: str,
    quality: Literal["major", "minor", "diminished", "augmented", "dominant7", "major7", "minor7"] = "major",
    inversion: int = 0,
) -> list[str]:
    """List the notes of a chord, correctly spelled, from the lowest up.

    Args:
        root: Root note, a letter A-G with optional # or b.
        quality: Kind of chord.
        inversion: 0 for root position, then 1, 2 or 3 (sevenths only).

    Returns:
        Note names; ## and bb are double accidentals.

    Raises:
        ValueError: The root is malformed, the quality unknown, or the chord has no such inversion.
    """
    match = re.fullmatch(r"([A-Ga-g])([#b]?)", root.strip())
    if not match:
        raise ValueError(f"root must be a letter A-G with optional # or b, got {root!r}")
    check_choice("quality", quality, _CHORDS)
    tones = _CHORDS[quality]
    check_number("inversion", inversion, 0, len(tones) - 1)
    start = _LETTERS.index(match[1].upper())
    pitch = _SEMITONES[_LETTERS[start]] + {"#": 1, "b": -1, "": 0}[match[2]]
    notes = []
    for steps, semitones in tones:
        letter = _LETTERS[(start + steps) % 7]
        shift = (pitch + semitones - _SEMITONES[letter] + 6) % 12 - 6
        notes.append(letter + ("#" * shift if shift > 0 else "b" * -shift))
    return notes[inversion:] + notes[:inversion]


def beat_duration_ms(
    bpm: float,
    note: Literal["whole", "half", "quarter", "eighth", "sixteenth"] = "quarter",
    dotted: bool = False,
) -> float:
    """Compute how long a note lasts at a tempo, in milliseconds.

    Args:
        bpm: Tempo in quarter-note beats per minute, 1 to 1000.
        note: Note value.
        dotted: Whether the note is dotted, half as long again.

    Returns:
        Duration in milliseconds, rounded to two decimals.

    Raises:
        ValueError: The tempo is out of range or the note value unknown.
    """
    check_number("bpm", bpm, 1, 1000)
    check_choice("note", note, _BEATS)
    return round(60_000 / bpm * _BEATS[note] * (1.5 if dotted else 1), 2)


SEEDS: tuple[Seed, ...] = (
    Seed(
        query="What frequency is F#3?",
        answers=(Call(name="note_frequency", arguments={"note": "F#3"}),),
    ),
    Seed(
        query="Our baroque group tunes to 415 hertz. Which frequencies do D4 and Bb4 have then?",
        answers=(
            Call(name="note_frequency", arguments={"note": "D4", "tuning_hz": 415}),
            Call(name="note_frequency", arguments={"note": "Bb4", "tuning_hz": 415}),
        ),
    ),
    Seed(
        query="Which notes do I press for an E minor seventh chord?",
        answers=(Call(name="chord_notes", arguments={"root": "E", "quality": "minor7"}),),
        others=("note_frequency", "beat_duration_ms"),
    ),
    Seed(
        query="spell me Ab major in first inversion, and F# diminished in root position",
        answers=(
            Call(name="chord_notes", arguments={"root": "Ab", "quality": "major", "inversion": 1}),
            Call(name="chord_notes", arguments={"root": "F#", "quality": "diminished"}),
        ),
    ),
    Seed(
        query="For a delay pedal at 128 bpm, how many milliseconds is a dotted eighth?",
        answers=(Call(name="beat_duration_ms", arguments={"bpm": 128, "note": "eighth", "dotted": True}),),
        others=("chord_notes", "note_frequency"),
    ),
    Seed(
        query="In a song at 90 bpm, how long is one quarter note in ms, and which notes make up G dominant seventh?",
        answers=(
            Call(name="beat_duration_ms", arguments={"bpm": 90, "note": "quarter"}),
            Call(name="chord_notes", arguments={"root": "G", "quality": "dominant7"}),
        ),
    ),
    Seed(
        query="Synth patch: frequency of A2 in standard tuning, plus the length of a sixteenth at 140 bpm.",
        answers=(
            Call(name="note_frequency", arguments={"note": "A2"}),
            Call(name="beat_duration_ms", arguments={"bpm": 140, "note": "sixteenth"}),
        ),
        others=("chord_notes",),
    ),
)
