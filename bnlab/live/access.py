"""Who may watch a run and who may command it.

The right to watch comes with a link: a token signed for the run's id. The right to command belongs
to the browser that started the run: a signed cookie that no script can read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "bnlab_browser"
_A_YEAR_S = 365 * 24 * 3600
_BROWSER = re.compile(r"^[0-9a-f]{32}$")


def run_token(run_id: str, *, secret: bytes) -> str:
    """The token that lets its bearer watch one run."""
    return _signature("run", run_id, secret)


def may_look(run_id: str, token: str, *, secret: bytes) -> bool:
    """Whether the token was issued for this run."""
    return _is_equal(token, run_token(run_id, secret=secret))


def signed_browser(browser: str, *, secret: bytes) -> str:
    """The value of the cookie that proves a browser's id."""
    return f"{browser}.{_signature('browser', browser, secret)}"


def browser_of(cookies: Mapping[str, str], *, secret: bytes) -> str | None:
    """The id of the browser that sends these cookies; None without a cookie signed here."""
    browser, _, signature = cookies.get(COOKIE, "").partition(".")
    if not _BROWSER.match(browser):
        return None
    return browser if _is_equal(signature, _signature("browser", browser, secret)) else None


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of this server: its Origin equals its Host."""
    host = headers.get("host", "")
    return bool(host) and headers.get("origin") in {f"http://{host}", f"https://{host}"}


def _signature(purpose: str, text: str, secret: bytes) -> str:
    return hmac.new(secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def _is_equal(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


class BrowserCookie:
    """ASGI middleware that gives each browser an id, at its first page or socket.

    The id is put into the request as if the browser had sent it, so that the very first page
    already knows it.
    """

    def __init__(self, app: ASGIApp, *, secret: Callable[[], bytes], path: str = "/") -> None:
        self._app = app
        self._secret = secret
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _opens_a_page(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = cookie_parser("; ".join(headers.getlist("cookie")))
        if browser_of(cookies, secret=self._secret()) is not None:
            await self._app(scope, receive, send)
            return
        value = signed_browser(secrets.token_hex(16), secret=self._secret())
        scope = {**scope, "headers": _with_cookie(headers, value)}
        is_secure = scope["scheme"] in {"https", "wss"}

        async def send_with_cookie(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept"}:
                MutableHeaders(scope=message).append(
                    "set-cookie",
                    f"{COOKIE}={value}; Path={self._path}; Max-Age={_A_YEAR_S}; HttpOnly; "
                    f"SameSite=Lax{'; Secure' if is_secure else ''}",
                )
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _opens_a_page(scope: Scope) -> bool:
    if scope["type"] == "websocket":
        return True
    return scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")


def _with_cookie(headers: Headers, value: str) -> list[tuple[bytes, bytes]]:
    joined = "; ".join([*headers.getlist("cookie"), f"{COOKIE}={value}"])  # the last one counts
    others = [(name, content) for name, content in headers.raw if name != b"cookie"]
    return [*others, (b"cookie", joined.encode("latin-1"))]
