"""Instagram's login as instagrapi 3.2.2 speaks it: the app's current flow (CAA), its second steps, and the older one.

Paths, fields and answers were taken from that client's own requests and from what it reads in answers. How Instagram
decides who is asked for what is not known; here each account says it.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from Cryptodome.Cipher import AES, PKCS1_v1_5
from Cryptodome.PublicKey import RSA

from crossposter.sandbox.exchange import Request, Response, json_response
from crossposter.sandbox.world import SandboxAccount

_BLOKS = re.compile(r"/api/v1/bloks/(?:async_action|apps)/(?:com\.bloks\.www\.)?(.+)")
_CHALLENGE = re.compile(r"/api(?:/v1)?/challenge/(\d+)/(\w+)")
_PASSWORD = re.compile(r"#PWD_INSTAGRAM:4:(\d+):(.+)")
_PLAIN = {
    "/graphql_www": {"data": {"1$usdid_registration(input:$input)": {"success": True}}, "status": "ok"},
    "/api/v1/launcher/sync": {"status": "ok"},
    "/api/v1/attestation/create_android_keystore": {
        "challenge_nonce": "SANDBOXNONCE",
        "key_nonce": "SANDBOXKEY",
        "status": "ok",
    },
}
_ENTRY, _CODE_ENTRY, _CODE_SENT = (
    "com.bloks.www.ap.two_step_verification.entrypoint_async",
    "com.bloks.www.ap.two_step_verification.code_entry",
    "com.bloks.www.ap.two_step_verification.code_entry_async",
)


@dataclass(slots=True, kw_only=True)
class Door:
    """How an account is logged in to; tests change it."""

    account: SandboxAccount
    password: str
    #: "", "totp", "sms" (a second factor), "mail" (a code of the new flow), "challenge" (a code of the older one),
    #: "confirm" (in the app), "app" (a challenge that only the app knows).
    asks: str = ""
    #: Send every login to the older flow, as Instagram does now and then.
    is_legacy: bool = False
    #: The code that is asked for.
    code: str = field(default_factory=lambda: f"{secrets.randbelow(10**6):06}")
    #: Set when the challenge was answered.
    is_trusted: bool = False


class Logins:
    """Answers what is asked before there is a session; `begin` makes one and gives its id."""

    def __init__(self, *, begin: Callable[[SandboxAccount], str]) -> None:
        self._begin = begin
        self.doors: dict[str, Door] = {}

    def know(self, account: SandboxAccount, password: str) -> None:
        """Let a person log in to an account."""
        self.doors[account.handle] = Door(account=account, password=password)

    def reset(self) -> None:
        """Ask nobody for more than the password."""
        for door in self.doors.values():
            door.asks, door.is_legacy, door.is_trusted = "", False, False

    def respond(self, request: Request, path: str) -> Response | None:
        """Carry a request out; None for one that is about something else."""
        if path in _PLAIN:
            return json_response(200, _PLAIN[path])
        if path == "/api/v1/qe/sync":
            return json_response(200, {"status": "ok"}, self._public_key())
        if path == "/api/v1/accounts/login":
            return self._older_flow(request.form)
        if path == "/api/v1/accounts/two_factor_login":
            return self._older_second_factor(request.form)
        if match := _CHALLENGE.fullmatch(path):
            return self._challenge(request, match[1])
        if match := _BLOKS.fullmatch(path):
            return self._current_flow(match[1], request)
        return None

    @cached_property
    def _key(self) -> RSA.RsaKey:
        return RSA.generate(2048)  # takes half a second: only when somebody logs in

    def _public_key(self) -> dict[str, str]:
        key = base64.b64encode(self._key.publickey().export_key("PEM")).decode()
        return {"ig-set-password-encryption-key-id": "77", "ig-set-password-encryption-pub-key": key}

    def _opened(self, username: str, encrypted: str) -> Door | None:
        """Give the account that a password opens."""
        door, match = self.doors.get(username), _PASSWORD.fullmatch(encrypted)
        if door is None or match is None:
            return None
        raw = base64.b64decode(match[2])
        nonce, length = raw[2:14], int.from_bytes(raw[14:16], "little")
        session_key = PKCS1_v1_5.new(self._key).decrypt(raw[16 : 16 + length], b"")
        cipher = AES.new(session_key, AES.MODE_GCM, nonce)
        cipher.update(match[1].encode())
        tag, sealed = raw[16 + length : 32 + length], raw[32 + length :]
        return door if cipher.decrypt_and_verify(sealed, tag).decode() == door.password else None

    # -- the current flow ----------------------------------------------------------------------------------------

    def _current_flow(self, action: str, request: Request) -> Response:
        values = _values(request.form)
        if action.endswith("process_client_data_and_redirect"):
            return _bloks(data=[{"data": {"key": "CAA_ACCOUNT_ACCESS_CONTEXT:aac", "initial": "SANDBOXAAC"}}])
        if action.endswith("send_login_request"):
            return self._password(values)
        if action.endswith("two_step_verification.verify_code.async"):
            return self._logged_in_if(values.get("code"), values.get("two_step_verification_context"))
        if action.endswith("ap.two_step_verification.entrypoint_async"):
            return _bloks(action=_leading_to(_CODE_ENTRY, values.get("context_data", "")))
        if action.endswith("ap.two_step_verification.code_entry"):
            return _bloks(action=_leading_to(_CODE_SENT, values.get("context_data", "")))
        if action.endswith("ap.two_step_verification.code_entry_async"):
            return self._logged_in_if(values.get("code"), values.get("context_data"))
        return _bloks()

    def _password(self, values: Mapping[str, str]) -> Response:
        door = self._opened(values.get("contact_point", ""), values.get("password", ""))
        if door is None or door.is_legacy:
            return _bloks(action='(x "CAA_LOGIN_FALLBACK:accounts")', data=["CAA_LOGIN_FALLBACK:accounts"])
        if door.asks in ("totp", "sms"):
            flags: dict[str, Any] = {"totp_two_factor_on": door.asks == "totp", "sms_two_factor_on": door.asks == "sms"}
            return _bloks(data=[{"two_step_verification_context": door.account.handle}], **flags)
        if door.asks == "mail":
            return _bloks(action=_leading_to(_ENTRY, door.account.handle))
        if refusal := _challenged(door):
            return refusal
        return self._bloks_session(door)

    def _logged_in_if(self, code: str | None, context: str | None) -> Response:
        door = self.doors.get(context or "")
        return self._bloks_session(door) if door and code == door.code else _bloks()

    def _bloks_session(self, door: Door) -> Response:
        answer = {
            "login_response": json.dumps({"logged_in_user": _user(door.account), "status": "ok"}),
            "headers": json.dumps({"IG-Set-Authorization": self._authorization(door.account)}),
            "cookies": "",
        }
        return _bloks(action=f"(bk.action.caa.HandleLoginResponse, {json.dumps(json.dumps(answer))})")

    def _authorization(self, account: SandboxAccount) -> str:
        session = {"ds_user_id": account.id, "sessionid": self._begin(account)}
        return "Bearer IGT:2:" + base64.b64encode(json.dumps(session).encode()).decode()

    # -- the older flow ------------------------------------------------------------------------------------------

    def _older_flow(self, form: Mapping[str, str]) -> Response:
        door = self._opened(form.get("username", ""), form.get("enc_password", ""))
        if door is None:
            message = "The password you entered is incorrect. Please try again."
            return _refused(message, error_type="bad_password", invalid_credentials=True)
        if door.asks in ("totp", "sms"):
            info = {
                "two_factor_identifier": door.account.handle,
                "totp_two_factor_on": door.asks == "totp",
                "sms_two_factor_on": door.asks == "sms",
            }
            return _refused("", error_type="two_factor_required", two_factor_required=True, two_factor_info=info)
        return _challenged(door) or self._older_session(door)

    def _older_second_factor(self, form: Mapping[str, str]) -> Response:
        door = self.doors.get(form.get("two_factor_identifier", ""))
        if door is None or form.get("verification_code") != door.code:
            message = "Please check the security code and try again."
            return _refused(message, error_type="sms_code_validation_code_invalid")
        return self._older_session(door)

    def _older_session(self, door: Door) -> Response:
        headers = {"ig-set-authorization": self._authorization(door.account)}
        return json_response(200, {"logged_in_user": _user(door.account), "status": "ok"}, headers)

    def _challenge(self, request: Request, user_id: str) -> Response:
        door = next((door for door in self.doors.values() if door.account.id == user_id), None)
        if door is None:
            return _refused("challenge not found")
        form = request.form
        if door.asks == "confirm":
            return json_response(200, {"step_name": "delta_login_review", "step_data": {"choice": "0"}, "status": "ok"})
        if "security_code" in form:
            if form["security_code"] != door.code:
                return _refused("Please check the code we sent you and try again.")
            door.is_trusted = True
            return json_response(200, {"action": "close", "status": "ok"})
        if "choice" in form:
            return json_response(200, {"step_name": "verify_email", "status": "ok"})
        data = {"choice": "1", "email": "b***n@i***r.bel.tr"}
        return json_response(200, {"step_name": "select_verify_method", "step_data": data, "status": "ok"})


def _challenged(door: Door) -> Response | None:
    if door.asks not in ("challenge", "confirm", "app") or door.is_trusted:
        return None
    path = f"/challenge/{door.account.id}/SANDBOX/"
    challenge = {"api_path": path, "url": f"https://i.instagram.com{path}", "native_flow": door.asks == "app"}
    return _refused("challenge_required", challenge=challenge)


def _refused(message: str, **details: Any) -> Response:
    return json_response(400, {"message": message, **details, "status": "fail"})


def _bloks(*, action: str = "", data: list[Any] | None = None, **more: Any) -> Response:
    payload = {"action": action, "data": data or []}
    return json_response(200, {"layout": {"bloks_payload": payload}, **more, "status": "ok"})


def _leading_to(app: str, context: str) -> str:
    """Write the program that opens another screen with a context, as the app runs it."""
    parameters = f'(f4i (dkc "context_data") (dkc {json.dumps(context)}))'
    return f"(bk.action.core.OpenScreen {json.dumps(app)} {parameters})"


def _values(form: Mapping[str, str]) -> dict[str, str]:
    """Give what a Bloks request carries, from both of its halves."""
    try:
        params = json.loads(form.get("params", "{}"))
        halves = [params.get("client_input_params") or {}, params.get("server_params") or {}]
        return {name: str(value) for half in halves for name, value in half.items()}
    except (ValueError, AttributeError):
        return {}


def _user(account: SandboxAccount) -> dict[str, Any]:
    return {"pk": int(account.id), "pk_id": account.id, "username": account.handle, "full_name": account.name}
