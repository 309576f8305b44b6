"""The microscope in a real browser: a unit of a running race, its numbers torch's own."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import numpy as np
import torch
from playwright.sync_api import Page, expect
from torch.nn import functional as F

from bnlab.data import datasets
from bnlab.spec.experiment import Experiment
from bnlab.spec.links import to_query
from bnlab.spec.member import MemberSpec
from tests.browser.board import BoardPage
from tests.browser.conftest import NewPage
from tests.browser.people import PHONE
from tests.fleet.reference import Reference

# A calm network: two trainings of it stay equal for long, though torch rounds otherwise.
EXPERIMENT = Experiment(
    base=MemberSpec().replace({"network.depth": 3, "optimizer.lr": 0.05, "batch_size": 32})
)
SPEC = EXPERIMENT.specs()["batch"]


class MicroscopePage:
    """The microscope of the page "One layer" in one browser tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("region", name="Microscope")
        self.status = self.root.locator(".status")

    def open(self, *, steps: int = 100_000, pace: float = 20, base: str = "") -> BoardPage:
        """Start a race and look inside its first unit with batch norm."""
        longer = EXPERIMENT.base.replace({"steps": steps})
        experiment = EXPERIMENT.model_copy(update={"base": longer})
        query = {**to_query(experiment), "pace": f"{pace:g}"}
        self.page.goto(f"{base}/race?{urlencode(query)}")
        self.page.get_by_role("button", name="Start the race").click()
        board = BoardPage(self.page)
        board.wait_until_drawn()
        if steps < 100_000:
            board.wait_for_state("completed")
        self.page.get_by_role("link", name="Look inside").click()
        self.wait()
        return board

    def wait(self) -> None:
        expect(self.status).to_contain_text(re.compile(r"step \d+ /"))

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).click()

    def pause(self) -> None:
        self.press("Pause the run")
        expect(self.status).to_contain_text("· paused")

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(
            f"(m => {expression})(document.querySelector('.bnlab-microscope').microscope)"
        )

    def wait_for(self, expression: str) -> None:
        self.page.wait_for_function(
            f"(m => {expression})(document.querySelector('.bnlab-microscope').microscope)"
        )

    def step_of_run(self) -> int:
        """The step of the run, asked for beside the microscope."""
        return int(
            self.page.evaluate(
                """async () => {
                  const { url } = document.querySelector('.bnlab-microscope').microscope.poll;
                  const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
                  const length = new DataView(bytes.buffer).getUint32(4, true);
                  const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
                  return JSON.parse(header).meta.step;
                }"""
            )
        )

    def number(self, name: str) -> float:
        return float(self.root.locator(f'[data-number="{name}"]').inner_text())

    def examples(self) -> np.ndarray:
        """x, x̂ and y of the first examples, as they stand on the page."""
        rows = self.root.locator("table.examples tbody tr")
        cells = [row.split("\t")[1:] for row in rows.all_inner_texts()]
        return np.array(cells, dtype=float)


def by_torch(spec: MemberSpec, *, step: int, layer: int, unit: int) -> dict[str, Any]:
    """The same numbers by torch.nn: a network trained alone, in float32 as in the worker."""
    alone = Reference(spec, dtype=torch.float32)
    for _ in range(step):
        alone.train_step()
    norm = alone.norms[layer]
    running = (norm.running_mean[unit].item(), norm.running_var[unit].item())
    kept: dict[str, torch.Tensor] = {}

    def keep(_: object, inputs: tuple[torch.Tensor, ...], y: torch.Tensor) -> None:
        y.retain_grad()
        kept.update(x=inputs[0], y=y)

    norm.register_forward_hook(keep)
    batches = datasets.minibatches(spec.data.facts.train, spec.batch_size, spec.seed)
    chosen = [next(batches) for _ in range(max(1, step))][-1]
    x, y = alone.part("train")
    alone.train()
    F.cross_entropy(alone(x[chosen]), y[chosen]).backward()
    values = {name: kept[name][:, unit].detach().numpy() for name in ("x", "y")}
    assert kept["y"].grad is not None
    mean, var = values["x"].mean(), values["x"].var()
    return {
        **values,
        "normalized": (values["x"] - mean) / np.sqrt(var + spec.norm.eps),
        "grad_y": kept["y"].grad[:, unit].numpy(),
        "mean": mean,
        "var": var,
        "eps": spec.norm.eps,
        "s": np.sqrt(var + spec.norm.eps),
        "weight": norm.weight[unit].item(),
        "bias": norm.bias[unit].item(),
        "running_mean": running[0],
        "running_var": running[1],
    }


def test_the_numbers_of_a_unit_are_those_of_torch(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    microscope.pause()
    microscope.root.get_by_label("Layer").select_option("3")
    microscope.root.get_by_label("Unit").fill("6")
    microscope.root.get_by_label("Unit").press("Enter")
    expect(page).to_have_url(re.compile(r"layer=2&unit=5"))
    microscope.wait_for("m.key === JSON.stringify(['batch', '2', '5']) && m.seen && !m.frame")
    expected = by_torch(SPEC, step=microscope.ask("m.seen.step"), layer=2, unit=5)
    names = ("mean", "var", "eps", "s", "weight", "bias", "running_mean", "running_var")
    for name in names:
        np.testing.assert_allclose(
            microscope.number(name), expected[name], rtol=1e-3, atol=1e-5, err_msg=name
        )
    columns = np.stack([expected[name][:8] for name in ("x", "normalized", "y")], 1)
    np.testing.assert_allclose(microscope.examples(), columns, rtol=1e-3, atol=1e-4)
    grad_y = np.array(microscope.ask("m.seen.grad_y"))
    scale = np.abs(expected["grad_y"]).max()
    np.testing.assert_allclose(grad_y, expected["grad_y"], atol=1e-4 * scale)


def test_it_follows_the_run_and_keeps_its_history(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    microscope.wait_for("m.history.steps.length > 5")
    steps = microscope.ask("m.history.steps")
    assert steps == sorted(set(steps))
    since = f"Since step {steps[0]}, when you started watching:"
    expect(microscope.root).to_contain_text(since)
    mean = microscope.root.get_by_role("img", name=re.compile("^Mean from step"))
    expect(mean).to_have_attribute("aria-label", re.compile("minibatch: first .*, now .*running"))
    microscope.press("The numbers as a table: Mean")
    rows = microscope.root.get_by_role("region", name="Mean as a table").locator("tbody tr")
    expect(rows.nth(5)).to_be_visible()


def test_from_the_start_the_history_is_whole(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open(pace=0)
    first = microscope.ask("m.data.run")
    microscope.press("From the start")
    microscope.wait_for(f"m.data.run !== '{first}' && m.history.steps.length > 3")
    assert microscope.ask("m.history.steps[0]") == 0
    assert microscope.ask("m.history.values.weight[0]") == 1
    expect(microscope.root).to_contain_text("Since the first step:")
    expect(microscope.status).to_contain_text("· training")
    expect(page).to_have_url(re.compile(f"run={microscope.ask('m.data.run')}"))


def test_held_numbers_stand_in_the_example_exactly(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    microscope.press("Hold these numbers")
    held = microscope.root.get_by_role("status")
    expect(held).to_contain_text(re.compile(r"The layer example has the numbers of step \d+"))
    size = SPEC.batch_size
    page.wait_for_function(
        "n => new URL(location).searchParams.get('x').split('~').length === n", arg=size
    )
    microscope.pause()
    microscope.press("Hold these numbers")
    seen = microscope.ask("({x: m.seen.x, grad_y: m.seen.grad_y, weight: m.seen.weight})")
    page.wait_for_function(
        "x => Number(new URL(location).searchParams.get('x').split('~')[0]) === x", arg=seen["x"][0]
    )
    query = page.evaluate("Object.fromEntries(new URL(location).searchParams)")
    assert [float(text) for text in query["x"].split("~")] == seen["x"]
    assert [float(text) for text in query["grad_y"].split("~")] == seen["grad_y"]
    assert float(query["weight"]) == seen["weight"]


def test_the_owner_pauses_steps_and_goes_on(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    microscope.pause()
    step = microscope.ask("m.seen.step")
    microscope.press("One training step")
    expect(microscope.status).to_contain_text(f"step {step + 1} /")
    microscope.press("Resume the run")
    microscope.wait_for(f"m.seen.step > {step + 5}")
    microscope.root.get_by_label("Steps per second").select_option("200")
    microscope.wait_for(f"m.seen.step > {step + 200}")


def test_who_only_watches_sees_the_same_and_commands_nothing(page: Page, new_page: NewPage) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    follower = MicroscopePage(new_page())
    follower.page.goto(page.url)
    follower.wait()
    expect(follower.root).to_contain_text("You are watching")
    expect(follower.root.get_by_role("button", name="Pause the run")).to_be_hidden()
    follower.press("From the start")  # a run of the follower's own; the other one goes on
    follower.wait_for("m.history.steps[0] === 0 && m.history.steps.length > 2")
    expect(follower.root.get_by_role("button", name="Pause the run")).to_be_visible()
    step = microscope.ask("m.seen.step")
    microscope.wait_for(f"m.seen.step > {step}")
    assert microscope.ask("m.seen.state") == "running"


def test_a_run_that_has_ended_can_still_be_looked_into(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open(steps=30, pace=0)
    expect(microscope.status).to_contain_text("step 30 / 30 · completed")
    microscope.root.get_by_label("Layer").select_option("2")
    microscope.wait_for("m.seen && m.key.includes('\"1\"')")
    assert microscope.ask("m.poll.isOver") is True
    expect(microscope.root.get_by_role("button", name="Pause the run")).to_be_disabled()


def test_a_lost_connection_is_said_and_comes_back(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    page.context.set_offline(True)
    alert = microscope.root.get_by_role("alert")
    expect(alert).to_contain_text("The connection is lost")
    page.context.set_offline(False)
    expect(alert).to_be_hidden()
    step = microscope.ask("m.seen.step")
    microscope.wait_for(f"m.seen.step > {step}")


def test_it_asks_one_question_at_a_time_and_none_while_nobody_looks(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    page.evaluate(
        """() => {
          const ask = window.fetch;
          window.most = 0;
          let underWay = 0;
          window.fetch = async (...how) => {
            underWay += 1;
            window.most = Math.max(window.most, underWay);
            try { return await ask(...how); } finally { underWay -= 1; }
          };
        }"""
    )
    for unit in ("2", "3", "4"):
        box = microscope.root.get_by_label("Unit")
        box.fill(unit)
        box.press("Enter")
    microscope.wait_for("m.key === JSON.stringify(['batch', '0', '3']) && m.seen")
    microscope.wait_for("m.history.steps.length > 5")
    # What is given up for another unit may still be on its way back.
    assert page.evaluate("window.most") <= 2
    hide = "is => { Object.defineProperty(document, 'hidden', {value: is, configurable: true}); "
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(hide, True)
    microscope.wait_for("!m.poll.request")
    seen = microscope.ask("m.seen.step")
    while microscope.step_of_run() < seen + 10:
        page.wait_for_timeout(50)
    assert microscope.ask("m.seen.step") == seen
    page.evaluate(hide, False)
    microscope.wait_for(f"m.seen.step > {seen + 10}")


def test_what_the_server_refuses_for_good_is_said_and_not_asked_again(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    sentence = "The networks of this run are no longer kept for questions."
    page.route(
        "**/unit?*",
        lambda route: route.fulfill(status=409, json={"text": sentence, "is_final": True}),
    )
    expect(microscope.root.get_by_role("alert")).to_have_text(sentence)
    assert microscope.ask("m.poll.isOver") is True


def test_a_link_to_what_is_not_there_says_so_and_looks_at_what_is(page: Page) -> None:
    microscope = MicroscopePage(page)
    microscope.open()
    run = microscope.ask("m.data.run")
    page.goto(f"/one_layer?run={run}&variant=none&layer=99&unit=1")
    expect(page.get_by_role("alert")).to_contain_text("layer must be 0 to 2 (got '99').")
    microscope.wait()
    assert microscope.ask("m.key") == '["none","0","1"]'
    expect(microscope.root).to_contain_text("This variant has no norm")
    page.goto("/one_layer?run=nowhere")
    expect(page.get_by_text("The run of this link is no longer here")).to_be_visible()


def test_the_microscope_fits_a_phone_and_follows_a_dark_page(new_page: NewPage) -> None:
    microscope = MicroscopePage(new_page(viewport=PHONE, color_scheme="dark"))
    microscope.open()
    assert microscope.page.evaluate("document.documentElement.scrollWidth") <= 390
    rights = microscope.root.locator("section.panel, table").evaluate_all(
        "parts => parts.map(part => part.getBoundingClientRect().right)"
    )
    assert max(rights) <= 390
    label = microscope.root.locator(".xtick text").first
    expect(label).to_have_css("fill", re.compile(r"rgb\(2\d\d, "))
