"""The part of a script that says what torch has no module for: relatives of batch norm."""

from __future__ import annotations

from bnlab.export.script.template import block
from bnlab.spec.member import MemberSpec


def norm_classes(spec: MemberSpec) -> str:
    """The class of the norm, or of the layers before it; empty where torch has it.

    For images on (N, C, H, W), with a value a channel, otherwise on (N, F).
    """
    norm = spec.norm
    if norm.kind not in _CLASSES:
        return ""
    is_dense = spec.network.kind == "dense"
    view = "" if is_dense else ".view(-1, 1, 1)"
    learned = f" * self.weight{view} + self.bias{view}"
    source = block(
        _CLASSES[norm.kind] if is_dense or norm.kind != "group_ws" else _STANDARDIZED_IMAGES,
        learned="" if norm.affine == "none" else learned,
        torchs="nn.BatchNorm1d" if is_dense else "nn.BatchNorm2d",
        over="0" if is_dense else "(0, 2, 3), keepdim=True",
        view=view,
        ghost_size=norm.ghost_size,
        renorm_from=norm.renorm_from,
        r_max=norm.r_max,
        d_max=norm.d_max,
        noise_scale=norm.noise_scale,
        noise_shift=norm.noise_shift,
        frozen_from=norm.frozen_from,
        eps=norm.eps,
    )
    return f"{source}\n\n\n"


def noise_source(spec: MemberSpec) -> str:
    """What gives each noisy norm its stream."""
    if spec.norm.kind != "batch_noisy":
        return ""
    norms = "network.norms"
    if spec.network.norm_on_input:
        norms = "[network.input_norm, *network.norms]"
    return f"\nfor place, norm in enumerate({norms}):\n    norm.noise = stream(NOISE, place)"


CLASS_NAMES = {
    "batch_centre": "CentreOnly",
    "batch_scale": "ScaleOnly",
    "batch_ghost": "GhostBatchNorm",
    "batch_renorm": "BatchRenorm",
    "batch_noisy": "NoisyBatchNorm",
    "batch_frozen": "FrozenBatchNorm",
}

_CLASSES = {
    "batch_centre": '''
        class CentreOnly(<torchs>):
            """Batch norm without the division."""

            def forward(self, x):
                super().forward(x.detach())  # for the running statistics
                mean = self.running_mean<view>
                if self.training:
                    mean = x.mean(<over>)
                return (x - mean)<learned>
        ''',
    "batch_scale": '''
        class ScaleOnly(<torchs>):
            """Batch norm that does not take the mean away."""

            def forward(self, x):
                super().forward(x.detach())  # for the running statistics
                var = self.running_var<view>
                if self.training:
                    var = x.var(<over>, correction=0)
                return x / (var + self.eps).sqrt()<learned>
        ''',
    "batch_ghost": '''
        class GhostBatchNorm(<torchs>):
            """Batch norm of each <ghost_size> examples by themselves."""

            def forward(self, x):
                if not self.training:
                    return super().forward(x)
                ghosts = x.split(<ghost_size>)
                return torch.cat([<torchs>.forward(self, ghost) for ghost in ghosts])
        ''',
    "batch_renorm": '''
        class BatchRenorm(<torchs>):
            """Batch norm, corrected towards what the running statistics would give."""

            steps = 0

            def forward(self, x):
                if not self.training:
                    return super().forward(x)
                self.steps += 1
                past = max(0, self.steps - <renorm_from>) / <renorm_from>
                r_max = 1 + (<r_max> - 1) * min(1, past / 7)
                d_max = <d_max> * min(1, past / 4)
                mean = x.mean(<over>)
                std = (x.var(<over>, correction=0) + self.eps).sqrt()
                running_mean = self.running_mean<view>
                running_std = (self.running_var<view> + self.eps).sqrt()
                r = (std / running_std).clamp(1 / r_max, r_max).detach()
                d = ((mean - running_mean) / running_std).clamp(-d_max, d_max).detach()
                super().forward(x.detach())  # for the running statistics
                return ((x - mean) / std * r + d)<learned>
        ''',
    "batch_noisy": '''
        class NoisyBatchNorm(<torchs>):
            """Batch norm, and behind it at each step a random scale and shift of each unit."""

            def forward(self, x):
                y = super().forward(x)
                if not self.training:
                    return y * (1 + <noise_scale>) / 2
                uniform = torch.from_numpy(self.noise.random((2, self.num_features))).to(y.dtype)
                scale = 1 + (<noise_scale> - 1) * uniform[0]<view>
                return y * scale + <noise_shift> * (2 * uniform[1]<view> - 1)
        ''',
    "batch_frozen": '''
        class FrozenBatchNorm(<torchs>):
            """Batch norm that takes its running statistics after <frozen_from> steps."""

            steps = 0

            def forward(self, x):
                self.steps += self.training
                if not self.training or self.steps <= <frozen_from>:
                    return super().forward(x)
                running = self.running_mean, self.running_var
                return F.batch_norm(x, *running, self.weight, self.bias, eps=self.eps)
        ''',
    "group_ws": '''
        class StandardizedLinear(nn.Linear):
            """A linear layer that uses its weights standardized over the inputs of each unit."""

            def forward(self, x):
                var, mean = torch.var_mean(self.weight, 1, correction=0, keepdim=True)
                return F.linear(x, (self.weight - mean) / (var + <eps>).sqrt(), self.bias)
        ''',
}

_STANDARDIZED_IMAGES = '''
    class StandardizedConv2d(nn.Conv2d):
        """A convolution that uses its weights standardized over the inputs of each channel."""

        def forward(self, x):
            var, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
            return self._conv_forward(x, (self.weight - mean) / (var + <eps>).sqrt(), self.bias)
    '''
