"""The program: `crossposter`, or `python -m crossposter`."""

import gc
import os
import sys


def main() -> int:
    """Run the command line and give its exit code."""
    # Loading makes many objects and no garbage: looking for some at every 700 would be a twentieth of `check`.
    gc.set_threshold(10_000)
    # What else is installed has no say in how the YAML is read, and is not searched for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from crossposter.cli import main as run

    code = run()
    # What is left goes with the process; the interpreter's last look for garbage would be a seventh of `check`.
    gc.freeze()
    return code


if __name__ == "__main__":
    sys.exit(main())
