"""Find a Chromium for the browser tests, and with `--install` get one where there is none.

Looked for in this order: the system's Chromium or Chrome, then Playwright's own. Installed in this
order: Playwright's, then Debian's package `chromium` (root only).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
DOWNLOAD_S = 300.0
HOW_TO_GET_ONE = (
    "The browser tests need Chromium, and none was found. Install one (Debian and Ubuntu: "
    "apt-get install chromium), or run: .venv/bin/python -m playwright install --with-deps chromium"
)


def find_chromium() -> Path | None:
    """The first Chromium that starts, or None."""
    return find_system_chromium() or find_own_chromium()


def find_system_chromium() -> Path | None:
    """A Chromium or Chrome of the system's."""
    found = [Path(path) for path in map(shutil.which, NAMES) if path]
    return next(filter(_starts, [*found, MAC]), None)


def find_own_chromium() -> Path | None:
    """The Chromium that Playwright brought."""
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if _starts(path) else None


def install_chromium() -> Path | None:
    """Get a Chromium: Playwright's, else Debian's package when root; None when neither works."""
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    # A machine without a way out answers late or never: one short try instead of five long ones.
    patience = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "15000"}
    if _succeeds(playwright, environment=patience) and (own := find_own_chromium()):
        return own
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        _succeeds(["apt-get", "update"], environment=quiet)
        _succeeds(install, environment=quiet)
    return find_system_chromium()


def _starts(path: Path) -> bool:
    # A name on the PATH proves little: Ubuntu's chromium-browser may be a stub that asks for snap.
    if not path.is_file():
        return False
    version = subprocess.run([path, "--version"], capture_output=True, check=False)
    return version.returncode == 0


def _succeeds(command: list[str], *, environment: dict[str, str]) -> bool:
    print("+", *command, flush=True)
    try:
        ended = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DOWNLOAD_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"No success within {DOWNLOAD_S:.0f} s.", flush=True)
        return False
    if ended.returncode != 0:
        reasons = [line for line in ended.stdout.splitlines() if "rror" in line or "E:" in line]
        print("\n".join(reasons[:1]) or f"It ended with {ended.returncode}.", flush=True)
    return ended.returncode == 0


def main() -> int:
    """Print where Chromium is; with `--install` get one first where there is none."""
    path = find_chromium()
    if path is None and "--install" in sys.argv[1:]:
        path = install_chromium()
    if path is None:
        print(HOW_TO_GET_ONE, file=sys.stderr)
        return 1
    print(f"Browser tests use {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
