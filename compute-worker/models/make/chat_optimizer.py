"""The optimisers of tiny-chat: Muon for the matrices, Adam for the rest."""

import torch

MATRIX_RATE, OTHER_RATE = 0.02, 3e-3


def orthogonal(gradient):
    """Newton-Schulz iteration towards the nearest orthogonal matrix (Jordan and others, Muon, 2024)."""
    turned = gradient.shape[0] > gradient.shape[1]
    matrix = gradient.T if turned else gradient
    matrix = matrix / (matrix.norm() + 1e-7)
    for _ in range(5):
        square = matrix @ matrix.T
        matrix = 3.4445 * matrix + (-4.7750 * square + 2.0315 * square @ square) @ matrix
    return matrix.T if turned else matrix


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for parameter in group["params"]:
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.mul_(0.95).add_(parameter.grad)
                direction = orthogonal(parameter.grad + 0.95 * momentum)
                scale = max(1.0, parameter.shape[1] / parameter.shape[0]) ** 0.5
                parameter.mul_(1 - group["lr"] * 0.05).add_(direction, alpha=-group["lr"] * scale)


def optimizers(network, hints):
    matrices = [value for name, value in network.named_parameters() if value.ndim == 2 and name != "embedding"]
    others = [value for name, value in network.named_parameters() if value.ndim < 2 or name == "embedding"]
    return [Muon(matrices, MATRIX_RATE),
            torch.optim.Adam(others + list(hints.parameters()), OTHER_RATE, betas=(0.9, 0.97))]
