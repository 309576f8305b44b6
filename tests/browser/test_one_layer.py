"""The page "One layer" in a real browser: every number on it is torch's, by mouse and keyboard."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from bnlab.by_hand.layer_example import FIRST_BENCH, Bench, bench_of, random_bench
from pages.ui.one_layer.address import INPUTS, MATRICES, OPERATIONS
from tests.browser.bench import STEP_OF, BenchPage
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.by_hand.torch_layer import by_torch

LAST = len(OPERATIONS)
DIGITS = 5e-4  # four digits that matter are shown
RESULT = re.compile(r"=\s*(-?[\d.]+)$")  # of a formula


@pytest.fixture
def bench(page: Page) -> BenchPage:
    """The page, not yet opened."""
    return BenchPage(page)


def hold_to_torch(bench: BenchPage, numbers: Bench, *, step: int = LAST) -> None:
    """Every number shown is torch's, and those of later steps are not shown."""
    torch, shown = by_torch(numbers), bench.shown()
    assert set(shown) == set(torch)
    for name, values in torch.items():
        found = shown[name]
        if STEP_OF.get(name, 0) > step:
            assert found is None, f"{name} is shown before its step"
        else:
            assert found is not None, f"{name} is not shown at step {step}"
            np.testing.assert_allclose(found, values, rtol=DIGITS, atol=1e-9, err_msg=name)


# --- stepping -------------------------------------------------------------------------------------


def test_stepping_through_the_whole_layer_and_back_shows_torchs_numbers(bench: BenchPage) -> None:
    bench.open(step="0")
    hold_to_torch(bench, FIRST_BENCH, step=0)
    torch = by_torch(FIRST_BENCH)
    formula = bench.page.get_by_test_id("stMarkdown").locator("annotation").last
    for step, operation in enumerate(OPERATIONS, 1):
        bench.press("One step on")
        expect(bench.where).to_have_text(f"Step {step} of {LAST}: {operation.title}")
        hold_to_torch(bench, FIRST_BENCH, step=step)
        expect(bench.page.get_by_text(f"{operation.title}. {operation.words}")).to_be_visible()
        expect(formula).to_have_text(RESULT)
    for step in reversed(range(LAST)):
        bench.press("One step back")
        hold_to_torch(bench, FIRST_BENCH, step=step)
    assert torch.keys() == bench.shown().keys()


def test_the_formula_of_each_step_ends_with_torchs_number(bench: BenchPage) -> None:
    bench.open(step=str(LAST), pick="x.2.1")
    torch = by_torch(FIRST_BENCH)
    for operation in OPERATIONS:
        index = (2, 1) if operation.name in MATRICES else (1,)
        bench.cell(operation.name, *((None, 1) if len(index) == 1 else index)).click()
        expect(bench.page.get_by_text(f"{operation.title}. {operation.words}")).to_be_visible()
        latex = bench.page.locator("annotation").nth(1).text_content() or ""
        found = latex.rsplit("=", 1)[1].replace(r" \times 10^{", "e").replace("}", "")
        expected = torch[operation.name][index]
        assert float(found) == pytest.approx(expected, rel=DIGITS, abs=1e-9), operation.name


def test_another_bench_is_computed_right_as_well(bench: BenchPage) -> None:
    numbers = random_bench(7, rows=9, columns=5)
    bench.open(numbers, step=str(LAST))
    hold_to_torch(bench, numbers)


def test_the_keys_step_when_no_control_has_the_focus(bench: BenchPage) -> None:
    bench.open()
    bench.page.keyboard.press("ArrowRight")
    expect(bench.where).to_contain_text("Step 2 of")
    bench.page.keyboard.press("End")
    expect(bench.where).to_contain_text(f"Step {LAST} of")
    bench.page.keyboard.press("ArrowLeft")
    expect(bench.where).to_contain_text(f"Step {LAST - 1} of")
    bench.page.keyboard.press("Home")
    expect(bench.where).to_contain_text(f"{LAST} steps ahead")
    bench.box("x", 0, 0).click()
    bench.page.keyboard.press("End")
    expect(bench.where).to_contain_text(f"{LAST} steps ahead")
    bench.page.mouse.click(5, 400)  # beside everything
    bench.page.keyboard.press("End")
    expect(bench.where).to_contain_text(f"Step {LAST} of")


def test_a_click_in_the_graph_goes_to_that_step(bench: BenchPage) -> None:
    bench.open()
    graph = bench.steps.get_by_role("group", name="Graph of the operations")
    graph.get_by_role("button", name="Step 5: Normalized values").click()
    expect(bench.where).to_contain_text("Step 5 of")
    current = graph.locator("[aria-current=step]")
    expect(current).to_have_count(1)
    expect(current).to_have_attribute("aria-label", "Step 5: Normalized values, current")
    hold_to_torch(bench, FIRST_BENCH, step=5)


def test_a_click_on_a_number_that_is_still_ahead_goes_there(bench: BenchPage) -> None:
    bench.open()
    bench.cell("y", 1, 2).click()
    expect(bench.where).to_contain_text(f"Step {STEP_OF['y']} of")
    expect(bench.page).to_have_url(re.compile(r"step=6&pick=y\.1\.2$"))


def test_a_step_is_said_to_a_screen_reader(bench: BenchPage) -> None:
    bench.open()
    bench.press("One step on")
    live = bench.steps.locator("[aria-live=polite]")
    expect(live).to_contain_text("Step 2 of 12. Take the mean away")
    expect(live).to_contain_text("comes from: minibatch, batch mean. It goes into: batch variance")
    cell = bench.cell("centred", 2, 0)
    expect(cell).to_have_attribute("title", "centred values, example 3, unit 1: -1.5")
    table = bench.page.get_by_role("grid", name="centred values")
    row = table.get_by_role("row").filter(has=bench.page.get_by_role("rowheader", name="example 3"))
    assert row.get_by_role("gridcell").all_inner_texts() == ["-1.5", "0.3", "-1"]
    expect(bench.cell("y", 0, 0)).to_have_attribute("aria-label", "not computed yet")


def test_quick_double_clicks_are_two_steps(bench: BenchPage) -> None:
    bench.open()
    bench.steps.get_by_role("button", name="One step on").dblclick()
    expect(bench.where).to_contain_text("Step 3 of")
    expect(bench.page).to_have_url(re.compile("step=3&pick=variance"))


# --- what depends on what -------------------------------------------------------------------------

GENERAL = random_bench(11, rows=3, columns=2).replace(eps=0.3)


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
    bench: BenchPage, name: str, index: tuple[int, ...]
) -> None:
    bench.open(GENERAL, step=str(LAST), pick=".".join([name, *map(str, index)]))
    lit = bench.lit()
    (subject,) = lit["subject"]
    assert lit.get("use", set()) | lit.get("use far", set()) | {subject} == changed_by(name, index)


def test_what_a_number_comes_from_are_the_givens_that_change_it(bench: BenchPage) -> None:
    bench.open(GENERAL, step=str(LAST), pick="grad_x.1.0")
    lit = bench.lit()
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


def test_hovering_shows_it_for_a_moment_and_clicking_keeps_it(bench: BenchPage) -> None:
    bench.open(step=str(LAST), pick="mean.0")
    bench.cell("x_hat", 1, 1).hover()
    assert bench.lit()["subject"] == {"x_hat.1.1"}
    bench.where.hover()
    assert bench.lit()["subject"] == {"mean..0"}
    bench.cell("x_hat", 1, 1).click()
    bench.where.hover()
    assert bench.lit()["subject"] == {"x_hat.1.1"}
    assert bench.lit()["source"] == {"centred.1.1", "std..1"}


# --- editing --------------------------------------------------------------------------------------


def test_cells_are_typed_into_as_in_a_spreadsheet(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    keyboard = bench.page.keyboard
    bench.box("x", 0, 0).click()
    for text in ("1", "2,5", "-3"):  # Enter leads down
        keyboard.type(text)
        keyboard.press("Enter")
    expect(bench.box("x", 3, 0)).to_be_focused()
    keyboard.type("4")
    keyboard.press("Tab")
    expect(bench.box("x", 3, 1)).to_be_focused()
    keyboard.press("ArrowUp")
    expect(bench.box("x", 2, 1)).to_be_focused()
    keyboard.press("ArrowLeft")
    expect(bench.box("x", 2, 0)).to_be_focused()
    numbers = FIRST_BENCH.replace(
        x=[(a, *row[1:]) for a, row in zip((1, 2.5, -3, 4), FIRST_BENCH.x, strict=True)]
    )
    expect(bench.cell("mean", None, 0)).to_have_text("1.125")
    bench.settle()
    hold_to_torch(bench, numbers)


def test_the_gradient_from_above_gamma_and_beta_can_be_edited(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    for name, row in (("grad_y", 0), ("weight", None), ("bias", None)):
        bench.box(name, row, 1).fill("2")
        bench.box(name, row, 1).press("Enter")
    numbers = FIRST_BENCH.replace(
        weight=(1.5, 2.0, 0.5),
        bias=(0.5, 2.0, -1.0),
        grad_y=[(0.3, 2.0, 1.0), *FIRST_BENCH.grad_y[1:]],
    )
    expect(bench.page).to_have_url(re.compile("bias=0.5_2_-1&.*grad_y=0.3_2_1~"))
    bench.settle()
    hold_to_torch(bench, numbers)


def test_a_block_from_a_spreadsheet_replaces_the_minibatch(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    bench.paste("x", "1,5\t2\r\n3\t-4\r\n0\t9\r\n")
    expect(bench.cell("x", 2, 1)).to_be_visible()
    expect(bench.cell("x", 0, 2)).to_have_count(0)
    numbers = FIRST_BENCH.with_minibatch([[1.5, 2], [3, -4], [0, 9]])
    bench.settle()
    hold_to_torch(bench, numbers)


def test_rows_and_columns_come_and_go(bench: BenchPage) -> None:
    bench.open(bench_of([[1, 2], [4, 3]]), step=str(LAST))
    expect(bench.page.get_by_role("button", name="Remove example 1")).to_be_disabled()
    for label in ("Add an example", "Add an example", "Add a unit"):
        bench.press(label)
    expect(bench.cell("x", 3, 2)).to_be_visible()
    bench.box("x", 1, 0).focus()
    bench.press("Remove example 2")
    bench.press("Remove unit 1")
    expect(bench.cell("x", 3, 0)).to_have_count(0)
    expect(bench.page).to_have_url(re.compile("x=2_2~3_3~3_3&"))
    bench.settle()
    grad_y = bench_of([[1, 2], [4, 3]]).grad_y
    kept = [(row[1], row[1]) for row in (grad_y[0], grad_y[1], grad_y[1])]
    hold_to_torch(bench, bench_of([[2, 2], [3, 3], [3, 3]], grad_y=kept))


def test_a_bad_number_gets_a_sentence_and_the_last_good_state_stays(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    url = bench.page.url
    for text in ("abc", "", "1e400", "nan", "inf", "1e61", "--1", "<b>1</b>"):
        bench.box("x", 1, 2).fill(text)
        bench.box("x", 1, 2).press("Enter")
        said = f"(got {repr(text) if text else 'nothing'})"
        expect(bench.problem).to_contain_text(said)
        expect(bench.box("x", 1, 2)).to_have_value("5")
        assert bench.page.url.split("step=")[0] == url.split("step=")[0]
        hold_to_torch(bench, FIRST_BENCH)
    bench.box("x", 1, 2).fill("6")
    bench.box("x", 1, 2).press("Enter")
    expect(bench.problem).to_be_hidden()
    expect(bench.cell("mean", None, 2)).to_have_text("5.25")


BAD_PASTES = {
    "1\t2\t3": "(got 1 row of 3 numbers",
    "1\t2\n3": "(got 2 numbers in row 1 and 1 in row 2",
    "1\t2\n\t3": "(got nothing",
    "a\tb\n1\t2": "(got 'a'",
    "1\t2\n" * 10_000: "(got 10,000 rows",
    "1 " * 400_000: "(got more than 300,000 characters",
    "1\tinf\n2\t3": "(got 'inf'",
}


def test_a_bad_paste_gets_a_sentence_and_the_last_good_state_stays(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    for text, words in BAD_PASTES.items():
        bench.paste("x", text)
        expect(bench.problem).to_contain_text(words)
        hold_to_torch(bench, FIRST_BENCH)


def test_sliders_move_gamma_beta_and_epsilon(bench: BenchPage) -> None:
    bench.open(step=str(LAST), pick="mean.1")
    page = bench.page
    page.get_by_role("slider", name="gamma γ, unit 2").fill("2.5")
    page.get_by_role("slider", name="beta β, unit 2").fill("-0.75")
    page.get_by_role("slider", name="epsilon ε").fill("-1")
    expect(page).to_have_url(re.compile("weight=1.5_2.5_0.5&bias=0.5_-0.75_-1&eps=0.1&"))
    bench.settle()
    numbers = FIRST_BENCH.replace(weight=(1.5, 2.5, 0.5), bias=(0.5, -0.75, -1), eps=0.1)
    hold_to_torch(bench, numbers)
    box = page.get_by_role("textbox", name="epsilon ε, as a number")
    expect(box).to_have_value("0.1")
    box.fill("2e-3")
    box.press("Enter")
    expect(page).to_have_url(re.compile("eps=0.002&"))
    bench.settle()
    hold_to_torch(bench, numbers.replace(eps=0.002))


# --- the page as a whole --------------------------------------------------------------------------


def test_copying_the_address_restores_the_page(bench: BenchPage, new_page: NewPage) -> None:
    bench.open()
    bench.press("Constant column")
    expect(bench.box("x", 0, 1)).to_have_value("0.7")
    bench.cell("x_hat", 2, 0).click()
    expect(bench.page).to_have_url(re.compile(r"step=5&pick=x_hat\.2\.0$"))
    other = BenchPage(new_page())
    other.page.goto(bench.page.url)
    other.wait()
    expect(other.where).to_contain_text("Step 5 of")
    assert other.lit() == bench.lit()
    for name, values in bench.shown().items():
        np.testing.assert_array_equal(other.shown()[name], values)


def test_back_undoes_an_edit_and_reload_keeps_the_page(bench: BenchPage) -> None:
    bench.open(step=str(LAST))
    bench.box("x", 0, 0).fill("9")
    bench.box("x", 0, 0).press("Enter")
    expect(bench.page).to_have_url(re.compile("x=9_"))
    bench.press("One step back")
    expect(bench.page).to_have_url(re.compile("step=11"))
    bench.settle()
    bench.page.reload()
    bench.wait()
    changed = FIRST_BENCH.replace(x=[(9, -0.5, 3), *FIRST_BENCH.x[1:]])
    hold_to_torch(bench, changed, step=LAST - 1)
    bench.page.go_back()
    expect(bench.box("x", 0, 0)).to_have_value("1.2")
    bench.settle()
    hold_to_torch(bench, FIRST_BENCH)


def test_torch_itself_stands_beside_the_numbers(bench: BenchPage) -> None:
    bench.open()
    bench.press("Check with torch")
    table = bench.page.get_by_role("region", name="By hand and by torch")
    expect(table.get_by_role("row")).to_have_count(1 + 30)
    row = table.get_by_role("row").filter(has_text="∂ℓ/∂x, example 2, unit 1")
    torch = by_torch(FIRST_BENCH)["grad_x"][1, 0]
    by_hand, there, _ = row.get_by_role("cell").all_inner_texts()
    assert float(by_hand) == pytest.approx(torch)
    assert float(there) == pytest.approx(torch)
    bench.press("Two examples")
    expect(table).to_have_count(0)


def test_a_trial_is_predicted_made_and_taken_back(bench: BenchPage) -> None:
    bench.open()
    bench.page.get_by_text("A batch of two", exact=True).click()
    bench.press("0 and 0")
    said = bench.page.get_by_role("status").filter(has_text="You said")
    expect(said).to_contain_text("You said: 0 and 0. What came out: +1 and −1")
    expect(bench.where).to_contain_text("Normalized values")
    bench.settle()
    two = FIRST_BENCH.replace(x=FIRST_BENCH.x[:2], grad_y=FIRST_BENCH.grad_y[:2])
    hold_to_torch(bench, two, step=STEP_OF["x_hat"])
    bench.press("Put the numbers back")
    expect(bench.cell("x", 3, 0)).to_be_visible()


def test_the_figure_has_words_and_a_table(bench: BenchPage) -> None:
    bench.open()
    expect(bench.page.get_by_role("img", name=re.compile("Unit 1: x has mean 0.7"))).to_be_visible()
    bench.press("The numbers as a table: The values of each unit")
    region = bench.page.get_by_role(
        "region", name="The values of each unit, on one axis as a table"
    )
    expect(region.get_by_role("row")).to_have_count(10)


def test_the_largest_bench_fits_a_phone(new_page: NewPage) -> None:
    bench = BenchPage(new_page(viewport=PHONE))
    numbers = random_bench(5, rows=64, columns=8)
    bench.open(numbers, step=str(LAST))
    hold_to_torch(bench, numbers)
    assert bench.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert bench.page.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= 390


def test_a_whole_minibatch_of_one_unit_can_be_looked_through(bench: BenchPage) -> None:
    numbers = random_bench(6, rows=1024, columns=1)
    bench.open(numbers, step=str(LAST))
    hold_to_torch(bench, numbers)


def test_leaving_the_page_and_coming_back_finds_it_as_it_was(bench: BenchPage) -> None:
    bench.open()
    bench.press("One outlier")
    expect(bench.box("x", 0, 0)).to_have_value("50")
    bench.page.get_by_role("link", name="Home").first.click()
    expect(bench.page.get_by_role("heading", name="What you can explore")).to_be_visible()
    bench.page.get_by_role("link", name="One layer").first.click()
    bench.wait()
    expect(bench.box("x", 0, 0)).to_have_value("50")
    bench.box("x", 0, 0).fill("3")
    bench.box("x", 0, 0).press("Enter")
    expect(bench.page).to_have_url(re.compile("x=3_"))
