"""Layers found in the graph of a network, as torch.fx traces it, for any network of modules.

The trace is one of evaluation mode. Of every value on the way it is known how many weight layers lie on the shortest
and on the longest path from the input to it; the longest gives the exponents, and where two paths of different
lengths meet the signal is not homogeneous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd

from backends.models.layers import Described, Layer, Layers, Role
from backends.models.modes import evaluating

WEIGHTS = (nn.Linear, nn.Bilinear, _ConvNd, nn.Embedding, nn.MultiheadAttention)
"""Modules that are one weight layer (attention too, whose parts torch does not show)."""
NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_HOMOGENEOUS = (
    nn.Linear, _ConvNd, nn.ReLU, nn.LeakyReLU, nn.Identity, nn.Flatten, nn.Dropout, nn.Dropout2d,
    nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d,
)  # fmt: skip
_WEIGHT_FUNCTIONS = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
_SUMS = frozenset({"add", "add_", "iadd", "cat", "concat"})
_HOMOGENEOUS_FUNCTIONS = _WEIGHT_FUNCTIONS | frozenset(
    {"relu", "relu_", "flatten", "view", "reshape", "contiguous", "mean", "dropout", "max_pool2d", "avg_pool2d"}
    | {"adaptive_avg_pool2d", "adaptive_max_pool2d", "chunk", "getitem", "getattr", "size", "transpose", "permute"}
)
_TRANSPARENT = (nn.Flatten, nn.Identity, nn.Dropout)
_TRANSPARENT_FUNCTIONS = frozenset({"flatten", "view", "reshape", "squeeze", "dropout", "contiguous"})


def describe(network: nn.Module) -> Layers:
    """Return the description of a network: the role of every tensor of its state_dict, and its layers.

    A network that describes itself is believed; of all others the graph is walked.

    Raises `ValueError`, one line, for a network that torch.fx can't trace, that gives anything but one tensor, that has
    no weight layer, or that holds parameters its output does not depend on.
    """
    if isinstance(network, Described):
        return network.layers()
    walk = _Walk(network, _trace(network))
    if not walk.layers:
        raise ValueError("the network has no weight layer")
    return Layers(
        roles=_roles(network, walk),
        obstacles=tuple(walk.obstacles),
        table=tuple(walk.table()),
        convolutional=any(isinstance(module, _ConvNd) for module in network.modules()),
    )


class _Tracer(fx.Tracer):
    """Takes layers as one node each, subclasses too."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, WEIGHTS + NORMS) or super().is_leaf_module(m, module_qualified_name)


def _trace(network: nn.Module) -> fx.Graph:
    try:
        with evaluating(network):
            return _Tracer().trace(network)
    except (ValueError, TypeError, RuntimeError, AttributeError, NotImplementedError) as error:
        line = " ".join(str(error).split())[:200]
        raise ValueError(f"the graph of the network can't be traced: {line}") from error


@dataclass(frozen=True)
class _Span:
    """How many weight layers lie on the shortest and on the longest path from the input."""

    shortest: int
    longest: int


class _Walk:
    """One walk over a graph, in the order in which values are computed.

    `layers` has the exponent of each module with parameters, and of each parameter that belongs to no such module, by
    name; `last` is the name of the layer whose output the network returns, if it is one.
    """

    def __init__(self, network: nn.Module, graph: fx.Graph) -> None:
        self._modules = dict(network.named_modules())
        self._tensors = dict(network.named_parameters(remove_duplicate=False)) | dict(network.named_buffers())
        self._spans: dict[fx.Node, _Span] = {}
        self._free: dict[fx.Node, list[str]] = {}  # values of parameters alone: the names of those
        self.layers: dict[str, int] = {}
        self.obstacles: dict[str, None] = {}
        self.last: str | None = None
        for node in graph.nodes:
            self._visit(node)

    def table(self) -> Iterator[Layer]:
        """Yield the layers in the order in which inputs pass them."""
        for name, number in self.layers.items():
            module = self._modules.get(name)
            if module is None:
                yield Layer(name, "parameter", number, tuple(self._tensors[name].shape))
            else:
                weight = getattr(module, "weight", None)
                first = weight if isinstance(weight, Tensor) else next(module.parameters())
                yield Layer(name, _kind(module), number, tuple(first.shape))

    def _visit(self, node: fx.Node) -> None:
        if node.op == "placeholder":
            if not self._spans:
                self._spans[node] = _Span(0, 0)
        elif node.op == "output":
            self._end(node)
        elif node.op == "get_attr":
            is_parameter = isinstance(self._tensors.get(str(node.target)), nn.Parameter)
            self._free[node] = [str(node.target)] if is_parameter else []
        else:
            self._compute(node)

    def _compute(self, node: fx.Node) -> None:
        """Find the span of a value, and what its computation does to the signal."""
        incoming = [self._spans[one] for one in node.all_input_nodes if one in self._spans]
        module, name = self._module(node), _called(node)
        free = [own for one in node.all_input_nodes for own in self._free.get(one, ())]
        if module is not None and next(module.parameters(), None) is not None:
            free.append(str(node.target))
        if not incoming:
            self._free[node] = free
            return
        weighs = isinstance(module, WEIGHTS) or (module is None and name in _WEIGHT_FUNCTIONS)
        longest = max(span.longest for span in incoming) + weighs
        self._spans[node] = _Span(min(span.shortest for span in incoming) + weighs, longest)
        for own in free:
            self._note(own, longest)
        if obstacle := self._obstacle(node, module, incoming):
            self.obstacles[obstacle] = None

    def _note(self, name: str, longest: int) -> None:
        """A norm layer or a parameter before every weight layer counts as part of the first."""
        self.layers[name] = max(longest, self.layers.get(name, 1))

    def _obstacle(self, node: fx.Node, module: nn.Module | None, incoming: list[_Span]) -> str | None:
        if module is not None:
            return _module_obstacle(module)
        name = _called(node)
        if name in _SUMS:
            if any(span != incoming[0] for span in incoming) or incoming[0].shortest != incoming[0].longest:
                return "shortcuts add signals of different powers of alpha"
            whole = len(incoming) > 1 or name.startswith("cat")
        else:
            whole = name in _HOMOGENEOUS_FUNCTIONS
        return None if whole else f"{name} is not known to be homogeneous"

    def _end(self, node: fx.Node) -> None:
        found = node.args[0]
        if not isinstance(found, fx.Node) or found not in self._spans:
            raise ValueError("the network must return one tensor, computed of its input")
        while self._is_transparent(found):
            found = found.all_input_nodes[0]
        if found.op == "call_module" and isinstance(self._module(found), WEIGHTS):
            self.last = str(found.target)

    def _is_transparent(self, node: fx.Node) -> bool:
        module = self._module(node)
        if module is not None:
            return isinstance(module, _TRANSPARENT)
        return node.op in ("call_function", "call_method") and _called(node) in _TRANSPARENT_FUNCTIONS

    def _module(self, node: fx.Node) -> nn.Module | None:
        return self._modules[str(node.target)] if node.op == "call_module" else None


def _called(node: fx.Node) -> str:
    return str(getattr(node.target, "__name__", node.target))


def _module_obstacle(module: nn.Module) -> str | None:
    if isinstance(module, NORMS):
        return f"{_kind(module)} divides the signal by its size"
    if isinstance(module, nn.Tanh):
        return "tanh is not homogeneous"
    if not isinstance(module, _HOMOGENEOUS):
        return f"{_kind(module)} is not known to be homogeneous"
    return None


def _kind(module: nn.Module) -> str:
    """Return what torch calls this module: the nearest of its classes that is torch's own."""
    own = (kind.__name__ for kind in type(module).__mro__ if kind.__module__.startswith("torch.nn."))
    return next(own, type(module).__name__)


def _roles(network: nn.Module, walk: _Walk) -> dict[str, Role]:
    parameters = dict(network.named_parameters(remove_duplicate=False))
    return {name: _role(name, tensor, name in parameters, walk) for name, tensor in network.state_dict().items()}


def _role(name: str, tensor: Tensor, is_parameter: bool, walk: _Walk) -> Role:
    owner = _owner(name, walk.layers)
    if not is_parameter:
        return Role(walk.layers.get(owner, 1), False, False, "statistic" if tensor.is_floating_point() else "counter")
    if owner not in walk.layers:
        raise ValueError(f"{name} is on no path from the input of the network to its output")
    return Role(walk.layers[owner], is_bias="bias" in name.rpartition(".")[2], is_last=owner == walk.last)


def _owner(name: str, layers: dict[str, int]) -> str:
    """Return the tensor's own name or the module around it, whichever is a layer."""
    while name not in layers and name:
        name = name.rpartition(".")[0]
    return name
