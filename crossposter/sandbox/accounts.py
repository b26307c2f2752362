"""The six accounts of a sandbox, with credentials made up anew each time; Instagram's have two kinds."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from crossposter.sandbox.graph import Graph
from crossposter.sandbox.instagram import Instagram
from crossposter.sandbox.instagram_graph import InstagramGraph
from crossposter.sandbox.twitter import Twitter
from crossposter.sandbox.world import SandboxAccount

_PEOPLE = (("izmirbld", "İzmir Büyükşehir Belediyesi"), ("izmirenglish", "İzmir Metropolitan Municipality"))


def twitter_accounts(twitter: Twitter, *, url: str) -> list[SandboxAccount]:
    """Make X's accounts: one app, a token for each."""
    api_key, api_secret = secrets.token_urlsafe(18), secrets.token_urlsafe(36)
    accounts = []
    for number, (handle, name) in enumerate(_PEOPLE, start=1):
        user_id = f"128100000000000000{number}"
        credentials = {
            "api_key": api_key,
            "api_secret": api_secret,
            "access_token": f"{user_id}-{secrets.token_urlsafe(24)}",
            "access_secret": secrets.token_urlsafe(32),
        }
        account = SandboxAccount(
            platform=twitter.name,
            id=user_id,
            handle=handle,
            name=name,
            credentials=credentials,
            login={"api_key": api_key, "api_secret": api_secret},
            endpoint={"url": url},
        )
        twitter.accept(account)
        accounts.append(account)
    return accounts


def facebook_accounts(graph: Graph, *, url: str) -> list[SandboxAccount]:
    """Make the Facebook Pages: one app, a Page token for each."""
    accounts = []
    for number, (handle, name) in enumerate(_PEOPLE, start=1):
        app = {"app_id": graph.app_id, "app_secret": graph.app_secret}
        credentials = {"page_token": f"EAAP{secrets.token_hex(24)}", **app}
        account = SandboxAccount(
            platform=graph.name,
            id=f"10020030040050{number}",
            handle=handle,
            name=name,
            credentials=credentials,
            login={**app, "user_token": graph.user_token},
            endpoint={"url": url},
        )
        graph.accept(account)
        accounts.append(account)
    return accounts


def instagram_accounts(
    instagram: Instagram, *, proxy: str, ca_file: str, folder: Path, now: float
) -> list[SandboxAccount]:
    """Make Instagram's accounts, each with a saved session in `folder`."""
    accounts = []
    for number, (handle, name) in enumerate(_PEOPLE, start=1):
        user_id = f"555123456{number}"
        session_id = f"{user_id}%3A{secrets.token_hex(7)}%3A{number}%3A{secrets.token_urlsafe(20)}"
        session_file = folder / f"instagram-{handle}.json"
        _write_private(session_file, _session_settings(user_id, session_id, now=now))
        account = SandboxAccount(
            platform=instagram.name,
            id=user_id,
            handle=handle,
            name=name,
            credentials={"session_file": str(session_file)},
            login={"username": handle, "password": f"parola-ğ-{secrets.token_urlsafe(6)}"},
            endpoint={"proxy": proxy, "ca_file": ca_file},
        )
        instagram.accept(account, session_id)
        instagram.logins.know(account, account.login["password"])
        accounts.append(account)
    return accounts


def professional_accounts(
    instagram: InstagramGraph, profiles: Iterable[SandboxAccount], *, app: Mapping[str, str], url: str
) -> list[SandboxAccount]:
    """Make what the Graph API knows Instagram's accounts by: another id, and a token each."""
    accounts = []
    for number, profile in enumerate(profiles, start=1):
        token = f"EAAI{secrets.token_hex(24)}"
        account = SandboxAccount(
            platform=instagram.name,
            id=f"1784140000000000{number}",
            handle=profile.handle,
            name=profile.name,
            credentials={"access_token": token, **app},
            login={"access_token": token, **app},
            endpoint={"url": url},
        )
        instagram.accept(account, profile=profile)
        accounts.append(account)
    return accounts


def _session_settings(user_id: str, session_id: str, *, now: float) -> dict[str, Any]:
    """Give what instagrapi 3.2.2's `load_settings` needs to be logged in as a known device.

    No "tls_verify" and no "private_transport": saved values would override those of the client's constructor.
    """
    return {
        "uuids": {
            "phone_id": str(uuid.uuid4()),
            "uuid": str(uuid.uuid4()),
            "client_session_id": str(uuid.uuid4()),
            "advertising_id": str(uuid.uuid4()),
            "android_device_id": f"android-{secrets.token_hex(8)}",
            "request_id": str(uuid.uuid4()),
            "tray_session_id": str(uuid.uuid4()),
        },
        "mid": "sandbox",
        "ig_u_rur": None,
        "ig_www_claim": None,
        "authorization_data": {
            "ds_user_id": user_id,
            "sessionid": session_id,
            "should_use_header_over_cookies": True,
        },
        "cookies": {},
        "last_login": now,
        "country": "TR",
        "country_code": 90,
        "locale": "tr_TR",
        "timezone_offset": 10800,
    }


def _write_private(path: Path, settings: dict[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(settings, file, indent=1)
