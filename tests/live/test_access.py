"""Who may look, who may command, and that neither can be forged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from bnlab.live.access import (
    COOKIE,
    BrowserCookie,
    browser_of,
    is_same_origin,
    may_look,
    run_token,
    signed_browser,
)
from tests.live.viewer import OTHER, OWNER, SECRET


def test_a_token_opens_the_run_it_was_made_for_and_no_other() -> None:
    token = run_token("a", secret=SECRET)
    assert may_look("a", token, secret=SECRET)
    assert not may_look("b", token, secret=SECRET)
    assert not may_look("a", token, secret=b"another")


@given(token=st.text())
def test_no_text_is_a_token(token: str) -> None:
    assert not may_look("a", token, secret=SECRET)


def test_a_signed_cookie_proves_its_browser() -> None:
    cookies = {COOKIE: signed_browser(OWNER, secret=SECRET)}
    assert browser_of(cookies, secret=SECRET) == OWNER


@given(value=st.text())
def test_no_text_is_a_browsers_cookie(value: str) -> None:
    assert browser_of({COOKIE: value}, secret=SECRET) is None


def test_a_signature_for_one_browser_or_purpose_serves_no_other() -> None:
    signature = signed_browser(OWNER, secret=SECRET).partition(".")[2]
    assert browser_of({COOKIE: f"{OTHER}.{signature}"}, secret=SECRET) is None
    as_run = run_token(OWNER, secret=SECRET)
    assert browser_of({COOKIE: f"{OWNER}.{as_run}"}, secret=SECRET) is None


@pytest.mark.parametrize(
    ("origin", "host", "is_same"),
    [
        ("http://lab.example:8501", "lab.example:8501", True),
        ("https://lab.example", "lab.example", True),
        ("http://evil.example", "lab.example", False),
        ("http://lab.example:1", "lab.example:2", False),
        ("null", "lab.example", False),
        ("", "lab.example", False),
        ("", "", False),
        ("file://lab.example", "lab.example", False),
        ("http://lab.example.evil.example", "lab.example", False),
        ("http://[", "lab.example", False),
    ],
)
def test_an_origin_is_the_same_when_it_equals_the_host(
    origin: str, host: str, is_same: bool
) -> None:
    assert is_same_origin({"origin": origin, "host": host}) is is_same


def _echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(browser_of(request.cookies, secret=SECRET) or "nobody")


@pytest.fixture
def site() -> TestClient:
    cookie = Middleware(BrowserCookie, secret=lambda: SECRET, path="/lab")
    return TestClient(Starlette(routes=[Route("/lab/", _echo)], middleware=[cookie]))


def test_the_first_page_gives_a_browser_its_id_and_already_knows_it(site: TestClient) -> None:
    first = site.get("/lab/", headers={"accept": "text/html"})
    assert len(first.text) == 32
    assert site.get("/lab/", headers={"accept": "text/html"}).text == first.text


def test_the_cookie_is_kept_from_scripts_and_other_sites(site: TestClient) -> None:
    header = site.get("/lab/", headers={"accept": "text/html"}).headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Lax", "Path=/lab", "Max-Age="):
        assert part in header
    assert "Secure" not in header
    safe = TestClient(site.app, base_url="https://testserver")
    assert "Secure" in safe.get("/lab/", headers={"accept": "text/html"}).headers["set-cookie"]


def test_a_known_browser_gets_no_new_cookie_and_a_forged_one_does(site: TestClient) -> None:
    accept = {"accept": "text/html"}
    good = {COOKIE: signed_browser(OWNER, secret=SECRET)}
    headers = {**accept, "cookie": f"other=1; {COOKIE}={good[COOKIE]}"}
    answer = site.get("/lab/", headers=headers)
    assert answer.text == OWNER and "set-cookie" not in answer.headers
    forged = site.get("/lab/", headers={**accept, "cookie": f"{COOKIE}={OWNER}.00; a=b"})
    assert forged.text not in {OWNER, "nobody"} and "set-cookie" in forged.headers


def test_files_are_served_without_a_cookie(site: TestClient) -> None:
    assert "set-cookie" not in site.get("/lab/", headers={"accept": "*/*"}).headers
