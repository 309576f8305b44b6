"""The page "One layer" in a real browser: every number on it is torch's, by mouse and keyboard."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from bnlab.by_hand.layer_example import FIRST_EXAMPLE, LayerExample, example_of, random_example
from pages.ui.one_layer.address import INPUTS, MATRICES, OPERATIONS
from tests.browser.conftest import NewPage
from tests.browser.layer_example import STEP_OF, OneLayerPage
from tests.browser.people import PHONE
from tests.by_hand.torch_layer import by_torch

LAST = len(OPERATIONS)
DIGITS = 5e-4  # four digits that matter are shown
RESULT = re.compile(r"=\s*(-?[\d.]+)$")  # of a formula


@pytest.fixture
def one_layer(page: Page) -> OneLayerPage:
    """The page, not yet opened."""
    return OneLayerPage(page)


def hold_to_torch(one_layer: OneLayerPage, numbers: LayerExample, *, step: int = LAST) -> None:
    """Every number shown is torch's, and those of later steps are not shown."""
    torch, shown = by_torch(numbers), one_layer.shown()
    assert set(shown) == set(torch)
    for name, values in torch.items():
        found = shown[name]
        if STEP_OF.get(name, 0) > step:
            assert found is None, f"{name} is shown before its step"
        else:
            assert found is not None, f"{name} is not shown at step {step}"
            np.testing.assert_allclose(found, values, rtol=DIGITS, atol=1e-9, err_msg=name)


# --- stepping -------------------------------------------------------------------------------------


def test_stepping_through_the_whole_layer_and_back_shows_torchs_numbers(
    one_layer: OneLayerPage,
) -> None:
    one_layer.open(step="0")
    hold_to_torch(one_layer, FIRST_EXAMPLE, step=0)
    torch = by_torch(FIRST_EXAMPLE)
    formula = one_layer.page.get_by_test_id("stMarkdown").locator("annotation").last
    for step, operation in enumerate(OPERATIONS, 1):
        one_layer.press("One step forward")
        expect(one_layer.where).to_have_text(f"Step {step} of {LAST}: {operation.title}")
        hold_to_torch(one_layer, FIRST_EXAMPLE, step=step)
        expect(one_layer.page.get_by_text(f"{operation.title}. {operation.words}")).to_be_visible()
        expect(formula).to_have_text(RESULT)
    for step in reversed(range(LAST)):
        one_layer.press("One step back")
        hold_to_torch(one_layer, FIRST_EXAMPLE, step=step)
    assert torch.keys() == one_layer.shown().keys()


def test_the_formula_of_each_step_ends_with_torchs_number(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST), pick="x.2.1")
    torch = by_torch(FIRST_EXAMPLE)
    for operation in OPERATIONS:
        index = (2, 1) if operation.name in MATRICES else (1,)
        one_layer.cell(operation.name, *((None, 1) if len(index) == 1 else index)).click()
        expect(one_layer.page.get_by_text(f"{operation.title}. {operation.words}")).to_be_visible()
        latex = one_layer.page.locator("annotation").nth(1).text_content() or ""
        found = latex.rsplit("=", 1)[1].replace(r" \times 10^{", "e").replace("}", "")
        expected = torch[operation.name][index]
        assert float(found) == pytest.approx(expected, rel=DIGITS, abs=1e-9), operation.name


def test_another_example_is_computed_right_as_well(one_layer: OneLayerPage) -> None:
    numbers = random_example(7, rows=9, columns=5)
    one_layer.open(numbers, step=str(LAST))
    hold_to_torch(one_layer, numbers)


def test_the_keys_step_when_no_control_has_the_focus(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.page.keyboard.press("ArrowRight")
    expect(one_layer.where).to_contain_text("Step 2 of")
    one_layer.page.keyboard.press("End")
    expect(one_layer.where).to_contain_text(f"Step {LAST} of")
    one_layer.page.keyboard.press("ArrowLeft")
    expect(one_layer.where).to_contain_text(f"Step {LAST - 1} of")
    one_layer.page.keyboard.press("Home")
    expect(one_layer.where).to_contain_text(f"{LAST} steps to go")
    one_layer.box("x", 0, 0).click()
    one_layer.page.keyboard.press("End")
    expect(one_layer.where).to_contain_text(f"{LAST} steps to go")
    one_layer.page.mouse.click(5, 400)  # beside everything
    one_layer.page.keyboard.press("End")
    expect(one_layer.where).to_contain_text(f"Step {LAST} of")


def test_a_click_in_the_graph_goes_to_that_step(one_layer: OneLayerPage) -> None:
    one_layer.open()
    graph = one_layer.steps.get_by_role("group", name="Graph of the operations")
    graph.get_by_role("button", name="Step 5: Normalized values").click()
    expect(one_layer.where).to_contain_text("Step 5 of")
    current = graph.locator("[aria-current=step]")
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("aria-label", "Step 5: Normalized values, current")
    hold_to_torch(one_layer, FIRST_EXAMPLE, step=5)


def test_a_click_on_a_number_that_is_still_ahead_goes_there(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.cell("y", 1, 2).click()
    expect(one_layer.where).to_contain_text(f"Step {STEP_OF['y']} of")
    expect(one_layer.page).to_have_url(re.compile(r"step=6&pick=y\.1\.2$"))


def test_a_step_is_said_to_a_screen_reader(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.press("One step forward")
    live = one_layer.steps.locator("[aria-live=polite]")
    expect(live).to_contain_text("Step 2 of 12. Subtract the mean")
    expect(live).to_contain_text("comes from: minibatch, batch mean. It goes into: batch variance")
    cell = one_layer.cell("centred", 2, 0)
    expect(cell).to_have_attribute("title", "centred values, example 3, unit 1: -1.5")
    table = one_layer.page.get_by_role("grid", name="centred values")
    row = table.get_by_role("row").filter(
        has=one_layer.page.get_by_role("rowheader", name="example 3")
    )
    assert row.get_by_role("gridcell").all_inner_texts() == ["-1.5", "0.3", "-1"]
    expect(one_layer.cell("y", 0, 0)).to_have_attribute("aria-label", "not computed yet")


def test_quick_double_clicks_are_two_steps(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.steps.get_by_role("button", name="One step forward").dblclick()
    expect(one_layer.where).to_contain_text("Step 3 of")
    expect(one_layer.page).to_have_url(re.compile("step=3&pick=variance"))


# --- what depends on what -------------------------------------------------------------------------

GENERAL = random_example(11, rows=3, columns=2).replace(eps=0.3)


def changed_by(name: str, index: tuple[int, ...]) -> set[str]:
    """The cells whose numbers change, in torch, with one given number."""
    table = np.array(getattr(GENERAL, name))
    table[index] += 0.37
    before, after = by_torch(GENERAL), by_torch(GENERAL.replace(**{name: table}))
    return {
        f"{key}.{'.'.join(map(str, place if len(place) > 1 else ('', *place)))}"
        for key, values in before.items()
        for place in np.ndindex(values.shape)
        if abs(values[place] - after[key][place]) > 1e-9
    }


@pytest.mark.parametrize(
    ("name", "index"), [("x", (1, 0)), ("weight", (1,)), ("bias", (0,)), ("grad_y", (2, 1))]
)
def test_what_lights_up_is_what_changes_with_the_number(
    one_layer: OneLayerPage, name: str, index: tuple[int, ...]
) -> None:
    one_layer.open(GENERAL, step=str(LAST), pick=".".join([name, *map(str, index)]))
    lit = one_layer.lit()
    (subject,) = lit["subject"]
    assert lit.get("use", set()) | lit.get("use far", set()) | {subject} == changed_by(name, index)


def test_what_a_number_comes_from_are_the_givens_that_change_it(one_layer: OneLayerPage) -> None:
    one_layer.open(GENERAL, step=str(LAST), pick="grad_x.1.0")
    lit = one_layer.lit()
    sources = lit["source"] | lit["source far"]
    givens = {
        f"{name}.{'.'.join(map(str, place if len(place) > 1 else ('', *place)))}": (name, place)
        for name in INPUTS
        if name != "eps"
        for place in np.ndindex(np.shape(getattr(GENERAL, name)))
    }
    for cell, (name, place) in givens.items():
        assert (cell in sources) == ("grad_x.1.0" in changed_by(name, place)), cell
    assert lit["source"] == {
        "grad_x_hat.1.0", "std..0", "grad_variance..0", "centred.1.0", "grad_mean..0"
    }  # fmt: skip


def test_hovering_shows_it_for_a_moment_and_clicking_keeps_it(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST), pick="mean.0")
    one_layer.cell("x_hat", 1, 1).hover()
    assert one_layer.lit()["subject"] == {"x_hat.1.1"}
    one_layer.where.hover()
    assert one_layer.lit()["subject"] == {"mean..0"}
    one_layer.cell("x_hat", 1, 1).click()
    one_layer.where.hover()
    assert one_layer.lit()["subject"] == {"x_hat.1.1"}
    assert one_layer.lit()["source"] == {"centred.1.1", "std..1"}


# --- editing --------------------------------------------------------------------------------------


def test_cells_are_typed_into_as_in_a_spreadsheet(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST))
    keyboard = one_layer.page.keyboard
    one_layer.box("x", 0, 0).click()
    for text in ("1", "2,5", "-3"):  # Enter leads down
        keyboard.type(text)
        keyboard.press("Enter")
    expect(one_layer.box("x", 3, 0)).to_be_focused()
    keyboard.type("4")
    keyboard.press("Tab")
    expect(one_layer.box("x", 3, 1)).to_be_focused()
    keyboard.press("ArrowUp")
    expect(one_layer.box("x", 2, 1)).to_be_focused()
    keyboard.press("ArrowLeft")
    expect(one_layer.box("x", 2, 0)).to_be_focused()
    numbers = FIRST_EXAMPLE.replace(
        x=[(a, *row[1:]) for a, row in zip((1, 2.5, -3, 4), FIRST_EXAMPLE.x, strict=True)]
    )
    expect(one_layer.cell("mean", None, 0)).to_have_text("1.125")
    one_layer.settle()
    hold_to_torch(one_layer, numbers)


def test_the_gradient_from_above_gamma_and_beta_can_be_edited(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST))
    for name, row in (("grad_y", 0), ("weight", None), ("bias", None)):
        one_layer.box(name, row, 1).fill("2")
        one_layer.box(name, row, 1).press("Enter")
    numbers = FIRST_EXAMPLE.replace(
        weight=(1.5, 2.0, 0.5),
        bias=(0.5, 2.0, -1.0),
        grad_y=[(0.3, 2.0, 1.0), *FIRST_EXAMPLE.grad_y[1:]],
    )
    expect(one_layer.page).to_have_url(re.compile("bias=0.5_2_-1&.*grad_y=0.3_2_1~"))
    one_layer.settle()
    hold_to_torch(one_layer, numbers)


def test_a_block_from_a_spreadsheet_replaces_the_minibatch(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST))
    one_layer.paste("x", "1,5\t2\r\n3\t-4\r\n0\t9\r\n")
    expect(one_layer.cell("x", 2, 1)).to_be_visible()
    expect(one_layer.cell("x", 0, 2)).to_have_count(0)
    numbers = FIRST_EXAMPLE.with_minibatch([[1.5, 2], [3, -4], [0, 9]])
    one_layer.settle()
    hold_to_torch(one_layer, numbers)


def test_rows_and_columns_come_and_go(one_layer: OneLayerPage) -> None:
    one_layer.open(example_of([[1, 2], [4, 3]]), step=str(LAST))
    expect(one_layer.page.get_by_role("button", name="Remove example 1")).to_be_disabled()
    for label in ("Add an example", "Add an example", "Add a unit"):
        one_layer.press(label)
    expect(one_layer.cell("x", 3, 2)).to_be_visible()
    one_layer.box("x", 1, 0).focus()
    one_layer.press("Remove example 2")
    one_layer.press("Remove unit 1")
    expect(one_layer.cell("x", 3, 0)).to_have_count(0)
    expect(one_layer.page).to_have_url(re.compile("x=2_2~3_3~3_3&"))
    one_layer.settle()
    grad_y = example_of([[1, 2], [4, 3]]).grad_y
    kept = [(row[1], row[1]) for row in (grad_y[0], grad_y[1], grad_y[1])]
    hold_to_torch(one_layer, example_of([[2, 2], [3, 3], [3, 3]], grad_y=kept))


def test_a_bad_number_gets_a_sentence_and_the_last_good_state_stays(
    one_layer: OneLayerPage,
) -> None:
    one_layer.open(step=str(LAST))
    url = one_layer.page.url
    for text in ("abc", "", "1e400", "nan", "inf", "1e61", "--1", "<b>1</b>"):
        one_layer.box("x", 1, 2).fill(text)
        one_layer.box("x", 1, 2).press("Enter")
        said = f"(got {repr(text) if text else 'nothing'})"
        expect(one_layer.problem).to_contain_text(said)
        expect(one_layer.box("x", 1, 2)).to_have_value("5")
        assert one_layer.page.url.split("step=")[0] == url.split("step=")[0]
        hold_to_torch(one_layer, FIRST_EXAMPLE)
    one_layer.box("x", 1, 2).fill("6")
    one_layer.box("x", 1, 2).press("Enter")
    expect(one_layer.problem).to_be_hidden()
    expect(one_layer.cell("mean", None, 2)).to_have_text("5.25")


BAD_PASTES = {
    "1\t2\t3": "(got 1 row of 3 numbers",
    "1\t2\n3": "(got 2 numbers in row 1 and 1 in row 2",
    "1\t2\n\t3": "(got nothing",
    "a\tb\n1\t2": "(got 'a'",
    "1\t2\n" * 10_000: "(got 10,000 rows",
    "1 " * 400_000: "(got more than 300,000 characters",
    "1\tinf\n2\t3": "(got 'inf'",
}


def test_a_bad_paste_gets_a_sentence_and_the_last_good_state_stays(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST))
    for text, words in BAD_PASTES.items():
        one_layer.paste("x", text)
        expect(one_layer.problem).to_contain_text(words)
        hold_to_torch(one_layer, FIRST_EXAMPLE)


def test_sliders_move_gamma_beta_and_epsilon(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST), pick="mean.1")
    page = one_layer.page
    page.get_by_role("slider", name="gamma γ, unit 2").fill("2.5")
    page.get_by_role("slider", name="beta β, unit 2").fill("-0.75")
    page.get_by_role("slider", name="epsilon ε").fill("-1")
    expect(page).to_have_url(re.compile("weight=1.5_2.5_0.5&bias=0.5_-0.75_-1&eps=0.1&"))
    one_layer.settle()
    numbers = FIRST_EXAMPLE.replace(weight=(1.5, 2.5, 0.5), bias=(0.5, -0.75, -1), eps=0.1)
    hold_to_torch(one_layer, numbers)
    box = page.get_by_role("textbox", name="epsilon ε, as a number")
    expect(box).to_have_value("0.1")
    box.fill("2e-3")
    box.press("Enter")
    expect(page).to_have_url(re.compile("eps=0.002&"))
    one_layer.settle()
    hold_to_torch(one_layer, numbers.replace(eps=0.002))


# --- the page as a whole --------------------------------------------------------------------------


def test_copying_the_address_restores_the_page(one_layer: OneLayerPage, new_page: NewPage) -> None:
    one_layer.open()
    one_layer.press("Constant column")
    expect(one_layer.box("x", 0, 1)).to_have_value("0.7")
    one_layer.cell("x_hat", 2, 0).click()
    expect(one_layer.page).to_have_url(re.compile(r"step=5&pick=x_hat\.2\.0$"))
    other = OneLayerPage(new_page())
    other.page.goto(one_layer.page.url)
    other.wait()
    expect(other.where).to_contain_text("Step 5 of")
    assert other.lit() == one_layer.lit()
    for name, values in one_layer.shown().items():
        np.testing.assert_array_equal(other.shown()[name], values)


def test_back_undoes_an_edit_and_reload_keeps_the_page(one_layer: OneLayerPage) -> None:
    one_layer.open(step=str(LAST))
    one_layer.box("x", 0, 0).fill("9")
    one_layer.box("x", 0, 0).press("Enter")
    expect(one_layer.page).to_have_url(re.compile("x=9_"))
    one_layer.press("One step back")
    expect(one_layer.page).to_have_url(re.compile("step=11"))
    one_layer.settle()
    one_layer.page.reload()
    one_layer.wait()
    changed = FIRST_EXAMPLE.replace(x=[(9, -0.5, 3), *FIRST_EXAMPLE.x[1:]])
    hold_to_torch(one_layer, changed, step=LAST - 1)
    one_layer.page.go_back()
    expect(one_layer.box("x", 0, 0)).to_have_value("1.2")
    one_layer.settle()
    hold_to_torch(one_layer, FIRST_EXAMPLE)


def test_torch_itself_stands_beside_the_numbers(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.press("Check with torch")
    table = one_layer.page.get_by_role("region", name="By hand and by torch")
    expect(table.get_by_role("row")).to_have_count(1 + 30)
    row = table.get_by_role("row").filter(has_text="∂ℓ/∂x, example 2, unit 1")
    torch = by_torch(FIRST_EXAMPLE)["grad_x"][1, 0]
    by_hand, there, _ = row.get_by_role("cell").all_inner_texts()
    assert float(by_hand) == pytest.approx(torch)
    assert float(there) == pytest.approx(torch)
    one_layer.press("Two examples")
    expect(table).to_have_count(0)


def test_a_trial_is_predicted_made_and_taken_back(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.page.get_by_text("A batch of two", exact=True).click()
    one_layer.press("0 and 0")
    said = one_layer.page.get_by_role("status").filter(has_text="You said")
    expect(said).to_contain_text("You said: 0 and 0. Measured: +1 and −1")
    expect(one_layer.where).to_contain_text("Normalized values")
    one_layer.settle()
    two = FIRST_EXAMPLE.replace(x=FIRST_EXAMPLE.x[:2], grad_y=FIRST_EXAMPLE.grad_y[:2])
    hold_to_torch(one_layer, two, step=STEP_OF["x_hat"])
    one_layer.press("Put the numbers back")
    expect(one_layer.cell("x", 3, 0)).to_be_visible()


def test_the_figure_has_words_and_a_table(one_layer: OneLayerPage) -> None:
    one_layer.open()
    expect(
        one_layer.page.get_by_role("img", name=re.compile("Unit 1: x has mean 0.7"))
    ).to_be_visible()
    one_layer.press("The numbers as a table: The values of each unit")
    region = one_layer.page.get_by_role(
        "region", name="The values of each unit, on one axis as a table"
    )
    expect(region.get_by_role("row")).to_have_count(10)


def test_the_largest_example_fits_a_phone(new_page: NewPage) -> None:
    one_layer = OneLayerPage(new_page(viewport=PHONE))
    numbers = random_example(5, rows=64, columns=8)
    one_layer.open(numbers, step=str(LAST))
    hold_to_torch(one_layer, numbers)
    assert one_layer.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert one_layer.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= 390


def test_a_whole_minibatch_of_one_unit_can_be_looked_through(one_layer: OneLayerPage) -> None:
    numbers = random_example(6, rows=1024, columns=1)
    one_layer.open(numbers, step=str(LAST))
    hold_to_torch(one_layer, numbers)


def test_leaving_the_page_and_coming_back_finds_it_as_it_was(one_layer: OneLayerPage) -> None:
    one_layer.open()
    one_layer.press("One outlier")
    expect(one_layer.box("x", 0, 0)).to_have_value("50")
    one_layer.page.get_by_role("link", name="Home").first.click()
    expect(one_layer.page.get_by_role("heading", name="What you can explore")).to_be_visible()
    one_layer.page.get_by_role("link", name="One layer").first.click()
    one_layer.wait()
    expect(one_layer.box("x", 0, 0)).to_have_value("50")
    one_layer.box("x", 0, 0).fill("3")
    one_layer.box("x", 0, 0).press("Enter")
    expect(one_layer.page).to_have_url(re.compile("x=3_"))
