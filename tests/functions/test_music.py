import pytest

from apigen_assets.functions import music


@pytest.mark.parametrize(
    ("note", "hertz"),
    [("A4", 440), ("C4", 261.63), ("c#4", 277.18), ("Db4", 277.18), ("Cb4", 246.94), ("A0", 27.5)],
)
def test_equal_temperament(note, hertz):
    assert music.note_frequency(note) == hertz


@pytest.mark.parametrize(
    ("root", "quality", "notes"),
    [
        ("C", "minor", "C Eb G"),
        ("F#", "major", "F# A# C#"),
        ("G#", "augmented", "G# B# D##"),
        ("Bb", "dominant7", "Bb D F Ab"),
        ("Cb", "minor", "Cb Ebb Gb"),
        ("B", "diminished", "B D F"),
        ("D", "major7", "D F# A C#"),
    ],
)
def test_chords_are_spelled_by_the_scale(root, quality, notes):
    assert music.chord_notes(root, quality) == notes.split()


def test_inversions():
    assert music.chord_notes("C", "major", 2) == ["G", "C", "E"]
    with pytest.raises(ValueError, match="inversion"):
        music.chord_notes("C", "major", 3)


def test_tempo():
    assert music.beat_duration_ms(120) == 500
    assert music.beat_duration_ms(120, "half", dotted=True) == 1500
