"""Write what is expected of new golden items, for review: `python -m scripts.make_golden` from the top of the tree.

Put NAME.entry.json into tests/core/golden (see the others), run this, and read every NAME.PLATFORM.txt as the one who
signs it: what a press office would not sign is a fault to mend, never an expectation. What is there already stays as
it is, and the tests do not use this script.
"""

from __future__ import annotations

from tests.core.golden_posts import ITEMS, PLATFORMS, expected_file, said


def main() -> None:
    """Write the files that are missing, and name them."""
    for item in ITEMS:
        for platform in PLATFORMS:
            path = expected_file(item, platform)
            if not path.exists():
                path.write_text(said(item, platform) + "\n", "utf-8")
                print(path)


if __name__ == "__main__":
    main()
