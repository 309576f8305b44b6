"""The controls of an experiment: one widget per field, with words and limits from the spec."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import streamlit as st

from bnlab.spec import user_images
from bnlab.spec.experiment import Experiment
from bnlab.spec.fields import Scalar, bounds_of, choices_of, field_at
from bnlab.spec.member import MemberSpec
from pages.ui.shared import norm_controls
from pages.ui.shared.address import Address
from pages.ui.shared.tab import Tab

NORM_VARIANTS: dict[str, dict[str, Scalar]] = {
    kind: {"norm.kind": kind} for kind in norm_controls.COMMON
}

_PACES: tuple[float, ...] = (1.0, 5.0, 20.0, 60.0, 200.0, 0.0)  # steps per second; 0: full speed

# What a slider offers between the limits of its field; a link may hold any value between them.
STOPS: dict[str, tuple[Scalar, ...]] = {
    "network.depth": (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 40, 50, 64),
    "network.width": (1, 2, 4, 8, 16, 32, 64, 100, 128, 256, 512, 1024),
    "network.gain": (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 30.0),
    "network.init_std": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    "network.dropout": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9),
    "optimizer.lr": (
        0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0,
        30.0,
    ),
    "optimizer.momentum": (0.0, 0.5, 0.8, 0.9, 0.95, 0.99),
    "optimizer.weight_decay": (0.0, 1e-5, 1e-4, 1e-3, 0.01, 0.1),
    "norm.eps": (1e-8, 1e-5, 1e-3, 0.01, 0.1, 1.0),
    "norm.momentum": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, "cumulative"),
    "norm.groups": (1, 2, 4, 8, 16, 32),
    **norm_controls.STOPS,
    "data.noise": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0),
    "data.wrong_labels": (0.0, 0.1, 0.2, 0.3, 0.5, 0.7),
    "data.train_size": (10, 30, 100, 300, 600, "all"),
    "batch_size": (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    "steps": (50, 100, 200, 300, 500, 600, 1000, 2000, 3000, 5000, 10000),
    "evaluate_every": (1, 2, 5, 10, 20, 50, 100),
}  # fmt: skip


def preset_picker(
    found: Address,
    page: Tab[Any],
    titles: Mapping[str, str],
    choose: Callable[[str], None],
    *,
    help: str,
) -> None:
    """The presets of a page; choosing one sets every control.

    Args:
        found: the address of the page.
        page: the page in this tab.
        titles: of each preset, by its name.
        choose: opens the preset of a name.
        help: what these presets are.
    """
    if "preset" in found.hidden:
        return
    # A key for each preset: once a control has changed the box is empty, so that the same preset
    # can be chosen again.
    key = page.widget_key(f"preset {found.preset}")

    def take() -> None:
        if (name := st.session_state[key]) is not None:
            choose(name)

    st.selectbox(
        "Start from",
        list(titles),
        index=list(titles).index(found.preset) if found.preset else None,
        format_func=titles.__getitem__,
        placeholder="Your own settings",
        key=key,
        on_change=take,
        help=f"{help} You can change any control afterwards.",
    )


def variant_picker(found: Address, page: Tab[Any]) -> None:
    """Which networks run side by side."""
    if "variants" in found.hidden:
        return
    offered = found.experiment.variants | {
        name: changes
        for name, changes in NORM_VARIANTS.items()
        if name not in found.experiment.variants
    }
    key = page.widget_key("variants")

    def choose() -> None:
        norm_controls.set_variants(page, {name: offered[name] for name in st.session_state[key]})

    st.pills(
        "Variants",
        list(offered),
        selection_mode="multi",
        default=list(found.experiment.variants),
        key=key,
        on_change=choose,
        help="Networks with the same initial weights and the same minibatches; up to five.",
    )
    norm_controls.add_norm(found, page)


def field(path: str, found: Address, page: Tab[Any]) -> None:
    """The widget of one field of the base network."""
    experiment = found.experiment
    if path in found.hidden or path.split(".")[0] in found.hidden:
        return
    declared = field_at(path, MemberSpec)
    value = _value(experiment.base, path)
    wired = page.wired(path, declared, lambda chosen: page.change_base(path, chosen))
    if all(path in changes for changes in experiment.variants.values()):
        reason = " Set by the variants: it is what they differ in."
    else:
        reason = " Set by an axis: it is what the sweep varies." if path in experiment.axes else ""
    wired |= {"help": f"{declared.description or ''}{reason}", "disabled": bool(reason)}
    if path in STOPS:
        st.select_slider(options=_stops(path, value), value=value, format_func=shown, **wired)
    elif declared.annotation is bool:
        st.toggle(value=bool(value), **wired)
    elif choices := choices_of(path, MemberSpec):
        if path == "data.name":
            choices = (*choices, *user_images.names())
        if value not in choices:
            choices = (*choices, value)
        st.selectbox(options=choices, index=choices.index(value), format_func=shown, **wired)
    else:
        bounds = bounds_of(path, MemberSpec)
        low, high = (int(bounds.low), int(bounds.high)) if bounds else (None, None)
        st.number_input(
            min_value=low, max_value=high, value=int(value), step=1, required=True, **wired
        )


def of_experiment(name: str, page: Tab[Any]) -> dict[str, Any]:
    """Arguments of the widget of one field of the experiment itself."""
    declared = Experiment.model_fields[name]
    return page.wired(name, declared, lambda chosen: page.change(**{name: chosen}))


def seeds(found: Address, page: Tab[Any]) -> None:
    """How many seeds each variant is trained with."""
    if "seeds" in found.hidden or "run" in found.hidden:
        return
    wired, count = of_experiment("seeds", page), found.experiment.seeds
    wired["help"] += " With more than one, figures show the median and the range."
    st.slider(min_value=1, max_value=max(20, count), value=count, **wired)


def target(found: Address, page: Tab[Any]) -> None:
    """The target accuracy."""
    st.slider(
        min_value=0.05,
        max_value=1.0,
        value=found.experiment.target,
        step=0.01,
        **of_experiment("target", page),
    )


def pace(found: Address, page: Tab[Any]) -> None:
    """Steps per second of the next run; the board changes the pace of one that is training."""
    if "pace" in found.hidden or "run" in found.hidden:
        return
    key = page.widget_key("pace")
    st.select_slider(
        "Pace",
        sorted({*_PACES, found.pace}, key=lambda steps: steps or math.inf),
        found.pace,
        format_func=lambda steps: f"{steps:g} steps/s" if steps else "as fast as possible",
        key=key,
        on_change=lambda: page.set_pace(st.session_state[key]),
        help="How fast the networks train, so that there is time to watch.",
    )


def at_hand(found: Address, page: Tab[Any]) -> None:
    """The most used fields of the base network."""
    for path in _AT_HAND:
        field(path, found, page)


def folded(found: Address, page: Tab[Any]) -> Iterator[str]:
    """The other fields of the base network, folded away; yields each group's name inside it."""
    for title, group, paths in _FOLDED:
        if group in found.hidden:
            continue
        with st.expander(title):
            for path in paths:
                if norm_controls.is_of_use(path, found.experiment):
                    field(path, found, page)
            yield group


_AT_HAND = (
    "data.name", "network.kind", "network.depth", "network.width", "network.activation",
    "network.init", "network.gain", "optimizer.kind", "optimizer.lr", "batch_size", "steps",
    "network.norm_placement",
)  # fmt: skip

_FOLDED = (
    (
        "Data", "data",
        ("data.standardized", "data.noise", "data.arms", "data.train_size", "data.wrong_labels"),
    ),
    (
        "Network", "network",
        (
            "network.init_std", "network.dropout", "network.norm_on_input", "network.skips",
        ),
    ),
    (
        "Norm", "norm",
        ("norm.momentum", "norm.eps", "norm.affine", "norm.groups", *norm_controls.STOPS),
    ),
    (
        "Optimizer", "optimizer",
        ("optimizer.momentum", "optimizer.nesterov", "optimizer.weight_decay"),
    ),
    ("Run", "run", ("seed", "evaluate_every")),
)  # fmt: skip


def _stops(path: str, value: Scalar) -> list[Scalar]:
    """The stops of a slider, including the present value; words come last."""
    stops = {*STOPS[path], value}
    numbers = sorted(stop for stop in stops if not isinstance(stop, str))
    return [*numbers, *(stop for stop in stops if isinstance(stop, str))]


def _value(base: MemberSpec, path: str) -> Scalar:
    value: object = base
    for part in path.split("."):
        value = getattr(value, part)
    return value  # type: ignore[return-value]


def shown(value: Scalar) -> str:
    """A value of a field, as its widget shows it."""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")
