"""Is everything there that an account needs to be used? In the YAML, under `apps:`, or in the file of `login`.

Works on the plain data, so that what is missing is told together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crossposter.adapters import PLATFORMS, variant_of
from crossposter.adapters.options import Credentials
from crossposter.config.crosschecks import blocks
from crossposter.config.document import Document
from crossposter.config.models import KeptModel, login_file
from crossposter.core.cities import full_name
from crossposter.references import Context, LoginFile, MissingSecretError, read_login
from crossposter.wording import Message, say

_EMPTY = say("this is empty: write a value")
_NO_PATH = say("the path of a file is wanted here")
_MISSING = say("this is missing: add it")
_MISSING_OF_APP = say("this is missing: add it, here or once for all accounts under 'apps:'")


def check_credentials(document: Document, context: Context) -> None:
    """Add a problem for each key that stands nowhere, and for each account that nobody has logged in to."""
    for index, account in blocks(document, "accounts"):
        written = account.get("credentials", {})
        platform = account.get("platform")
        if not isinstance(written, dict) or not isinstance(platform, str) or platform not in PLATFORMS:
            continue  # told already
        options = variant_of(platform, account.get("backend"))
        if options is None:
            continue  # told already
        model = options.credentials_model()
        path = ("accounts", index, "credentials")
        for key in written:
            if written[key] is None and key in model.model_fields:
                document.report((*path, key), _NO_PATH if key in model.file_keys else _EMPTY)
        if context["secrets_needed"] or written.keys() - set(model.file_keys):
            for key in _missing_of_app(model, written, document.data or {}):
                document.report((*path, key), _MISSING_OF_APP)
        if named := [key for key in model.login_keys if key in written]:
            for key in model.login_keys:
                if key not in named:
                    document.report((*path, key), _MISSING)
        elif context["secrets_needed"]:
            key = next((key for key in reversed(model.file_keys) if key in written), None)
            file = _file(written[key], context) if key else _usual_file(account, context, document.data or {})
            if file and (problem := _not_logged_in(model, file, _name(account, context))):
                document.report((*path, key) if key else path, problem)


def _missing_of_app(model: type[Credentials], written: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    apps = data.get("apps")
    block = apps.get(model.app.name) if isinstance(apps, dict) and model.app else None
    if isinstance(block, dict):
        return []  # what it lacks is told there
    return [key for key in model.needed_of_app if key not in written]


def _file(written: Any, context: Context) -> Path | None:
    """Give the path that a key names; None for a mistake, told already."""
    return _validated(LoginFile, written, context)


def _usual_file(account: Mapping[str, Any], context: Context, data: Mapping[str, Any]) -> Path | None:
    kept = {key: data[key] for key in KeptModel.model_fields if key in data}
    try:
        folder = KeptModel.model_validate(kept, context=context).data
    except ValidationError:
        return None  # told already
    return login_file(_name(account, context), data=folder)


def _name(account: Mapping[str, Any], context: Context) -> str:
    return full_name(context.get("city", ""), str(account.get("id")))


def _validated(kind: Any, value: Any, context: Context) -> Path | None:
    try:
        return Path(TypeAdapter(kind).validate_python(value, context=context))
    except ValidationError:
        return None


def _not_logged_in(model: type[Credentials], file: Path, name: str) -> Message | None:
    try:
        content = read_login(file) if file.exists() else {}
    except MissingSecretError as error:
        return error.message
    if model.holds_login(content):
        return None
    return say(
        "nobody has logged in here: run 'crossposter login {account}' (looked for {path!r})",
        account=name,
        path=str(file),
    )
