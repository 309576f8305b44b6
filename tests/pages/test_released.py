"""The claims page shows the verdicts that are shipped."""

from __future__ import annotations

from bnlab.claims import claims
from bnlab.claims.released import released
from bnlab.claims.words import effect_words
from tests.pages.conftest import open_page


def test_the_board_shows_the_released_verdicts_with_where_they_are_from() -> None:
    board = open_page("claims.py")
    assert not board.exception
    text = "\n".join(str(element.value) for element in (*board.markdown, *board.caption))
    for name, found in released().items():
        assert found.where in text
        lines = {finding.condition: finding for finding in found.findings}
        for one in claims()[name].conditions:
            assert one.is_control or effect_words(one, lines[one.name]) in text
