"""What the YAML names instead of holding it: secrets (`env:NAME`, `file:/run/secrets/x`), files, the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict, cast
from urllib.parse import parse_qsl, unquote

from pydantic import AfterValidator, BeforeValidator, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from crossposter.errors import CrossposterError
from crossposter.private_files import exposed
from crossposter.wording import Message, say


class Context(TypedDict):
    """What the types below need to know to validate."""

    #: The YAML's folder: relative paths start there, so that another working directory changes nothing.
    folder: Path
    environ: Mapping[str, str]
    #: Whether a missing secret is a mistake; a dry run needs none.
    secrets_needed: bool
    #: Whether a missing file is one; an adapter that is tried alone reports it itself, when it reads it.
    files_needed: NotRequired[bool]
    #: Whose file it is, in a folder of them: its names are `city.name` outside it.
    city: NotRequired[str]


_NAMED = r"^(env|file):.+$"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: What needs no quoting only: where another character stands in a password, readers disagree where it ends.
_DATABASE = re.compile(
    r"""postgresql(?:\+psycopg)?://(?:(?P<user>[^:/@?\#\s]+)(?::(?P<password>[^:/@?\#\s]+))?(?P<at>@))?
    (?P<place>(?:\[[\da-fA-F:.]+\]|[^:/@?\#\s]*)(?::\d{1,5})?/[^:/@?\#\s]+)(?:\?(?P<options>\S*))?""",
    re.VERBOSE,
)
_SECRET_OPTIONS = frozenset({"password", "sslpassword"})
#: Far above any token; a larger file is not a secret.
_MAX_SECRET = 64 * 1024


def mistake(message: Message) -> PydanticCustomError:
    """Make a validation error whose sentence reaches the user translated."""
    return PydanticCustomError("said", "{sentence}", {"sentence": message})


class Secret:
    """A text that hides itself from `repr`, logs and tracebacks; `reveal()` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the text; at the last moment, to the library that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__


@dataclass(frozen=True, slots=True, repr=False)
class DatabaseAddress:
    """Where a database server keeps the ledger. Shown without the password, and without options."""

    url: str

    @classmethod
    def read(cls, written: str) -> DatabaseAddress | None:
        """Take an address as it is written; None for what is none, or hides a password among its options."""
        parts = _DATABASE.fullmatch(written)
        options = {name for name, _ in parse_qsl(parts["options"] or "", keep_blank_values=True)} if parts else set()
        return None if not parts or options & _SECRET_OPTIONS else cls(written)

    @property
    def password(self) -> str | None:
        """Give the password as it stands in the address; None where it is found in another way (.pgpass, a socket)."""
        parts = _DATABASE.fullmatch(self.url)
        return parts["password"] if parts else None

    @property
    def conninfo(self) -> str:
        """Give it as libpq takes it: without the name of the library that connects."""
        _, colon, rest = self.url.partition("://")
        return f"postgresql{colon}{rest}"

    def secrets(self) -> list[Secret]:
        """Give what must never be shown, in each spelling."""
        return [Secret(word) for word in {self.password, unquote(self.password or "")} if word]

    def __str__(self) -> str:
        parts = _DATABASE.fullmatch(self.url)
        return f"postgresql://{parts['user'] or ''}{parts['at'] or ''}{parts['place']}" if parts else "postgresql://"

    __repr__ = __str__


class MissingSecretError(CrossposterError):
    """A secret that the YAML names is not there."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is to be read from: an environment variable, a file (absolute path), or the file of `login`.

    `kind` is env, file or login; plain for what is no secret and stands in the YAML itself.
    """

    kind: str
    name: str
    #: Of a `login` file: which of its values.
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    def read(self, environ: Mapping[str, str]) -> Secret:
        """Read it.

        Raises:
            MissingSecretError: The variable or the file is missing, empty or unreadable.
        """
        if self.kind == "plain":
            value = self.name
        elif self.kind == "login":
            value = str(read_login(Path(self.name)).get(self.key) or "")
        else:
            value = environ.get(self.name, "") if self.kind == "env" else self._read_file()
        if not value.strip():
            raise MissingSecretError(self._what_to_do())
        return Secret(value)

    def _read_file(self) -> str:
        try:
            with Path(self.name).open("rb") as file:
                return file.read(_MAX_SECRET).decode("utf-8").strip()
        except OSError as error:
            cause = why_unreadable(error)
        except UnicodeDecodeError:
            cause = say("it is not written in UTF-8")
        # Outside the `except`: what failed to decode is the secret itself, and an exception carries it along.
        raise MissingSecretError(say("the secret's file {path!r} cannot be read: {cause}", path=self.name, cause=cause))

    def _what_to_do(self) -> Message:
        if self.kind == "env":
            return say("the environment variable {name!r} is not set: set it before starting", name=self.name)
        if self.kind == "login":
            return no_login(Path(self.name))
        return say("the secret's file {path!r} is empty: write the secret into it", path=self.name)


class SecretMemory:
    """Reads secrets and remembers them: one that is gone meanwhile is what it was, for who goes on as before."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._known: dict[SecretSource, Secret] = {}

    def read(self, source: SecretSource) -> Secret:
        """Read one.

        Raises:
            MissingSecretError: It is not there, and never was.
        """
        try:
            self._known[source] = source.read(self._environ)
        except MissingSecretError:
            if source not in self._known:
                raise
        return self._known[source]


def read_login(path: Path) -> Mapping[str, Any]:
    """Read what `login` left behind.

    Raises:
        MissingSecretError: It is not there, can be read by others, or is no such file.
    """
    if problem := exposed(path):
        raise MissingSecretError(problem)
    content: Any = None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = no_login(path)
    except OSError as error:
        problem = say("the file {path!r} cannot be read: {cause}", path=str(path), cause=why_unreadable(error))
    except ValueError:
        pass  # told below; outside the `except`, because the exception carries the secret along
    if not problem and not isinstance(content, dict):
        problem = no_login(path)
    if problem:
        raise MissingSecretError(problem)
    return dict(content)


def no_login(path: Path) -> Message:
    """Say that a file holds no login, where the account's name is not known."""
    return say("the file {path!r} holds no login: run 'crossposter login' with the account's name", path=str(path))


def why_unreadable(error: OSError) -> Message:
    """Say why a file cannot be read."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return say("there is no such file")
    if isinstance(error, IsADirectoryError):
        return say("it is a folder")
    if isinstance(error, PermissionError):
        return say("this user may not read it")
    return say("the system says: {words}", words=error.strerror)


def context_of(info: ValidationInfo) -> Context:
    """Give the context that `load_config` validates with."""
    return cast("Context", info.context)


def _parse(value: Any, info: ValidationInfo) -> SecretSource:
    source = _parsed(value, info)
    if context_of(info)["secrets_needed"]:
        _read_once(source, context_of(info)["environ"])
    return source


def _parsed(value: Any, info: ValidationInfo) -> SecretSource:
    kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    name = name.strip()
    if not (kind == "env" and _VARIABLE.fullmatch(name)) and not (kind == "file" and name):
        # Not quoted: it may be the secret itself.
        raise mistake(say("a secret is named here, never written: use env:NAME or file:PATH"))
    if kind == "file":
        name = str((context_of(info)["folder"] / name).absolute())
    return SecretSource(kind, name)


def _read_once(source: SecretSource, environ: Mapping[str, str]) -> None:
    """Find out now what would stop a run later."""
    try:
        source.read(environ)
    except MissingSecretError as error:
        raise mistake(error.message) from None


#: For the models of the configuration; a relative `file:` starts at the YAML's folder.
SecretRef = Annotated[SecretSource, BeforeValidator(_parse), WithJsonSchema({"type": "string", "pattern": _NAMED})]


#: The same, but whether it is there matters only to whoever logs in.
LoginSecretRef = Annotated[
    SecretSource, BeforeValidator(_parsed), WithJsonSchema({"type": "string", "pattern": _NAMED})
]


def _parse_number(value: Any, info: ValidationInfo) -> SecretSource:
    is_number = isinstance(value, str) and value.strip().isdecimal()
    return SecretSource("plain", value.strip()) if is_number else _parse(value, info)


#: A number that is no secret, or where it is to be read from.
NumberRef = Annotated[SecretSource, BeforeValidator(_parse_number), WithJsonSchema({"type": ["string", "integer"]})]


def from_environment(value: str, info: ValidationInfo) -> str:
    """Follow `env:NAME`: addresses may come from the environment, as in the demo."""
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:").strip()
    if not _VARIABLE.fullmatch(name):
        raise mistake(say("behind env: stands the name of an environment variable, like env:FEED_ADDRESS"))
    if not (found := context_of(info)["environ"].get(name, "").strip()):
        raise mistake(say("the environment variable {name!r} is not set: set it before starting", name=name))
    return found


def from_file(value: str, info: ValidationInfo) -> str:
    """Follow `file:PATH`: a text that holds a secret may be kept as a secret is."""
    try:
        return _parsed(value, info).read(context_of(info)["environ"]).reveal()
    except MissingSecretError as error:
        sentence = error.message
    # Outside the `except`, as wherever a secret is read.
    raise mistake(sentence)


def beside_the_yaml(value: str, info: ValidationInfo) -> Path:
    """Make a path absolute, starting at the YAML's folder."""
    return (context_of(info)["folder"] / value).absolute()


def _file(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise mistake(say("the path of a file is wanted here"))
    path = beside_the_yaml(from_environment(value.strip(), info), info)
    if context_of(info).get("files_needed"):
        try:
            path.open("rb").close()
        except OSError as error:
            cause = why_unreadable(error)
            raise mistake(say("the file {path!r} cannot be read: {cause}", path=str(path), cause=cause)) from None
    return path


def _folder(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise mistake(say("the path of a folder is wanted here"))
    path = beside_the_yaml(from_environment(value.strip(), info), info)
    if context_of(info).get("files_needed") and not os.path.isdir(path):
        raise mistake(say("there is no folder {path!r}: make it", path=str(path)))
    return path


def _is_absent(value: Any, info: ValidationInfo) -> bool:
    """Tell whether the environment lacks what it is asked for, and nobody will connect: a dry run needs no account."""
    if context_of(info)["secrets_needed"] or not isinstance(value, str) or not value.startswith("env:"):
        return False
    return not context_of(info)["environ"].get(value.removeprefix("env:").strip(), "").strip()


def _login_file(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value.strip():
        raise mistake(say("the path of a file is wanted here"))
    # As it is named, where only whoever connects needs it.
    named = value if _is_absent(value, info) else from_environment(value.strip(), info)
    return beside_the_yaml(named, info)


#: A text that is not empty, or `env:NAME`.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(from_environment)]
#: A file; a relative path starts at the YAML's folder.
FileRef = Annotated[Path, BeforeValidator(_file)]
#: A folder, likewise.
FolderRef = Annotated[Path, BeforeValidator(_folder)]
#: The path of a file that `login` writes; whether it is there and holds a login is for the account's checks.
LoginFile = Annotated[Path, BeforeValidator(_login_file)]
#: Before a type that may be None, likewise.
ForConnecting = BeforeValidator(lambda value, info: None if _is_absent(value, info) else value)
