"""Numbers and tables are read as people write them, or refused with the place of what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnlab.by_hand.tables import MAX_CHARACTERS, read_cells, read_number, read_table, written
from bnlab.spec.fields import SpecError

NUMBERS = st.floats(-1e60, 1e60)


def tables(fewest_columns: int) -> st.SearchStrategy[list[list[float]]]:
    def rows(columns: int) -> st.SearchStrategy[list[list[float]]]:
        row = st.lists(NUMBERS, min_size=columns, max_size=columns)
        return st.lists(row, min_size=1, max_size=6)

    return st.integers(fewest_columns, 5).flatmap(rows)


@given(NUMBERS)
def test_a_written_number_is_read_as_itself(value: float) -> None:
    assert read_number(written(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("1,5", 1.5), (" -2e3 ", -2000.0), ("−3", -3.0), (".5", 0.5), ("4.", 4.0),
     ("+1E-2", 0.01)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert read_number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "1 2", "nan", "inf", "-Infinity", "1e400", "1e61", "0x10", "1_000", "1,234.5",
     "--1", "1e", "١", "1" * 400],
)  # fmt: skip
def test_what_is_no_number_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(SpecError, match=r"must be a number up to 1e\+60 in magnitude"):
        read_number(text)


@given(tables(1), st.sampled_from(["\t", ";", "; ", " ", ", "]))
def test_a_table_is_read_whatever_parts_its_numbers(table: list[list[float]], sign: str) -> None:
    text = "\n".join(sign.join(map(written, row)) for row in table)
    assert read_table(text) == tuple(map(tuple, table))


@given(tables(2), st.sampled_from(["\t", ";", " "]))
def test_a_comma_stands_before_decimals_where_something_else_parts_the_numbers(
    table: list[list[float]], sign: str
) -> None:
    text = "\n".join(sign.join(written(v).replace(".", ",") for v in row) for row in table)
    assert read_table(text) == tuple(map(tuple, table))


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("1,2\n3,4", ((1, 2), (3, 4))),
        ("1\t2\r\n3\t4\r\n", ((1, 2), (3, 4))),
        ("1.5, 2\n3, 4\n\n", ((1.5, 2), (3, 4))),
        ("1,5 2\n3 4", ((1.5, 2), (3, 4))),
    ],
)
def test_tables_of_spreadsheets_and_files_are_read(text: str, table: tuple[object]) -> None:
    assert read_table(text) == table


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\t2\n3\tx", "pasted text, row 2, column 2 must be a number"),
        ("1\n\n2", "pasted text, row 2, column 1 must be a number"),
        ("1\t\t2", "pasted text, row 1, column 2 must be a number"),
        ("height\tweight\n1\t2", r"row 1, column 1 must be .* \(got 'height'"),
        ("\n".join(["1\t2"] * 10_000), "must be up to 1,024"),
        ("1" * (MAX_CHARACTERS + 1), "got more than 300,000 characters"),
        ("", r"row 1, column 1 must be .* \(got nothing"),
    ],
)
def test_a_bad_paste_is_refused_with_the_place_of_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        read_table(text)


@given(st.text(max_size=80))
def test_any_text_is_a_table_or_a_sentence(text: str) -> None:
    try:
        read_table(text)
    except SpecError as error:
        assert str(error).endswith(".")


def test_cells_are_named_after_their_table() -> None:
    with pytest.raises(SpecError, match=r"gamma, row 1, column 2 must be .*\(got 'a'"):
        read_cells("gamma", [["1", "a"]])
