"""Papers that several claims cite; each claim adds, in a sentence, what was found there."""

from __future__ import annotations

from functools import partial

from bnlab.claims.claim import Source

EFFICIENT_BACKPROP = partial(
    Source,
    "LeCun, Bottou, Orr & Müller",
    1998,
    "Efficient BackProp, in: Neural Networks: Tricks of the Trade",
)
IOFFE_SZEGEDY = partial(Source, "Ioffe & Szegedy", 2015, "1502.03167")
HE_RESNET = partial(Source, "He, Zhang, Ren & Sun", 2015, "1512.03385")
HOFFER = partial(Source, "Hoffer, Hubara & Soudry", 2017, "1705.08741")
VAN_LAARHOVEN = partial(Source, "van Laarhoven", 2017, "1706.05350")
SANTURKAR = partial(Source, "Santurkar, Tsipras, Ilyas & Madry", 2018, "1805.11604")
BJORCK = partial(Source, "Bjorck, Gomes, Selman & Weinberger", 2018, "1806.02375")
LUO = partial(Source, "Luo, Wang, Shao & Peng", 2019, "1809.00846")
ARORA = partial(Source, "Arora, Li & Lyu", 2018, "1812.03981")
FIXUP = partial(Source, "Zhang, Dauphin & Ma", 2019, "1901.09321")
DE_SMITH = partial(Source, "De & Smith", 2020, "2002.10444")
NFNET = partial(Source, "Brock, De, Smith & Simonyan", 2021, "2102.06171")
WU_JOHNSON = partial(Source, "Wu & Johnson", 2021, "2105.07576")
