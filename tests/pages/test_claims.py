"""The claims page: its links, its board, what it says of one claim, and what it starts."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from bnlab.claims import claims
from bnlab.fields import SpecError
from pages.ui.claims_address import ClaimsAddress, fallback, own_seeds, own_values, read, write
from tests.pages.conftest import open_page, sentences

PAGE = "claims.py"
NAME = "learning_rate"


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
    own = ClaimsAddress(name, seeds=own_seeds(claim), changes=own_values(claim))
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
    with pytest.raises(SpecError, match="allowed"):
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


# --- one claim -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", claims())
def test_a_claim_says_what_is_said_and_how_it_is_tested(name: str) -> None:
    app = open_page(PAGE, {"claim": name})
    assert not app.exception
    claim = claims()[name]
    text = said(app)
    for part in (claim.title, claim.statement, claim.belief):
        assert part in text
    for condition in claim.conditions:
        assert condition.metric in text
