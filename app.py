"""The server: Streamlit's pages, and beside them the live board's routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import config

from bnlab.lab.claim_tests import close_claim_tests, get_claim_tests
from bnlab.lab.lab import close_lab, get_lab
from bnlab.live.access import BrowserCookie
from bnlab.live.routes import routes

# Streamlit adds the base path to its own routes, but not to ours.
_BASE_PATH = "/" + config.get_option("server.baseUrlPath").strip("/")


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    await asyncio.to_thread(get_lab)  # workers warm up before the first click
    try:
        yield
    finally:
        await asyncio.to_thread(close_claim_tests)
        await asyncio.to_thread(close_lab)


app = st.App(
    "pages/index.py",
    routes=routes(
        _BASE_PATH.rstrip("/"),
        lab=get_lab,
        claim_tests=get_claim_tests,
        web=Path(__file__).parent / "web",
    ),
    middleware=[Middleware(BrowserCookie, secret=lambda: get_lab().secret, path=_BASE_PATH)],
    lifespan=_lifespan,
)
