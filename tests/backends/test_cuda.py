"""On a CUDA device: the numbers of the CPU, every scheme, every kind of network, and a whole run in a worker."""

from dataclasses import replace

import pytest
import torch

import presets
from backends import devices, models
from backends.data import Dataset
from backends.interpolation.curves import Path
from backends.runs import launch, workers
from backends.runs.events import Finished, Resumed
from backends.runs.journal import Reader
from backends.training.loop import Trainer
from presets.experiment import Model, Train
from tests.backends import small
from tests.backends.worker_runs import ended, make, wait

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]
CONVOLUTIONAL = (
    Model(network="vgg11", width=8, bias="all"),
    Model(network="resnet20", width=8, bias="all", batch_norm=True),
)


@pytest.fixture(scope="module")
def gpu():
    """The device, in a process that is prepared as a worker is."""
    flags = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.allow_tf32
    devices.prepare(torch.get_num_threads())
    yield devices.select("cuda")
    torch.use_deterministic_algorithms(flags[0])
    torch.backends.cudnn.allow_tf32 = flags[1]


def there(part):
    return replace(part, raw_N=part.raw_N.to("cuda"), labels_N=part.labels_N.to("cuda"))


def dataset(part):
    names = tuple(map(str, range(part.classes)))
    return Dataset(part, part, part.classes, names, tuple(part.raw_N.shape[1:]))


def both_paths(gpu, model, part, scheme="linear"):
    """The same path on the CPU and on the GPU."""
    network = small.trained(model, part)
    start = small.state(models.build(model, tuple(part.raw_N.shape[1:]), part.classes, 0).to(part.dtype))
    on_cpu = small.path(network, start, scheme, part)
    ends = [{name: tensor.to("cuda") for name, tensor in state.items()} for state in (start, small.state(network))]
    layers = models.describe(network)
    return on_cpu, Path(network.to("cuda"), layers, *ends, scheme, there(part), gpu)


@pytest.mark.parametrize("scheme", small.SCHEMES)
def test_a_curve_equals_that_on_the_cpu(gpu, scheme):
    on_cpu, on_gpu = both_paths(gpu, Model(depth=4, width=9), small.split(), scheme)
    assert on_gpu.block_size > 1
    here, away = (path.at(small.alphas(11)) for path in (on_cpu, on_gpu))
    assert [m.loss for m in away] == pytest.approx([m.loss for m in here], rel=1e-10)
    counts, wanted = ([[share * len(small.split()) for share in m.histogram] for m in found] for found in (away, here))
    assert counts == [pytest.approx(one, abs=1e-9) for one in wanted]
    assert on_gpu.predicted([0.5])[0] == pytest.approx(on_cpu.predicted([0.5])[0], rel=1e-10)


@pytest.mark.parametrize("model", CONVOLUTIONAL, ids=lambda model: model.network)
def test_float32_convolutions_are_not_rounded_to_tf32(gpu, model):
    """Its 10 bits would give relative errors near 1e-3 in each product."""
    part = small.images(channels=3, dtype=torch.float32)
    on_cpu, on_gpu = both_paths(gpu, model, part)
    alphas = small.alphas(5)
    assert [m.loss for m in on_gpu.at(alphas)] == pytest.approx([m.loss for m in on_cpu.at(alphas)], rel=2e-5)


def test_training_takes_the_steps_of_the_cpu(gpu):
    part, model = small.split(), Model(depth=4, width=9)
    spec = Train(batch_size=5, lr=0.05, momentum=0.9)
    ends = []
    for device, own in ((small.CPU, part), (gpu, there(part))):
        network = small.trained(model, part).to(device.torch_device)
        trainer = Trainer(spec, network, dataset(own), device)
        for _ in range(3):
            assert trainer.run_epoch(lambda: False)
        ends.append({name: tensor.cpu() for name, tensor in network.state_dict().items()})
    for name, tensor in ends[0].items():
        torch.testing.assert_close(ends[1][name], tensor, rtol=1e-9, atol=1e-12)


def test_a_network_whose_gradients_have_no_deterministic_form_trains_and_says_so(gpu):
    part, said = there(small.images(channels=3, dtype=torch.float32)), []
    part = replace(part, raw_N=part.raw_N.repeat_interleave(2, 2).repeat_interleave(2, 3))
    network = models.build(Model(network="torchvision:alexnet", bias="all"), (3, 64, 64), 4, 0).to("cuda", part.dtype)
    trainer = Trainer(Train(batch_size=9, lr=0.001), network, dataset(part), gpu)
    with devices.indeterminate_told(said.append):
        assert trainer.run_epoch(lambda: False)
    assert said == [
        "adaptive_avg_pool2d_backward_cuda is not deterministic here: the last bits of a repetition may differ"
    ]


def test_a_run_in_a_worker_is_done_tells_of_its_gpu_and_equals_that_on_the_cpu(tmp_path):
    found = {}
    for backend in ("cpu", "cuda"):
        run = make(tmp_path / backend)
        launch.start(run, backend)
        found[backend] = view = wait(run, ended)
        assert (view.status, view.message) == ("done", "")
        assert all(check.start and check.end for check in view.ends.values())
    assert found["cuda"].use
    assert all(one.gpu_memory and one.gpu_total and one.gpu_temperature for one in found["cuda"].use)
    ending = [event for event in Reader(run.events).read() if isinstance(event, Finished)][-1]
    assert ending.gpu_memory > 0
    assert found["cpu"].epochs[3].loss == pytest.approx(found["cuda"].epochs[3].loss, rel=1e-3)


def test_auto_takes_the_gpu(tmp_path):
    run = make(tmp_path)
    launch.start(run, "auto")
    view = wait(run, ended)
    assert (view.status, view.device) == ("done", torch.cuda.get_device_name(0))


def test_the_stopped_run_goes_on_where_it_was(tmp_path):
    run = make(tmp_path)
    launch.start(run, "cuda")
    wait(run, lambda view: view.epoch >= 2)
    workers.send_stop(run)
    stopped = wait(run, ended)
    assert stopped.status == "stopped"
    launch.start(run, "cuda")
    view = wait(run, lambda view: view.status == "done")
    (resumed,) = [event for event in Reader(run.events).read() if isinstance(event, Resumed)]
    assert resumed.epoch == stopped.epoch >= 2
    whole = make(tmp_path / "whole")
    launch.start(whole, "cuda")
    undisturbed = wait(whole, ended)
    assert [row.loss for row in view.epochs] == pytest.approx([row.loss for row in undisturbed.epochs], rel=1e-3)


def test_every_preset_that_needs_a_gpu_names_a_network_that_trains_on_it(gpu):
    wanted = [spec for spec in map(presets.load, (one.name for one in presets.catalog())) if spec.needs_gpu]
    assert len(wanted) == 4
    for spec in wanted:
        part = there(small.images(channels=3, dtype=torch.float32))
        network = models.build(spec.model, (3, 32, 32), 4, 0).to("cuda", torch.float32)
        assert Trainer(spec.train, network, dataset(part), gpu).run_epoch(lambda: False)
