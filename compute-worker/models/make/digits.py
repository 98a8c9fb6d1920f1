"""Trains the digits model, writes it as ONNX with its sample images, and measures it in PyTorch.

measure.py measures the exported file; the split that both use is `split()` below.
"""

import numpy
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from manifest import MODELS

SEED = 20240229
EPOCHS = 60
SAMPLE_COUNT = 100
FOLDER = MODELS / "digits" / "1"


def split():
    """(train pixels, train labels, held-out pixels, held-out labels); pixels are 0..16; the held-out part is a fifth."""
    digits = load_digits()
    order = numpy.random.RandomState(SEED).permutation(len(digits.target))
    held_out, train = order[:len(order) // 5], order[len(order) // 5:]
    return digits.images[train], digits.target[train], digits.images[held_out], digits.target[held_out]


class DigitNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(1, 32, 3, padding=1)
        self.first_norm = nn.BatchNorm2d(32)
        self.second = nn.Conv2d(32, 64, 3, padding=1)
        self.second_norm = nn.BatchNorm2d(64)
        self.third = nn.Conv2d(64, 64, 3, padding=1)
        self.third_norm = nn.BatchNorm2d(64)
        self.dropout = nn.Dropout(0.4)
        self.dense = nn.Linear(64 * 4 * 4, 64)
        self.output = nn.Linear(64, 10)

    def forward(self, image):
        hidden = functional.relu(self.first_norm(self.first(image)))
        hidden = functional.relu(self.second_norm(self.second(hidden)))
        hidden = functional.max_pool2d(hidden, 2)
        hidden = functional.relu(self.third_norm(self.third(hidden)))
        hidden = functional.relu(self.dense(self.dropout(hidden.flatten(1))))
        return self.output(self.dropout(hidden))


def distort(images):
    """Small random turns, shears, stretches and shifts, so that 1,438 images go further."""
    count = len(images)
    angle = (torch.rand(count) - 0.5) * 0.5
    stretch = 1 + (torch.rand(count, 2) - 0.5) * 0.25
    shear = (torch.rand(count) - 0.5) * 0.3
    shift = (torch.rand(count, 2) - 0.5) * 0.4
    cosine, sine = angle.cos(), angle.sin()
    rows = [torch.stack([cosine * stretch[:, 0], -sine + shear, shift[:, 0]], 1),
            torch.stack([sine, cosine * stretch[:, 1], shift[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def train(pixels, labels):
    torch.manual_seed(SEED)
    network = DigitNetwork()
    images = torch.tensor(pixels, dtype=torch.float32).unsqueeze(1) / 16
    targets = torch.tensor(labels)
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.02)
    steps_per_epoch = (len(images) + 63) // 64
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=EPOCHS * steps_per_epoch)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(images)).split(64):
            loss = functional.cross_entropy(network(distort(images[chosen])), targets[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def folded(convolution, norm):
    """Weight and bias of the convolution with its batch normalisation multiplied in."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = convolution.weight * scale[:, None, None, None]
    bias = (convolution.bias - norm.running_mean) * scale + norm.bias
    return weight, bias


def export(network):
    weights, nodes = {}, []

    def convolution(name, source, layer, norm):
        weights[name + ".weight"], weights[name + ".bias"] = folded(layer, norm)
        nodes.append(helper.make_node("Conv", [source, name + ".weight", name + ".bias"], [name],
                                      kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        nodes.append(helper.make_node("Relu", [name], [name + ".relu"]))
        return name + ".relu"

    def dense(name, source, layer):
        weights[name + ".weight"], weights[name + ".bias"] = layer.weight, layer.bias
        nodes.append(helper.make_node("Gemm", [source, name + ".weight", name + ".bias"], [name], transB=1))
        return name

    hidden = convolution("first", "image", network.first, network.first_norm)
    hidden = convolution("second", hidden, network.second, network.second_norm)
    nodes.append(helper.make_node("MaxPool", [hidden], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]))
    hidden = convolution("third", "pooled", network.third, network.third_norm)
    nodes.append(helper.make_node("Flatten", [hidden], ["flat"], axis=1))
    dense("dense", "flat", network.dense)
    nodes.append(helper.make_node("Relu", ["dense"], ["dense.relu"]))
    dense("scores", "dense.relu", network.output)
    nodes.append(helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1))
    save(weights, nodes)


def save(weights, nodes):
    initializers = [numpy_helper.from_array(value.detach().numpy(), name) for name, value in weights.items()]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])], initializers)
    model = helper.make_model(graph, producer_name="ncn", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    FOLDER.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(FOLDER / "model.onnx"))


def write_samples(pixels, labels):
    """The first images of the held-out part, not picked. Grey value = pixel * 255 / 16, rounded."""
    samples = FOLDER / "samples"
    samples.mkdir(parents=True, exist_ok=True)
    for stale in samples.glob("*.png"):
        stale.unlink()
    for index in range(SAMPLE_COUNT):
        grey = numpy.rint(pixels[index] * 255 / 16).astype(numpy.uint8)
        assert (numpy.rint(grey * (16 / 255)) == pixels[index]).all()
        Image.fromarray(grey, "L").save(samples / f"{index:03d}-{labels[index]}.png", optimize=True)


def main():
    torch.use_deterministic_algorithms(True, warn_only=True)
    train_pixels, train_labels, held_pixels, held_labels = split()
    network = train(train_pixels, train_labels)
    with torch.no_grad():
        held = torch.tensor(held_pixels, dtype=torch.float32).unsqueeze(1) / 16
        right = (network(held).argmax(1).numpy() == held_labels).sum()
    print(f"held out: {right} of {len(held_labels)} right")
    export(network)
    write_samples(held_pixels, held_labels)


if __name__ == "__main__":
    main()
