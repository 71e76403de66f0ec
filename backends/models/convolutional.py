"""VGG and ResNet in the form for small images, with and without batch norm.

VGG (Simonyan and Zisserman 2015, configurations A, B and D): stages of 3x3 convolutions, each followed by a pool that
halves the image; then the mean over what is left of it, one pixel of 32x32, and one linear layer. ResNet (He et al.
2016): a 3x3 stem without pool, stages of basic blocks, the mean over pixels, one linear layer; where a stage begins
with a stride or a change of channels, the shortcut is a 1x1 convolution. A convolution in front of a norm layer has no
bias: the norm would take it away again, and brings its own.

Shapes: B inputs of a batch, C channels, H x W pixels, K classes.
"""

from __future__ import annotations

from torch import Tensor, nn

from backends.models.fully_connected import Logits
from backends.models.initial import activation, he_normal_everywhere, keep_biases
from backends.runs.errors import BadRequest
from presets.experiment import Model

VGG_STAGES = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3)}
"""Convolutions of each stage; the channels are 1, 2, 4, 8 and 8 times the width."""
RESNET_STAGES = {"resnet18": (2, 2, 2, 2), "resnet20": (3, 3, 3)}
"""Blocks of each stage; the channels double from stage to stage."""
SMALLEST_VGG = 32
"""Height and width of the smallest image that five pools leave a pixel of."""


def build(model: Model, input_shape: tuple[int, ...], classes: int, seed: int) -> nn.Module:
    """Return a VGG or ResNet with its initialisation, in float64 on the CPU, for images (B, *input_shape).

    Weights are He-normal times init_scale, from a generator of their own; norm layers begin with weight 1 and bias 0.
    Raises `BadRequest` for inputs that are no images, and for a VGG where they are too small.
    """
    channels = _channels(model, input_shape)
    network = _Vgg(model, channels, classes) if model.network in VGG_STAGES else ResNet(model, channels, classes)
    network.double()
    assert isinstance(model.bias, str)  # a list of layers is refused for these networks
    keep_biases(network, model.bias)
    he_normal_everywhere(network, model.init_scale, seed)
    return network


def _channels(model: Model, input_shape: tuple[int, ...]) -> int:
    """Return C of inputs (C, H, W); raises `BadRequest` where they are something else, or too small."""
    shown = "x".join(map(str, input_shape))
    if len(input_shape) != 3:
        raise BadRequest(f"model.network = {model.network!r}: expected a data set of images, not inputs of {shown}")
    least = SMALLEST_VGG if model.network in VGG_STAGES else 1
    if min(input_shape[1:]) < least:
        wanted = f"expected images of at least {least}x{least} (data.pad = {least} makes them), not {shown}"
        raise BadRequest(f"model.network = {model.network!r}: {wanted}")
    return input_shape[0]


def _convolution(model: Model, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=not model.batch_norm)


def _norm(model: Model, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if model.batch_norm else nn.Identity()


class _Vgg(nn.Sequential):
    """conv1, relu1, pool1 and so on to `linear`; norm1 behind conv1 and so on with batch norm."""

    def __init__(self, model: Model, channels: int, classes: int) -> None:
        super().__init__()
        number = 0
        for stage, (convolutions, factor) in enumerate(
            zip(VGG_STAGES[model.network], (1, 2, 4, 8, 8), strict=True), start=1
        ):
            for _ in range(convolutions):
                number += 1
                outputs = factor * model.width
                self.add_module(f"conv{number}", _convolution(model, channels, outputs))
                if model.batch_norm:
                    self.add_module(f"norm{number}", nn.BatchNorm2d(outputs))
                self.add_module(f"{model.activation}{number}", activation(model))
                channels = outputs
            self.add_module(f"pool{stage}", nn.MaxPool2d(2) if model.pool == "max" else nn.AvgPool2d(2))
        self.add_module("mean", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("linear", Logits(channels, classes))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; names of its parts as torchvision has them."""

    def __init__(self, model: Model, inputs: int, outputs: int, stride: int) -> None:
        """Build a block from `inputs` to `outputs` channels."""
        super().__init__()
        self.conv1 = _convolution(model, inputs, outputs, stride=stride)
        self.bn1 = _norm(model, outputs)
        self.relu1 = activation(model)
        self.conv2 = _convolution(model, outputs, outputs)
        self.bn2 = _norm(model, outputs)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample.append(_convolution(model, inputs, outputs, size=1, stride=stride))
            if model.batch_norm:
                self.downsample.append(nn.BatchNorm2d(outputs))
        self.relu2 = activation(model)

    def forward(self, inputs_BCHW: Tensor) -> Tensor:
        """Return the block's images (B, outputs, H / stride, W / stride)."""
        between = self.relu1(self.bn1(self.conv1(inputs_BCHW)))
        out: Tensor = self.relu2(self.bn2(self.conv2(between)) + self.downsample(inputs_BCHW))
        return out


class ResNet(nn.Module):
    """Names of its parts as torchvision has them: conv1, bn1, layer1 and so on, fc."""

    def __init__(self, model: Model, channels: int, classes: int) -> None:
        """Build the network for images of `channels`."""
        super().__init__()
        width = model.width
        self.conv1 = _convolution(model, channels, width)
        self.bn1 = _norm(model, width)
        self.relu = activation(model)
        inputs = width
        self.stages = len(RESNET_STAGES[model.network])
        for stage, blocks in enumerate(RESNET_STAGES[model.network]):
            outputs, parts = width * 2**stage, nn.Sequential()
            for block in range(blocks):
                parts.append(BasicBlock(model, inputs, outputs, stride=2 if stage and not block else 1))
                inputs = outputs
            self.add_module(f"layer{stage + 1}", parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = Logits(inputs, classes)

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """Return the logits (B, K) of images."""
        values = self.relu(self.bn1(self.conv1(images_BCHW)))
        for stage in range(1, self.stages + 1):
            values = self.get_submodule(f"layer{stage}")(values)
        logits_BK: Tensor = self.fc(self.avgpool(values).flatten(1))
        return logits_BK
