"""instagrapi's login made safe for a person at a terminal: owner of instagrapi together with `_instagrapi.py`.

Stock, it sends a password up to three times, answers "it was me" and invents a birthday by itself, and prints codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import requests
from instagrapi import exceptions

from crossposter.adapters._instagrapi import CONFUSED, InstagramClient
from crossposter.adapters._wire import succeeds
from crossposter.adapters.logins import TRIES, RefusedAnswer, UnfinishedLogin
from crossposter.adapters.options import Connection
from crossposter.errors import CrossposterError, LoginError
from crossposter.wording import Message, say

#: What a login puts into the settings; all else names the device.
_LOGIN_SETTINGS = ("authorization_data", "cookies", "last_login", "ig_u_rur", "ig_www_claim")
#: Where a challenge wants a code; any other step wants a decision, and is the person's own.
_CODE_STEPS = frozenset(
    {
        "verify_email",
        "verify_email_code",
        "verify_phone",
        "verify_phone_code",
        "verify_sms",
        "verify_sms_code",
        "select_verify_method",
    }
)
#: By what Instagram names it.
_CODES = {
    "totp": say("The code that the authenticator app shows, or a backup code"),
    "sms": say("The code that Instagram has sent by SMS, or a backup code"),
    "mail": say("The code that Instagram has sent by e-mail or SMS"),
}
WRONG_CODE = say("Instagram does not accept this code")
#: "Bad password" is also what Instagram says to a device or a network that it does not trust.
_WRONG_PASSWORD = say(
    "Instagram does not accept the password, or does not trust this network. If you are sure of the password, stop "
    "here (Ctrl-C), log in with the app on a phone in the same network, and come back later"
)
_CONFIRM = say(
    "Instagram wants this login confirmed: open the Instagram app with this account, best on a phone in the same "
    "network, say that it was you, do what it asks there, then run the command again; it will come from the same device"
)
_NETWORK = say("Instagram refuses logins from this network: log in from the city's own, without a proxy or VPN")
_NO_LOGIN = say(
    "Instagram has not logged in, and does not say why: log in with the app once, then run the command again"
)


class RefusedPassword(RefusedAnswer):
    """It was the password; a code that was refused is a RefusedAnswer."""


class LoginClient(InstagramClient):
    """Logs in with a password, for a person who is there: the only place where one is used.

    Each request is sent once. Codes that Instagram wants are asked for; nothing is answered in a person's place.
    """

    def __init__(self, connection: Connection, device: dict[str, Any], *, code: Callable[[Message], str]) -> None:
        super().__init__(connection, device)
        self._code = code

    def enter(self, username: str, password: str) -> None:
        """Log in.

        Raises:
            RefusedAnswer: The password or a code was wrong.
            UnfinishedLogin: Instagram wants the login confirmed elsewhere.
            PublishError: It refuses, or cannot be reached.
        """
        try:
            self._enter(username, password)
        except (exceptions.ClientError, requests.RequestException) as error:
            raise self._explained(error) from None  # the library's errors hold answers, and those hold sessions
        except (*CONFUSED, AssertionError):
            raise LoginError(_NO_LOGIN) from None
        if not self.authorization_data.get("sessionid"):
            raise LoginError(_NO_LOGIN)

    def device(self) -> dict[str, Any]:
        """Give the settings of the device, without any login."""
        return device_of(self.get_settings())

    def _enter(self, username: str, password: str) -> None:
        try:
            self.login(username, password)
        except exceptions.TwoFactorRequired as error:
            answer = {"result": getattr(error, "result", None), **self.last_json}
            context = str(getattr(error, "two_step_verification_context", ""))
            if context or (context := self._extract_two_step_verification_context(answer)):
                self._second_step(context, self._infer_bloks_two_factor_challenge(answer))
                return
            self._older_second_step(self._infer_bloks_two_factor_challenge(answer))

    def _second_step(self, context: str, method: str) -> None:
        """Choose how the code comes, which sends an SMS, and only then ask for it."""
        self.bloks_two_step_verification_entrypoint(context)
        self.bloks_two_step_verification_method_picker(context)
        self.bloks_two_step_verification_select_method(context, selected_method=method)
        for _ in range(TRIES):
            code = self._code(_CODES[method])
            kind = "backup_codes" if self._looks_like_backup_code(code) else method
            if kind == "backup_codes":
                self.bloks_two_step_verification_select_method(context, selected_method=kind)
                self.bloks_two_step_verification_enter_backup_code(context)
            answer = self.bloks_two_step_verification_verify_code(context, code, challenge=kind)
            if self.bloks_apply_login_response(answer):
                self.login_flow()
                return
        raise LoginError(WRONG_CODE)

    def _older_second_step(self, method: str) -> None:
        try:
            self.login_legacy(verification_code=self._code(_CODES[method]))
        except (exceptions.UnknownError, exceptions.TwoFactorRequired):
            raise RefusedAnswer(WRONG_CODE) from None

    # What the library would do by itself, done here as a person wants it.

    def private_request(self, endpoint: str, data: Any = None, params: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Send one request, once; where Instagram wants a code first, ask for it, and send the request again."""
        try:
            return self._sent(endpoint, data, params, **kwargs)
        except exceptions.ChallengeRequired:
            self.challenge_resolve(self.last_json)
        return self._sent(endpoint, data, params, **kwargs)

    def _sent(self, endpoint: str, data: Any, params: Any, **kwargs: Any) -> dict[str, Any]:
        headers = {"Authorization": self.authorization, **(kwargs.pop("headers", None) or {})}
        answer = self._send_private_request(endpoint, data=data, params=params, headers=headers, **kwargs)
        return answer if isinstance(answer, dict) else {}

    def login_flow(self) -> bool:
        """Ask for what the app asks for then; the login stands, whatever the answer is."""
        with suppress(exceptions.ClientError, requests.RequestException, *CONFUSED):
            super().login_flow()
        return True

    def _try_caa_login(self, exc: Exception, verification_code: str = "") -> bool:
        """Send the password no second time: the current flow was tried first."""
        return False

    def challenge_code_or_raised(self, choice: Any, wait_seconds: int = 5, attempts: int = 24) -> str:
        """Ask the person; the library would print the code."""
        return self._code(_CODES["mail"])

    def challenge_resolve_simple(self, challenge_url: str) -> bool:
        """Answer a challenge that wants a code, and no other."""
        if self.last_json.get("step_name") not in _CODE_STEPS:
            raise exceptions.ChallengeUnknownStep
        try:
            return bool(super().challenge_resolve_simple(challenge_url))
        except (exceptions.UnknownError, exceptions.ClientBadRequestError, AssertionError):
            raise RefusedAnswer(WRONG_CODE) from None

    def challenge_resolve_contact_form(self, challenge_url: str) -> bool:
        """Leave a form of the web site to the person."""
        raise exceptions.ChallengeUnknownStep

    def bloks_ap_two_step_verification_submit_code(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Send the code; the library does not notice a wrong one."""
        answer: dict[str, Any] = super().bloks_ap_two_step_verification_submit_code(*arguments, **options)
        if not self.bloks_extract_login_response(answer):
            raise RefusedAnswer(WRONG_CODE)
        return answer

    def _explained(self, error: Exception) -> CrossposterError:
        if isinstance(error, exceptions.BadPassword | exceptions.BadCredentials):
            return RefusedPassword(_WRONG_PASSWORD)
        if isinstance(error, exceptions.ChallengeError | exceptions.CaptchaChallengeRequired):
            return UnfinishedLogin(_CONFIRM, content=self.device())
        if isinstance(error, exceptions.SentryBlock | exceptions.ProxyAddressIsBlocked):
            return LoginError(_NETWORK)
        if self.last_response is not None and succeeds(self.last_response):
            return LoginError(_NO_LOGIN)
        return self.translated(error, self.last_response, is_verify=True)


def device_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Take the login out of a session's settings; what names the device stays."""
    return {name: value for name, value in settings.items() if name not in _LOGIN_SETTINGS}
