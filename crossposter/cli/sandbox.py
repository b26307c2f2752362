"""`sandbox`: the platforms of the demo alone, until interrupted."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

import typer

from crossposter.cli.context import print_json
from crossposter.errors import CrossposterError
from crossposter.wording import say

if TYPE_CHECKING:
    from crossposter.sandbox import Sandbox, SandboxAccount


def require_sandbox() -> type[Sandbox]:
    """Load the sandbox.

    Raises:
        CrossposterError: Its two packages are not installed.
    """
    try:
        from crossposter.sandbox import Sandbox
    except ModuleNotFoundError as error:
        raise CrossposterError(
            say("the sandbox needs the package {name!r}: pip install 'crossposter-city[demo]'", name=error.name)
        ) from error
    return Sandbox


def sandbox(*, port: int, as_json: bool) -> None:
    """Serve until SIGINT or SIGTERM; prints how to reach it first."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        running = require_sandbox()(port=port)
        running.start()
    except OSError as error:
        raise CrossposterError(
            say("port {port} cannot be used: {cause}; give another with --port", port=port, cause=error.strerror)
        ) from error
    try:
        if as_json:
            print_json(_as_data(running))
        else:
            for name, value in environment_of(running).items():
                typer.echo(f"export {name}='{value}'")
            typer.echo(f"# {running.url}/_sandbox/posts shows what was posted; Ctrl-C ends it")
        stop.wait()
    finally:
        running.stop()


def environment_of(sandbox: Sandbox) -> dict[str, str]:
    """Give what config/demo.yaml names by `env:`: for each account its credentials, its endpoint, and what logs in."""
    found = {}
    for account in (*sandbox.accounts, *sandbox.professionals):
        for name, value in {**account.credentials, **account.login, **account.endpoint}.items():
            found[f"SANDBOX_{account.platform}_{account.handle}_{name}".upper()] = value
    return found


def _as_data(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "url": sandbox.url,
        "proxy": sandbox.proxy,
        "ca_file": sandbox.ca_file,
        "accounts": [_account(account) for account in sandbox.accounts],
        "professionals": [_account(account) for account in sandbox.professionals],
        "environment": environment_of(sandbox),
    }


def _account(account: SandboxAccount) -> dict[str, Any]:
    return {
        "platform": account.platform,
        "id": account.id,
        "handle": account.handle,
        "credentials": dict(account.credentials),
        "login": dict(account.login),
        "endpoint": dict(account.endpoint),
    }
