"""Which norm well-known networks use, each with its year and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bnlab.by_hand.norms import NORM_KINDS, BlockNorm

NormInUse = BlockNorm | Literal["none"]
FILTERS: tuple[NormInUse, ...] = (*NORM_KINDS, "none")


@dataclass(frozen=True)
class Use:
    """One network and its norm."""

    model: str
    year: int  # of the first public version of the source
    norm: NormInUse
    how: str  # where in the network, or what is used instead
    author: str
    arxiv: str = ""  # number of the preprint; empty if there is none

    @property
    def source(self) -> str:
        """Author, year and preprint, such as "He et al. 2015 (1512.03385)"."""
        return f"{self.author} {self.year}" + (f" ({self.arxiv})" if self.arxiv else "")


NORMS_IN_USE: tuple[Use, ...] = (
    Use("LeNet-5", 1998, "none", "there were none yet", "LeCun et al., Proceedings of the IEEE"),
    Use(
        "AlexNet", 2012, "none",
        "local response normalization: each value is divided by a sum over neighbouring channels; "
        "no mean is subtracted, nothing is learned",
        "Krizhevsky et al., NeurIPS",
    ),
    Use("VGG-16, VGG-19", 2014, "none", "the original had none", "Simonyan & Zisserman",
        "1409.1556"),
    Use("GoogLeNet (Inception v1)", 2014, "none",
        "local response normalization near the input; no batch norm", "Szegedy et al.",
        "1409.4842"),
    Use("BN-Inception", 2015, "batch",
        "before each activation: the paper that introduced batch norm", "Ioffe & Szegedy",
        "1502.03167"),
    Use("U-Net (the original)", 2015, "none", "later versions added one",
        "Ronneberger et al.", "1505.04597"),
    Use("DCGAN", 2015, "batch", "in the generator and the discriminator", "Radford et al.",
        "1511.06434"),
    Use("Inception-v3", 2015, "batch", "after each convolution", "Szegedy et al.", "1512.00567"),
    Use("ResNet", 2015, "batch", "after each convolution, before the activation", "He et al.",
        "1512.03385"),
    Use("Recurrent networks", 2016, "layer",
        "at each time step: the paper that introduced layer norm", "Ba et al.", "1607.06450"),
    Use("Fast style transfer", 2016, "instance",
        "after each convolution: the paper that introduced instance norm", "Ulyanov et al.",
        "1607.08022"),
    Use("DenseNet", 2016, "batch", "before the activation and the convolution", "Huang et al.",
        "1608.06993"),
    Use("CycleGAN", 2017, "instance", "in the generators", "Zhu et al.", "1703.10593"),
    Use("MobileNet", 2017, "batch", "after each convolution", "Howard et al.", "1704.04861"),
    Use("VGG-bn (torchvision)", 2017, "batch",
        "added to VGG later, after each convolution; not in the original",
        "torchvision, pull request 178"),
    Use("Transformer", 2017, "layer", "over the features of each token, after each sublayer",
        "Vaswani et al.", "1706.03762"),
    Use("Detection, segmentation (Mask R-CNN)", 2018, "group",
        "32 groups, for batches of one or two images: the paper that introduced group norm",
        "Wu & He", "1803.08494"),
    Use("BERT", 2018, "layer", "over the features of each token", "Devlin et al.", "1810.04805"),
    Use("GPT-2", 2019, "layer", "over the features of each token, before each sublayer",
        "Radford et al., technical report"),
    Use("EfficientNet", 2019, "batch", "after each convolution", "Tan & Le", "1905.11946"),
    Use("RMSNorm", 2019, "rms", "the paper that introduced RMS norm: layer norm without the mean",
        "Zhang & Sennrich", "1910.07467"),
    Use("T5", 2019, "rms", "layer norm that only rescales: no mean, no β", "Raffel et al.",
        "1910.10683"),
    Use("Big Transfer (BiT)", 2019, "group", "with standardized weights, instead of batch norm",
        "Kolesnikov et al.", "1912.11370"),
    Use("GPT-3", 2020, "layer", "over the features of each token, before each sublayer",
        "Brown et al.", "2005.14165"),
    Use("Diffusion U-Net (DDPM)", 2020, "group", "in each residual block", "Ho et al.",
        "2006.11239"),
    Use("Vision Transformer (ViT)", 2020, "layer",
        "over the features of each patch, before each sublayer", "Dosovitskiy et al.",
        "2010.11929"),
    Use("NFNet", 2021, "none", "by design: scaled weights and clipped gradients instead",
        "Brock et al.", "2102.06171"),
    Use("Swin Transformer", 2021, "layer", "over the features of each patch", "Liu et al.",
        "2103.14030"),
    Use("ConvNeXt", 2022, "layer",
        "over the channels of each position: a convolutional network without batch norm",
        "Liu et al.", "2201.03545"),
    Use("Llama", 2023, "rms", "over the features of each token, before each sublayer",
        "Touvron et al.", "2302.13971"),
    Use("Gemma", 2024, "rms", "over the features of each token", "Gemma Team", "2403.08295"),
)  # fmt: skip


def uses(norm: NormInUse | None = None) -> tuple[Use, ...]:
    """The networks with this norm, oldest first; all of them for None."""
    return tuple(use for use in NORMS_IN_USE if norm is None or use.norm == norm)
