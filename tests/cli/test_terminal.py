"""Texts of others do not drive the terminal of who looks at them."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apigen_assets.cli.terminal import harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J\x1b[1;1Hforged", r"\x1b[2J\x1b[1;1Hforged"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x9b2J", r"\x9b2J"),
        ("real\rfake", r"real\rfake"),
        ("file\u202etxt.exe", r"file\u202etxt.exe"),
        ("naïve\t日本\r\n", "naïve\t日本\r\n"),
    ],
)
def test_what_drives_a_terminal_is_written_out(text, shown):
    assert harmless(text) == shown


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.text())
def test_only_colours_keep_their_escape(text):
    rest = harmless(text)
    while (start := rest.find("\x1b")) >= 0:
        end = rest.index("m", start)
        assert rest[start : start + 2] == "\x1b[" and set(rest[start + 2 : end]) <= set("0123456789;")
        rest = rest[end + 1 :]


def test_a_hostile_description_does_not_drive_the_terminal_of_a_command(tmp_path):
    command = [
        str(Path(sys.executable).with_name("apigen")),
        "import",
        "x\x1b]0;owned\x07\x1b[2J.py",
        "--out",
        tmp_path,
    ]
    main, terminal = pty.openpty()
    with subprocess.Popen(command, stdout=terminal, stderr=terminal, stdin=subprocess.DEVNULL) as process:
        os.close(terminal)
        said = b""
        while True:
            try:
                part = os.read(main, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
        process.wait(60)
    os.close(main)
    assert b"owned" in said and b"\x1b]" not in said and b"\x1b[2J" not in said
