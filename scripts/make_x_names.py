"""Make crossposter/core/_x_names.py: the top-level domains and the emoji that X knows.

    python scripts/make_x_names.py TLDS EMOJI > crossposter/core/_x_names.py

TLDS is conformance/tld_lib.yml or tlds.yml of https://github.com/twitter/twitter-text; EMOJI is an emoji-test.txt of
https://unicode.org/Public/emoji/, version 13 or later (those before do not say how old an emoji is).
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

_WIDTH = 108  # of columns; a character outside ASCII may take two
#: twitter-text 3.1.0 knows no newer emoji and sums up the characters of their sequences.
_NEWEST_EMOJI = (12, 0)
#: "©" and "®" alone are letters to X. The eye in a speech bubble has not been compared: to count it high is safe.
_NOT_ON_X = {"©", "®", "👁\u200d🗨", "👁\u200d🗨\ufe0f", "👁\ufe0f\u200d🗨", "👁\ufe0f\u200d🗨\ufe0f"}
_HEADER = '''\
"""The top-level domains that X links, and the emoji that it counts as one.

Made by scripts/make_x_names.py; do not edit. Facts, not text: the domains are IANA's list as twitter-text has it in
conformance/tlds.yml (commit 30e2430d90cff3b46393ea54caf511441983c260, read 2026-11-25); the emoji are
the sequences up to version 12.0 in Unicode's emoji-test.txt (13.1 of 2020-09-12), qualified or not.
One string each, split when first used, so that importing them costs little.
"""
'''


def tlds_of(yaml: str) -> set[str]:
    """Read the names from tld_lib.yml ("- com") or tlds.yml ("- https://twitter.com")."""
    return set(re.findall(r"""^ *- ['"]?(?:https://twitter\.)?([^\s'":.]+)['"]?$""", yaml, re.MULTILINE))


def emoji_of(emoji_test: str) -> set[str]:
    """Read the sequences from lines like "1F3F3 FE0F ; fully-qualified # 🏳️ E0.7 white flag"."""
    rows = re.findall(r"^([0-9A-F ]+?) *; [^#]+# \S+ E(\d+)\.(\d+) ", emoji_test, re.MULTILINE)
    known = [codes for codes, major, minor in rows if (int(major), int(minor)) <= _NEWEST_EMOJI]
    return {"".join(chr(int(code, 16)) for code in codes.split()) for codes in known} - _NOT_ON_X


def as_assignment(name: str, words: set[str]) -> str:
    """Write the words as one string in lines that fit, whatever their script."""
    lines = [""]
    for word in sorted(words):
        if len(lines[-1]) + len(word) > (_WIDTH if word.isascii() else _WIDTH // 2 - 8):
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return f'{name} = """\\\n' + "\n".join(lines) + '\n"""\n'


def main() -> None:
    """Print the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tlds", type=Path)
    parser.add_argument("emoji", type=Path)
    arguments = parser.parse_args()
    tlds = tlds_of(arguments.tlds.read_text("utf-8"))
    emoji = emoji_of(arguments.emoji.read_text("utf-8"))
    sys.stdout.write("\n".join([_HEADER, as_assignment("TLDS", tlds), as_assignment("EMOJI", emoji)]))


if __name__ == "__main__":
    main()
