"""The loss surfaces beside the claim of covariate shift."""

from __future__ import annotations

from tests.pages.conftest import open_page

PAGE = "claims.py"
ASK = "ask surface"


def buttons(claim: str) -> list[str]:
    app = open_page(PAGE, {"claim": claim})
    assert not app.exception
    return [button.key for button in app.button]


def test_surfaces_are_offered_beside_one_claim_alone() -> None:
    assert ASK in buttons("covariate_shift")
    assert ASK not in buttons("learning_rate")


def test_a_click_trains_two_networks_and_shows_the_loss_around_both() -> None:
    app = open_page(PAGE, {"claim": "covariate_shift"})
    app.button(key=ASK).click().run()
    assert not app.exception
    assert not app.warning
    kept = app.session_state["loss surfaces"]
    assert kept["loss"].shape == (2, 25, 25)
    assert kept["loss"][0].max() > kept["loss"][1].max()
