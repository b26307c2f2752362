"""The adapters with the real client libraries, pointed at the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import shutil
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from PIL import Image

from crossposter.adapters import PLATFORMS, adapter_class
from crossposter.adapters.options import Connection
from crossposter.clock import SystemClock
from crossposter.core.model import Picture, Post
from crossposter.media.public import PublicFolder, WebPublicPictures
from crossposter.ports import Adapter, PublicPictures
from crossposter.sandbox import Sandbox, SandboxAccount
from crossposter.sandbox.exchange import RecordedRequest
from crossposter.testing import NoSteps
from crossposter.web import Network, WebClient
from tests.adapters.readings import receipt_of
from tests.web_server import folder_server

#: Instagram's other backend.
_GRAPH = "instagram-graph"
#: What the adapters' own clock says; X's signatures and the sandbox go by the machine's.
_NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
#: What X shows differently from what was written: addresses, `&`, `<`, and something that looks like an entity.
_TEXT = "İzmir'de ağaç dikimi & “Fuar” <yeni> 🌳 izmir.bel.tr\n\nhttps://www.izmir.bel.tr/tr/Haberler/1?dil=tr&copy=2"


class BackendsSandbox(Sandbox):
    """Takes `instagram-graph` for Instagram by the Graph API, where the account has another id and a token."""

    def account(self, platform: str, handle: str) -> SandboxAccount:
        return self.professional(handle) if platform == _GRAPH else super().account(platform, handle)

    def requests(self, platform: str | None = None, operation: str | None = None) -> list[RecordedRequest]:
        return super().requests(platform and platform.removesuffix("-graph"), operation)

    def inject(self, platform: str, operation: str, do: str, **more: Any) -> None:
        super().inject(platform.removesuffix("-graph"), operation, do, **more)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with BackendsSandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicFolder]:
    """A folder that a web server shows."""
    folder = tmp_path_factory.mktemp("public")
    with folder_server(folder) as url:
        yield PublicFolder(path=folder, base_url=f"{url}/")


@pytest.fixture
def pictures(public: PublicFolder) -> Iterator[PublicPictures]:
    for left in public.path.iterdir():
        left.unlink()
    web = WebClient(Network(allowed=("127.0.0.1",)))
    yield WebPublicPictures(web, folder=public, now=SystemClock().now)
    web.close()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture(params=[*sorted(PLATFORMS), _GRAPH])
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def now() -> datetime:
    return _NOW


@pytest.fixture
def connect(sandbox: Sandbox, tmp_path: Path, pictures: PublicPictures) -> Callable[..., Adapter]:
    """Give a function that makes the adapter of an account; `overrides` are fields of its Connection.

    `credentials` stand in place of the account's own, `options` beside those that the platform must have.
    """

    def connect(
        platform: str,
        handle: str = "izmirbld",
        *,
        credentials: dict[str, str] | None = None,
        options: dict[str, Any] | None = None,
        **overrides: Any,
    ) -> Adapter:
        account = sandbox.account(platform, handle)
        values = dict(account.credentials) if credentials is None else credentials
        named = {name: f"env:{name}" for name in values}
        settings: dict[str, Any] = {"credentials": named}
        if platform == "instagram":
            settings |= {"backend": "instagrapi", "i_accept_account_risk": True}
            named["session_file"] = _own_session(values["session_file"], tmp_path / handle)
        if platform == _GRAPH:
            settings["backend"] = "graph"
        context = {"folder": tmp_path, "environ": values, "secrets_needed": True}
        adapter = adapter_class(platform.removesuffix("-graph"))
        variants = adapter.Options.variants()
        model = variants[platform == "instagram"].model_validate(settings | (options or {}), context=context)
        secrets = {name: source.read(values) for name, source in model.credentials.secrets().items()}
        connection: dict[str, Any] = {
            "account_id": f"{handle}-{platform}",
            "remote_id": account.id,
            "secrets": secrets,
            "now": lambda: _NOW,
            "sleep": lambda _: None,
            "pictures": pictures,
            "timeout_s": (5.0, 5.0),
        }
        return adapter(Connection(**(connection | dict(account.endpoint) | overrides)), model)

    return connect


def _own_session(session_file: str, folder: Path) -> str:
    """Copy the sandbox's session, so that no test changes that of another; any other file is taken as it is."""
    if not Path(session_file).name.startswith("instagram-"):
        return session_file
    folder.mkdir(exist_ok=True)
    return str(shutil.copy(session_file, folder / "session.json"))


@pytest.fixture
def picture() -> Picture:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (10, 90, 160)).save(file, "JPEG")
    content = file.getvalue()
    return Picture(
        url="https://www.izmir.bel.tr/fidan.jpg",
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        width=64,
        height=48,
        alt="Çocuklar fidan dikiyor",
    )


@pytest.fixture
def post(picture: Picture) -> Post:
    return Post(text=_TEXT, link=None, pictures=(picture,))


@pytest.fixture
def prepare(since: datetime) -> Callable[[Adapter, str, Post], Callable[[], object]]:
    """Give a function that does what comes before an operation, and gives the operation itself."""

    def prepare(adapter: Adapter, operation: str, post: Post) -> Callable[[], object]:
        match operation:
            case "verify":
                return adapter.verify
            case "upload" | "alt_text" | "quota" | "container" | "status":
                return lambda: adapter.stage(post, NoSteps())
            case "publish":
                staged = adapter.stage(post, NoSteps())
                return lambda: adapter.publish(staged)
            case "find":
                return lambda: receipt_of(adapter, post, since=since)
        receipt = adapter.publish(adapter.stage(post, NoSteps()))
        if operation == "correct":
            return lambda: adapter.edit(receipt.remote_id, replace(post, text="Düzeltildi"))
        return lambda: adapter.retract(receipt.remote_id)

    return prepare


@pytest.fixture
def since() -> datetime:
    """A moment before anything that the test publishes."""
    return SystemClock().now()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def leaked() -> Callable[[BaseException, SandboxAccount], set[str]]:
    """Give a function that lists the secrets of an account which an error tells."""

    def leaked(error: BaseException, account: SandboxAccount) -> set[str]:
        told = "\n".join([str(error), repr(error), *traceback.format_exception(error)])
        return {secret for secret in _secrets(account) if secret in told}

    return leaked


def _secrets(account: SandboxAccount) -> set[str]:
    if app_secret := account.credentials.get("app_secret"):
        token = account.credentials.get("page_token") or account.credentials["access_token"]
        return {token, app_secret, hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()}
    if account.platform == "twitter":
        return set(account.credentials.values())
    settings = json.loads(Path(account.credentials["session_file"]).read_text(encoding="utf-8"))
    session_id = settings["authorization_data"]["sessionid"]
    return {session_id, unquote(session_id), "IGT:2"}
