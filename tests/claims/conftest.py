"""Claims are run at a reduced size."""

from __future__ import annotations

import torch

# Small networks wait for threads longer than they compute.
torch.set_num_threads(1)
