"""Settings are read from the environment when they are asked for, and refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from bnlab.spec.fields import SpecError
from bnlab.spec.settings import LimitSettings, Settings, settings


def test_a_setting_is_read_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BNLAB_SWEEP_MB", raising=False)
    assert settings().sweep_mb is None
    monkeypatch.setenv("BNLAB_SWEEP_MB", " 512 ")
    assert settings().sweep_mb == 512
    monkeypatch.setenv("BNLAB_SWEEP_MB", "")
    assert settings().sweep_mb is None
    monkeypatch.setenv("BNLAB_DATA", "images")
    assert settings().data == Path("images")


def test_a_whole_number_may_be_written_with_an_exponent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BNLAB_MAX_WORK", "3e13")
    assert LimitSettings().work == 3 * 10**13


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("BNLAB_LOG_MB", "plenty", "BNLAB_LOG_MB must be a whole number from 1 (got 'plenty')."),
        ("BNLAB_LOG_MB", "0", "BNLAB_LOG_MB must be a whole number from 1 (got '0')."),
        ("BNLAB_WORKERS", "300", "BNLAB_WORKERS must be a whole number from 1 to 256 (got '300')."),
        ("BNLAB_SWEEP_MB", "1.5", "must be a whole number from 1 to 16777216 (got '1.5')."),
        ("BNLAB_MAX_RUNS", "inf", "BNLAB_MAX_RUNS must be a whole number from 1 (got 'inf')."),
    ],
)
def test_what_a_setting_cannot_be_is_refused_in_a_sentence(
    name: str, text: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SpecError) as refused:
        (LimitSettings if "MAX" in name else Settings)()
    assert str(refused.value).endswith(words)
