"""What a specification refuses: for each key one value and the one line that the user reads."""

from __future__ import annotations

import pytest

from presets import SpecError, load, override
from presets.allowed import known_keys
from presets.experiment import Model
from presets.loader import MAX_BYTES, parse

LONG = "x" * 301
REFUSED = [
    (
        "preset",
        "'-x'",
        "preset = '-x': expected letters, digits, '.', '_' and '-', at most 40, a letter or digit first",
    ),
    ("title", "5", "title = 5: expected text of at most 300 characters"),
    ("shows", f"'{LONG}'", f"shows = '{LONG[:76]}...: expected text of at most 300 characters"),
    ("expected_time", "[]", "expected_time = []: expected text of at most 300 characters"),
    (
        "group",
        "claim 6",
        "group = 'claim 6': expected one of beyond the paper, claim 1, claim 2, claim 3, claim 4, claim 5",
    ),
    ("over", "3", "over = 3: expected a list of: text of at most 300 characters"),
    ("needs_gpu", "1", "needs_gpu = 1: expected true or false"),
    (
        "data.name",
        "'cifar'",
        "data.name = 'cifar': expected one of mnist5k, mnist, fashion-mnist, cifar10, cifar100, orthogonal, "
        "npz:FILE, imagefolder:DIR",
    ),
    ("data.classes", "1", "data.classes = 1: expected a whole number from 2 to 1000"),
    ("data.per_class", "-1", "data.per_class = -1: expected a whole number from 0 to 1000000"),
    ("data.class_weights", "[2.0]", "data.class_weights = [2.0]: expected a list of: a number from 0.0 to 1.0"),
    ("data.label_noise", "1.1", "data.label_noise = 1.1: expected a number from 0.0 to 1.0"),
    ("data.seed", "-1", "data.seed = -1: expected a whole number from 0 to 2147483647"),
    ("data.pad", "1000", "data.pad = 1000: expected a whole number from 0 to 512"),
    (
        "model.network",
        "vgg",
        "model.network = 'vgg': expected one of fc, vgg11, vgg13, vgg16, resnet18, resnet20, theory, torchvision:NAME",
    ),
    ("model.depth", "0", "model.depth = 0: expected a whole number from 1 to 100"),
    ("model.width", "1.5", "model.width = 1.5: expected a whole number from 1 to 16384"),
    ("model.batch_norm", "yes", "model.batch_norm = 'yes': expected true or false"),
    ("model.pool", "min", "model.pool = 'min': expected one of average, max"),
    ("model.activation", "gelu", "model.activation = 'gelu': expected one of linear, relu, tanh"),
    (
        "model.bias",
        "first",
        "model.bias = 'first': expected one of all, last, none, or a list of: a whole number of at least 1",
    ),
    ("model.init_scale", "0", "model.init_scale = 0: expected a number above 0.0 to 100.0"),
    ("model.dtype", "float16", "model.dtype = 'float16': expected one of float32, float64"),
    ("train.seed", "-1", "train.seed = -1: expected a whole number from 0 to 2147483647"),
    ("train.optimiser", "lbfgs", "train.optimiser = 'lbfgs': expected one of adam, adamw, flow, gd, sgd"),
    ("train.flow_time", "0", "train.flow_time = 0: expected a number above 0.0 to 1000000000.0"),
    ("train.lr", "abc", "train.lr = 'abc': expected a number above 0.0 to 1000.0"),
    ("train.schedule", "linear", "train.schedule = 'linear': expected one of constant, cosine, step"),
    ("train.step_epochs", "[0]", "train.step_epochs = [0]: expected a list of: a whole number of at least 1"),
    ("train.step_factor", "2", "train.step_factor = 2: expected a number above 0.0 to 1.0"),
    ("train.warmup_epochs", "-1", "train.warmup_epochs = -1: expected a whole number from 0 to 1000000"),
    ("train.momentum", "1.0", "train.momentum = 1.0: expected a number from 0.0 to below 1.0"),
    ("train.weight_decay", "-0.1", "train.weight_decay = -0.1: expected a number from 0.0 to 10.0"),
    ("train.label_smoothing", "1", "train.label_smoothing = 1: expected a number from 0.0 to below 1.0"),
    ("train.augment", "['rotate']", "train.augment = ['rotate']: expected a list of: one of crop, flip"),
    ("train.batch_size", "0", "train.batch_size = 0: expected a whole number from 1 to 1000000"),
    ("train.stop_loss", "-1", "train.stop_loss = -1: expected a number from 0.0 to 1000000.0"),
    ("train.max_epochs", "1000001", "train.max_epochs = 1000001: expected a whole number from 1 to 1000000"),
    ("train.threads", "true", "train.threads = true: expected a whole number from 0 to 1024"),
    (
        "interpolation.schemes",
        "[]",
        "interpolation.schemes = []: expected a list of: one of equal_last_bias, fixed_bias, homogeneous, "
        "last_bias_linear, linear",
    ),
    (
        "interpolation.start",
        "epoch",
        "interpolation.start = 'epoch': expected one of init, zero, noise, epoch:N, file:PATH",
    ),
    ("interpolation.end", "init", "interpolation.end = 'init': expected one of trained, epoch:N, file:PATH"),
    ("interpolation.points", "4", "interpolation.points = 4: expected a whole number from 5 to 10001"),
    ("interpolation.alpha_from", "0.1", "interpolation.alpha_from = 0.1: expected a number from -2.0 to 0.0"),
    ("interpolation.alpha_to", "0.5", "interpolation.alpha_to = 0.5: expected a number from 1.0 to 3.0"),
    ("interpolation.only", "['']", "interpolation.only = ['']: expected a list of: text of at most 200 characters"),
    ("interpolation.others", "init", "interpolation.others = 'init': expected one of end, start"),
    ("interpolation.by_layer", "2", "interpolation.by_layer = 2: expected true or false"),
    ("interpolation.batch_norm", "fix", "interpolation.batch_norm = 'fix': expected one of interpolate, recalibrate"),
    (
        "interpolation.memory_limit",
        "0",
        "interpolation.memory_limit = 0: expected auto, or a whole number from 1 to 1000000",
    ),
    ("interpolation.tau", "1", "interpolation.tau = 1: expected a number above 0.0 to below 1.0"),
    ("interpolation.resolution", "0", "interpolation.resolution = 0: expected a number from 1e-06 to 0.1"),
    (
        "interpolation.live_every",
        "never",
        "interpolation.live_every = 'never': expected auto, or a whole number of at least 0",
    ),
    ("interpolation.live_points", "1", "interpolation.live_points = 1: expected a whole number from 2 to 1001"),
    ("interpolation.live_inputs", "0", "interpolation.live_inputs = 0: expected a whole number from 1 to 1000000"),
    ("output.checkpoint_every", "-1", "output.checkpoint_every = -1: expected a whole number of at least 0"),
    (
        "output.checkpoint_epochs",
        "[0]",
        "output.checkpoint_epochs = [0]: expected a list of: a whole number of at least 1",
    ),
    ("output.autosave_seconds", "-1", "output.autosave_seconds = -1: expected a number from 0.0 to 86400.0"),
    (
        "own.model",
        "net.py",
        "own.model = 'net.py': expected the absolute path of FILE.py, a colon and the name of its factory",
    ),
    ("own.model_sha256", "12", "own.model_sha256 = 12: expected a SHA-256 of 64 hex digits"),
    ("own.start_sha256", "ab", "own.start_sha256 = 'ab': expected a SHA-256 of 64 hex digits"),
    ("own.end_sha256", "AB", "own.end_sha256 = 'AB': expected a SHA-256 of 64 hex digits"),
]


def refusal(*settings: str) -> str:
    with pytest.raises(SpecError) as refused:
        override(load("quick"), list(settings))
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize(("key", "value", "line"), REFUSED, ids=[key for key, _, _ in REFUSED])
def test_a_value_out_of_range_is_refused_with_key_value_and_what_is_allowed(key: str, value: str, line: str) -> None:
    assert refusal(f"{key}={value}") == line


def test_every_key_has_its_case() -> None:
    assert [key for key, _, _ in REFUSED] == list(known_keys())


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("model.bias=[11]", "model.bias = [11]: expected different layer numbers from 1 to model.depth"),
        ("model.bias=[2, 2]", "model.bias = [2, 2]: expected different layer numbers from 1 to model.depth"),
        (
            "model.pool=average",
            "model.pool = 'average': expected max for a network other than a VGG",
        ),
        (
            "interpolation.batch_norm=recalibrate",
            "interpolation.batch_norm = 'recalibrate': expected interpolate for a network without batch norm",
        ),
        (
            'interpolation.schemes=["linear", "linear"]',
            "interpolation.schemes = ['linear', 'linear']: expected each scheme once",
        ),
        (
            "data.classes=4",
            "data.classes = 4: expected 10 for a data set other than orthogonal, which has its own number",
        ),
        (
            "output.checkpoint_epochs=[151]",
            "output.checkpoint_epochs = [151]: expected epochs from 1 to train.max_epochs",
        ),
        (
            "model.network=own",
            "model.network = 'own': expected a network by name: own is what `mli-tui interpolate` and "
            "backends.api.Recorder write",
        ),
        ("data.name=own", "data.name = 'own': expected a data set by name: own is what backends.api.Recorder writes"),
        ("own.model=/a.py:net", "own.model = '/a.py:net': expected nothing, unless model.network is own"),
    ],
)
def test_keys_that_must_agree(setting: str, line: str) -> None:
    assert refusal(setting) == line


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["train.flow_time=5"], "train.flow_time = 5.0: expected 100.0 where train.optimiser is not flow"),
        (["train.step_factor=0.5"], "train.step_factor = 0.5: expected 0.1 where train.schedule is not step"),
        (
            ["train.step_epochs=[3]"],
            "train.step_epochs = [3]: expected at least one epoch where train.schedule is step, and [] elsewhere",
        ),
        (
            ["train.schedule=step"],
            "train.step_epochs = []: expected at least one epoch where train.schedule is step, and [] elsewhere",
        ),
        (
            ["train.schedule=step", "train.step_epochs=[3, 3]"],
            "train.step_epochs = [3, 3]: expected each epoch once",
        ),
        (
            ["train.optimiser=gd", "train.batch_size=50"],
            "train.batch_size = 50: expected 100 where train.optimiser is gd",
        ),
        (
            ['train.augment=["flip", "flip"]'],
            "train.augment = ['flip', 'flip']: expected each of crop and flip once",
        ),
        (
            ["data.name=orthogonal", 'train.augment=["flip"]'],
            "train.augment = ['flip']: expected [] for orthogonal, whose inputs are no images",
        ),
        (["train.optimiser=flow"], "train.optimiser = 'flow': expected flow for the network theory, and for no other"),
    ],
)
def test_keys_of_training_that_would_do_nothing(settings: list[str], line: str) -> None:
    assert refusal(*settings).startswith(line)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("train.optimiser=sgd", "train.optimiser = 'sgd': expected flow for the network theory, and for no other"),
        ("train.lr=1.0", "train.lr = 1.0: expected 0.02 where train.optimiser is flow"),
        ("train.schedule=cosine", "train.schedule = 'cosine': expected constant where train.optimiser is flow"),
        ("train.warmup_epochs=2", "train.warmup_epochs = 2: expected 0 where train.optimiser is flow"),
        ("train.momentum=0.5", "train.momentum = 0.5: expected 0.9 where train.optimiser is flow"),
        ("train.weight_decay=0.1", "train.weight_decay = 0.1: expected 0.0 where train.optimiser is flow"),
        ("train.label_smoothing=0.1", "train.label_smoothing = 0.1: expected 0.0 where train.optimiser is flow"),
        ('train.augment=["flip"]', "train.augment = ['flip']: expected [] where train.optimiser is flow"),
        ("train.batch_size=7", "train.batch_size = 7: expected 100 where train.optimiser is flow"),
        ("data.name=mnist5k", "data.name = 'mnist5k': expected orthogonal for the network theory"),
        ("model.bias=none", "model.bias = 'none': expected last where model.network is theory"),
        ("model.width=7", "model.width = 7: expected 256 where model.network is theory"),
        ("model.activation=tanh", "model.activation = 'tanh': expected relu where model.network is theory"),
        ("model.pool=average", "model.pool = 'average': expected max for a network other than a VGG"),
        ("model.dtype=float32", "model.dtype = 'float32': expected float64 for the network theory"),
    ],
)
def test_keys_that_gradient_flow_of_the_theory_model_has_no_use_for(setting: str, line: str) -> None:
    with pytest.raises(SpecError) as refused:
        override(load("theory-r3"), [setting])
    assert str(refused.value) == line


def test_torchvisions_networks_have_their_own_activations() -> None:
    assert refusal("model.network=torchvision:resnet18", "model.activation=tanh") == (
        "model.activation = 'tanh': expected relu for torchvision's networks, which have their own"
    )


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("key", ["train.lr", "train.momentum", "interpolation.tau", "output.autosave_seconds"])
def test_what_is_not_finite_is_no_number(key: str, value: str) -> None:
    assert refusal(f"{key}={value}").startswith(f"{key} = {value}: expected a number ")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("model.dept=3", "model.dept = 3: unknown key; did you mean model.depth?"),
        ("modl.depth=3", "modl.depth = 3: unknown key; did you mean model.depth?"),
        ("depth=3", "depth = 3: unknown key; did you mean model.depth?"),
        ("train=5", "train = 5: a section, not a key; its keys: train.seed, train.optimiser, "),
        ("data.zzzzzzzzzzzz=1", "data.zzzzzzzzzzzz = 1: unknown key; known: data.name"),
        ("qqqq=1", "qqqq = 1: unknown key; known: preset, title, "),
        ("train.seed", "--set = 'train.seed': expected section.key=value, such as train.seed=1"),
        ("=1", "--set = '=1': expected section.key=value, such as train.seed=1"),
        ("train.seed=", "train.seed = '': expected a whole number from 0 to 2147483647"),
    ],
)
def test_settings_that_name_no_key(setting: str, line: str) -> None:
    assert refusal(setting).startswith(line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('preset = "x"\n[model]\ndepht = 3', "model.depht = 3: unknown key; did you mean model.depth?"),
        (
            'preset = "x"\n[data]\nfoo = 1',
            "data.foo = 1: unknown key; known: data.name, data.classes, ",
        ),
        ('preset = "x"\n[modle]\ndepth = 3', "modle = {'depth': 3}: unknown key; did you mean model?"),
        ('preset = "x"\nmodel = 3', "model = 3: expected a table of keys"),
        ("[model]\ndepth = 3", "preset = '': is missing; expected letters, digits, "),
        ("= 3", "file = 'F.toml': not valid TOML: "),
        ("a = " + "[" * 5000, "file = 'F.toml': not valid TOML: "),
        ("preset = '\xff'", "file = 'F.toml': not valid TOML: "),
        ("#" * (MAX_BYTES + 1), f"file = 'F.toml': a specification has at most {MAX_BYTES} bytes"),
    ],
    ids=["key", "far-key", "section", "no-table", "missing", "syntax", "deep", "not-utf-8", "huge"],
)
def test_files_that_are_no_specification(text: str, line: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse(text.encode("latin-1"), "F.toml")
    assert str(refused.value).startswith(line)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"^preset = 'fc10-mnist': no such preset; did you mean fc10-mnist5k\? known: "):
        load("fc10-mnist")


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SpecError, match=r"^file = '/nowhere/x\.toml': can't be read: No such file or directory$"):
        load("/nowhere/x.toml")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            ["model.network=vgg11", "model.depth=4"],
            "model.depth = 4: expected 10 where model.network has its own depth",
        ),
        (
            ["model.network=torchvision:resnet18", "model.width=64"],
            "model.width = 64: expected 256 where model.network has its own width",
        ),
    ],
)
def test_what_a_network_has_of_its_own_is_no_choice(settings: list[str], line: str) -> None:
    assert refusal(*settings).startswith(line)


def test_another_network_does_not_keep_a_depth_that_it_has_no_use_for() -> None:
    quick = load("quick")
    assert quick.model.depth != Model().depth
    assert override(quick, ["model.network=vgg11"]).model.depth == Model().depth
    assert override(quick, ["model.network=fc"]).model.depth == quick.model.depth


def test_a_value_that_goes_on_with_keys_of_its_own_is_no_value() -> None:
    assert refusal("train.seed=1\nx = 2").startswith("train.seed = '1\\nx = 2': expected ")
