"""Files the browser needs besides Streamlit's own: our modules and Plotly's bundle."""

from __future__ import annotations

import asyncio
import functools
import gzip
import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bnlab.figures.plotly_js import plotly_path

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@functools.cache
def web_files(folder: Path) -> dict[str, Path]:
    """The modules and styles that may be served, by their path in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _TYPES)
    return {path.relative_to(folder).as_posix(): path for path in files}


@functools.cache
def web_version(folder: Path) -> str:
    """A hash of all of them: part of their URLs, so that browsers may cache them."""
    digest = hashlib.sha256()
    for path in web_files(folder).values():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def web_file(folder: Path, request: Request) -> Response:
    """One module or style sheet."""
    path = web_files(folder).get(request.path_params["path"])
    if path is None:
        raise HTTPException(404)
    is_current = request.path_params["version"] == web_version(folder)
    return Response(
        path.read_bytes(),
        media_type=_TYPES[path.suffix],
        headers={"cache-control": _FOR_A_YEAR if is_current else "no-cache"},
    )


@functools.cache
def _plotly_packed() -> bytes:
    return gzip.compress(plotly_path().read_bytes(), 6)


async def plotly_file(request: Request) -> Response:
    """Plotly.js, compressed once."""
    headers = {"cache-control": "public, max-age=604800", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        data = await asyncio.to_thread(_plotly_packed)
        headers["content-encoding"] = "gzip"
    else:
        data = await asyncio.to_thread(plotly_path().read_bytes)
    return Response(data, media_type="text/javascript; charset=utf-8", headers=headers)
