"""The claims page: its links, its board, what it says of one claim, and what it starts."""

from __future__ import annotations

from functools import cache

import pytest
from streamlit.testing.v1 import AppTest

from bnlab.claims import claims
from bnlab.claims.released import released
from bnlab.lab.claim_tests import ClaimRun, get_claim_tests
from bnlab.spec.fields import SpecError
from pages.ui.claims.address import ClaimsAddress, fallback, own_values, read, write
from pages.ui.claims.chips import line
from pages.ui.claims.known import known
from tests.pages.conftest import open_page, sentences

PAGE = "claims.py"
NAME = "learning_rate"
QUICK = "input_scales"


def url_of(app: AppTest) -> dict[str, str]:
    """The query parameters that the page has written."""
    return {key: v if isinstance(v, str) else v[0] for key, v in app.query_params.items()}


def said(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.header, *app.markdown, *app.caption])


# --- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        ClaimsAddress(),
        ClaimsAddress(NAME),
        ClaimsAddress(NAME, run="abc"),
        ClaimsAddress(NAME, seeds=5),
        ClaimsAddress(NAME, changes={"batch_size": 8, "network.activation": "tanh"}),
    ],
    ids=str,
)
def test_a_written_address_reads_back_as_itself(address: ClaimsAddress) -> None:
    assert read(write(address)) == address


@pytest.mark.parametrize("name", claims())
def test_a_link_that_names_the_claims_own_settings_is_no_variation(name: str) -> None:
    claim = claims()[name]
    own = ClaimsAddress(name, seeds=claim.seeds, changes=own_values(claim))
    assert read(write(own)) == ClaimsAddress(name)


@pytest.mark.parametrize("name", claims())
def test_the_claims_own_value_of_every_dial_can_be_chosen(name: str) -> None:
    claim = claims()[name]
    own = own_values(claim)
    for dial in claim.dials:
        assert dial.path == "seeds" or own[dial.path] in dial.values


def test_a_claim_is_found_by_its_number() -> None:
    assert read({"claim": "4"}) == ClaimsAddress(NAME)


@pytest.mark.parametrize(
    ("query", "opened"),
    [
        ({"claim": "nothing"}, None),
        ({"claim": ""}, None),
        ({"claim": "all", "seeds": "5"}, None),
        ({"run": "abc"}, None),
        ({"claim": NAME, "seeds": "0"}, NAME),
        ({"claim": NAME, "seeds": "many"}, NAME),
        ({"claim": NAME, "seeds": "1e9"}, NAME),
        ({"claim": NAME, "batch_size": "7"}, NAME),
        ({"claim": NAME, "optimizer.lr": "1"}, NAME),
        ({"claim": NAME, "![a](b.png)": "1"}, NAME),
    ],
)
def test_a_wrong_link_is_one_sentence_on_the_page(query: dict[str, str], opened: str) -> None:
    with pytest.raises(SpecError, match=r"must be|is not a field"):
        read(query)
    assert fallback(query) == ClaimsAddress(opened)
    app = open_page(PAGE, query)
    assert not app.exception
    assert "This link cannot be opened as it is." in sentences(app)
    assert "](" not in sentences(app)
    assert url_of(app) == write(ClaimsAddress(opened))


# --- the board -----------------------------------------------------------------------------------


def test_the_board_has_every_claim_in_the_order_of_their_numbers() -> None:
    text = said(open_page(PAGE))
    places = [text.index(claim.statement) for claim in claims().values()]
    assert places == sorted(places)


def test_the_board_says_how_many_claims_there_are() -> None:
    assert f"{len(claims())} claims:" in said(open_page(PAGE))


def test_what_the_release_measured_is_marked_as_such() -> None:
    text = said(open_page(PAGE))
    for name, found in released().items():
        assert found.where in text
        for condition, finding in zip(claims()[name].conditions, found.findings, strict=True):
            assert condition.is_control or line(condition, finding) in text


# --- one claim -----------------------------------------------------------------------------------


@cache
def page_of(name: str) -> AppTest:
    """The page of one claim, just opened; for reading only."""
    app = open_page(PAGE, {"claim": name})
    assert not app.exception
    return app


@pytest.mark.parametrize("name", released())
def test_a_claim_says_what_the_release_measured(name: str) -> None:
    assert released()[name].where in said(page_of(name))


@pytest.mark.parametrize("name", claims())
def test_a_claim_says_what_is_said_and_how_it_is_tested(name: str) -> None:
    app = page_of(name)
    claim = claims()[name]
    text = said(app)
    for part in (claim.title, claim.statement, claim.belief):
        assert part in text
    for condition in claim.conditions:
        assert condition.metric in text


def test_why_it_comes_out_so_is_folded_away_until_the_outcome_is_known() -> None:
    labels = [expander.label for expander in page_of(NAME).expander]
    assert "Why? This gives the outcome away." in labels


# --- a test of it --------------------------------------------------------------------------------


def run_of(app: AppTest) -> ClaimRun:
    """The claim run that the page shows, once it has ended."""
    run = get_claim_tests().get(url_of(app)["run"])
    while not run.has_ended:
        run = get_claim_tests().wait(run.id, run.version, timeout_s=60)
    return run


def press(app: AppTest, label: str) -> None:
    [button] = [button for button in app.button if button.label == label]
    button.click()
    app.run()
    assert not app.exception


def chips(app: AppTest) -> str:
    return "\n".join(str(m.value) for m in app.markdown if "-badge[" in str(m.value))


@pytest.fixture(scope="module")
def tested() -> AppTest:
    """A claim whose test has ended, on the page that started it."""
    app = open_page(PAGE, {"claim": QUICK, "seeds": "5"})
    [prediction] = [group for group in app.button_group if group.label.startswith("What do you")]
    prediction.set_value("contradicted")
    press(app, "Run the test")
    assert "The verdict" not in [heading.value for heading in app.subheader]
    assert run_of(app).state == "completed"
    app.run()
    return app


def test_the_verdict_comes_with_every_condition_the_prediction_and_why(tested: AppTest) -> None:
    run = run_of(tested)
    assert {"The verdict", "Why?"} <= {heading.value for heading in tested.subheader}
    assert run.headline is not None
    assert run.headline in chips(tested)
    text = said(tested)
    assert "You said: **contradicted**. Measured: **" in text
    for condition, finding in zip(run.claim.conditions, run.findings, strict=True):
        assert line(condition, finding) in text
        assert all(note in text for note in finding.notes)
    assert run.claim.would_change in text


def test_the_boards_verdict_is_ones_own_newest(tested: AppTest) -> None:
    run = run_of(tested)
    app = open_page(PAGE)
    assert "5 seeds" in said(app)
    press(app, f"**{run.number}. {run.claim.title}**")
    assert url_of(app)["run"] == run.id


def test_a_turned_dial_is_a_variation_and_leaves_the_verdict_as_it_is(tested: AppTest) -> None:
    run = run_of(tested)
    app = open_page(PAGE, {"claim": QUICK, "seeds": "5", "run": run.id})
    [dial] = [group for group in app.button_group if group.label == "Steps"]
    dial.set_value(dial.options[0] if dial.value != dial.options[0] else dial.options[-1])
    app.run()
    assert not app.exception
    press(app, "Run the variation")
    varied = run_of(app)
    assert list(varied.changes) == ["steps"]
    assert url_of(app)["steps"] == str(varied.changes["steps"])
    app.run()
    assert "Variation: steps" in chips(app)
    assert [heading.value for heading in app.subheader].count("The verdict") == 2
    press(open_page(PAGE), f"**{run.number}. {run.claim.title}**")
    assert known(claims()[QUICK]).run == run.id  # type: ignore[union-attr]


def test_a_second_click_starts_no_second_test() -> None:
    app = open_page(PAGE, {"claim": QUICK, "seeds": "1"})
    [button] = [button for button in app.button if button.label == "Run the test"]
    button.click()
    app.run()
    first = url_of(app)["run"]
    button.click()
    app.run()
    assert not app.exception
    assert url_of(app)["run"] == first
    get_claim_tests().stop(first)


def test_a_link_whose_test_is_gone_offers_to_run_it_again() -> None:
    app = open_page(PAGE, {"claim": QUICK, "seeds": "5", "run": "gone"})
    assert "no longer here" in sentences(app)
    assert "Run the test" in [button.label for button in app.button]


def test_fewer_than_five_pairs_are_no_verdict() -> None:
    app = open_page(PAGE, {"claim": QUICK, "seeds": "2"})
    press(app, "Run the test")
    run = run_of(app)
    assert run.headline is None
    app.run()
    assert "No verdict yet." in said(app)
    assert known(claims()[QUICK]) is None or known(claims()[QUICK]).run != run.id  # type: ignore[union-attr]
