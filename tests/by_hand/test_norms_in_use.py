"""The table of norms in use: every row has a source, and no network is older than its norm."""

from __future__ import annotations

import re

import pytest

from bnlab.by_hand.norms import NORM_KINDS
from bnlab.by_hand.norms_in_use import FILTERS, NORMS_IN_USE, Use, uses

INTRODUCED = "the paper that introduced"


def _name(use: Use) -> str:
    return use.model


def _the(model: str) -> Use:
    (found,) = [use for use in NORMS_IN_USE if model in use.model]
    return found


@pytest.mark.parametrize("use", NORMS_IN_USE, ids=_name)
def test_a_row_says_how_and_gives_its_source(use: Use) -> None:
    assert use.how
    assert use.author
    assert str(use.year) in use.source


@pytest.mark.parametrize("use", [use for use in NORMS_IN_USE if use.arxiv], ids=_name)
def test_the_year_is_that_of_the_preprint(use: Use) -> None:
    assert re.fullmatch(r"\d{4}\.\d{4,5}", use.arxiv)
    assert 2000 + int(use.arxiv[:2]) == use.year


def test_rows_go_from_old_to_new_and_name_each_network_once() -> None:
    years = [use.year for use in NORMS_IN_USE]
    assert years == sorted(years)
    assert len({use.model for use in NORMS_IN_USE}) == len(NORMS_IN_USE)


@pytest.mark.parametrize("kind", NORM_KINDS)
def test_no_network_is_older_than_its_norm(kind: str) -> None:
    (origin,) = [use for use in uses(kind) if INTRODUCED in use.how]  # type: ignore[arg-type]
    dated = [use for use in uses(kind) if use.arxiv]  # type: ignore[arg-type]
    assert min(dated, key=lambda use: float(use.arxiv)) == origin
    assert all(use.year >= origin.year for use in uses(kind))  # type: ignore[arg-type]


def test_the_original_vgg_and_googlenet_had_no_norm() -> None:
    assert _the("VGG-16").norm == "none"
    assert _the("GoogLeNet").norm == "none"
    assert _the("VGG-bn").norm == "batch"
    assert max(_the("VGG-16").year, _the("GoogLeNet").year) < _the("BN-Inception").year


@pytest.mark.parametrize(
    ("model", "norm", "arxiv"),
    [
        ("VGG-16", "none", "1409.1556"),
        ("GoogLeNet", "none", "1409.4842"),
        ("BN-Inception", "batch", "1502.03167"),
        ("Inception-v3", "batch", "1512.00567"),
        ("ResNet", "batch", "1512.03385"),
        ("ConvNeXt", "layer", "2201.03545"),
        ("ViT", "layer", "2010.11929"),
        ("Llama", "rms", "2302.13971"),
        ("DDPM", "group", "2006.11239"),
        ("style transfer", "instance", "1607.08022"),
        ("Mask R-CNN", "group", "1803.08494"),
    ],
)
def test_well_known_networks_have_the_norm_of_their_paper(
    model: str, norm: str, arxiv: str
) -> None:
    use = _the(model)
    assert (use.norm, use.arxiv) == (norm, arxiv)


def test_the_filters_part_the_table() -> None:
    parts = [use for norm in FILTERS for use in uses(norm)]
    assert sorted(parts, key=_name) == sorted(NORMS_IN_USE, key=_name)
    assert uses() == NORMS_IN_USE
