"""`seedbed.keras`: the same values on every backend and distribution."""

import os
import subprocess
import sys

import keras
import ml_dtypes
import numpy as np
import pytest
import seedbed
import seedbed.keras

BACKEND = keras.config.backend()
# Keras' own, with NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="only the backend of JAX has layouts")


def whole(name, shape, dtype=np.float32, seed=42, path="w", **parameters):
    values = np.empty(shape, dtype)
    seedbed.Initializer(name, **parameters).fill(values, seed=seed, path=path)
    return values


def same(tensor, values):
    """Whether a tensor of the backend has these bits: those of bfloat16 are exact in float32."""
    assert keras.backend.standardize_dtype(tensor.dtype) == values.dtype.name
    made = keras.ops.convert_to_numpy(
        keras.ops.cast(tensor, "float64" if values.dtype == np.float64 else "float32")
    )
    assert np.array_equal(made, values.astype(made.dtype)), (made, values)


def he(**options):
    return seedbed.keras.Initializer("keras.he_normal", **{"seed": 42, "path": "w", **options})


@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("name", ["keras.he_normal", "keras.Orthogonal", "torch.normal_"])
def test_values(name, dtype):
    initializer = seedbed.keras.Initializer(name, seed=42, path="w")
    dtype = np.dtype(dtype)
    same(initializer((8, 6), dtype=dtype.name), whole(name, (8, 6), dtype))


def test_the_default_type_is_that_of_keras():
    same(he()((8, 6)), whole("keras.he_normal", (8, 6)))
    before = keras.config.floatx()
    keras.config.set_floatx("bfloat16")
    try:
        same(he()((8, 6)), whole("keras.he_normal", (8, 6), ml_dtypes.bfloat16))
    finally:
        keras.config.set_floatx(before)


@pytest.mark.parametrize("seed", [0, 2**64 - 1, bytes(range(32))])
def test_configurations(seed, tmp_path):
    initializer = seedbed.keras.Initializer("keras.RandomNormal", seed=seed, path="fc", stddev=0.5)
    again = seedbed.keras.Initializer.from_config(initializer.get_config())
    assert again.get_config() == initializer.get_config()
    values = whole("keras.RandomNormal", (4, 3), seed=seed, path="fc", stddev=0.5)
    same(again((4, 3)), values)
    same(
        keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(initializer))(
            (4, 3)
        ),
        values,
    )
    same(initializer.clone()((4, 3)), values)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, kernel_initializer=initializer)]
    )
    same(keras.Sequential.from_config(model.get_config()).layers[0].kernel, values)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.layers[0].kernel_initializer.get_config() == initializer.get_config()


def test_a_layer_learns():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer=he())])
    same(model.layers[0].kernel, whole("keras.he_normal", (4, 3)))
    model.compile(optimizer="sgd", loss="mse")
    model.fit(np.ones((8, 4)), np.zeros((8, 3)), verbose=0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"path": ""}, ValueError, "path is empty"),
        ({"path": 3}, TypeError, "path is of type int"),
        ({"stddev": 3}, (TypeError, ValueError), "stddev"),
    ],
)
def test_refused(options, error, message):
    with pytest.raises(error, match=message):
        he(**options)


def test_refused_calls():
    with pytest.raises(TypeError, match="int32"):
        he()((2, 2), dtype="int32")
    if BACKEND != "jax":
        with pytest.raises(ValueError, match=f"layout is rows, but the backend {BACKEND} has none"):
            he()((2, 2), layout="rows")


RULES = [
    ("*/gamma", "keras.Ones"), ("*_variance", "keras.Ones"), ("*bias", "keras.Zeros"), ("*beta", "keras.Zeros"),
    ("*_mean", "keras.Zeros"), ("*", "keras.glorot_normal"),
]  # fmt: skip


def model():
    return keras.Sequential(
        [
            keras.Input((5, 8)),
            keras.layers.LSTM(6, name="lstm"),
            keras.layers.Dense(4, name="fc"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.1, name="drop"),
        ],
        name="net",
    )


def test_init_fills_all_weights_by_their_paths():
    first, second = model(), model()
    for one in (first, second):
        assert seedbed.keras.init_(one, RULES, seed=7) is None
    paths = [weight.path for weight in first.weights]
    assert "net/fc/kernel" in paths
    assert "net/norm/moving_mean" in paths
    for weight, other in zip(first.weights, second.weights, strict=True):
        rule = seedbed.Rules(RULES).get(weight.path)
        values = np.empty(weight.shape, np.float32)
        rule.fill(values, seed=7, path=weight.path)
        same(weight.value, values)
        same(other.value, values)


def test_init_gives_a_layers_matrices_different_values():
    """Keras gives all matrices of attention the same initializer, of which there is one path."""
    layer = keras.layers.MultiHeadAttention(2, 4, name="attention")
    layer.build((None, 5, 8), (None, 5, 8))
    seedbed.keras.init_(layer, [("*bias", "keras.Zeros"), ("*", "keras.RandomNormal")], seed=7)
    kernels = [
        keras.ops.convert_to_numpy(w.value) for w in layer.weights if w.path.endswith("kernel")
    ]
    assert len(kernels) == 4
    assert not np.array_equal(kernels[0], kernels[1])


def test_init_refuses():
    with pytest.raises(ValueError, match="'fc' is not built"):
        seedbed.keras.init_(keras.layers.Dense(4, name="fc"), RULES, seed=7)
    made = model()
    before = [keras.ops.convert_to_numpy(weight.value) for weight in made.weights]
    with pytest.raises(
        ValueError, match=r"no rule matches 2 weights:\n  net/fc/kernel\n  net/fc/bias$"
    ):
        seedbed.keras.init_(
            made, [("*/lstm/*", "keras.RandomNormal"), ("*/norm/*", "keras.Ones")], seed=7
        )
    with pytest.raises(ValueError, match="^the tensor `net/lstm/lstm_cell/bias`: Orthogonal needs"):
        seedbed.keras.init_(made, [("*", "keras.Orthogonal")], seed=7)
    for weight, values in zip(made.weights, before, strict=True):
        assert np.array_equal(keras.ops.convert_to_numpy(weight.value), values)
    with pytest.warns(UserWarning, match=r"match nothing: \*/head$"):
        seedbed.keras.init_(made, [("*/head", "keras.Ones"), *RULES], seed=7)


@on_jax
@pytest.mark.parametrize(
    "spec", [("batch", "model"), ("model", None), (None, "batch"), (None, None)]
)
def test_a_distribution_of_devices(spec):
    import jax

    assert len(jax.devices()) == 8
    devices = keras.distribution.DeviceMesh(
        (2, 4), ("batch", "model"), keras.distribution.list_devices()
    )
    layouts = keras.distribution.LayoutMap(devices)
    layouts[".*kernel"] = spec
    distribution = keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch")
    with distribution.scope():
        layer = keras.layers.Dense(8, kernel_initializer=he(), name="fc")
        layer.build((None, 4))
        expected = jax.sharding.PartitionSpec(*spec)
        assert layer.kernel.value.sharding.is_equivalent_to(
            jax.sharding.NamedSharding(layer.kernel.value.sharding.mesh, expected), 2
        )
        same(layer.kernel, whole("keras.he_normal", (4, 8)))
        for shard in layer.kernel.value.addressable_shards:
            assert np.array_equal(
                np.asarray(shard.data), whole("keras.he_normal", (4, 8))[shard.index]
            )
        before = layer.kernel.value.sharding
        seedbed.keras.init_(layer, [("*/bias", "keras.Zeros"), ("*", "keras.he_normal")], seed=7)
        assert layer.kernel.value.sharding == before
        same(layer.kernel, whole("keras.he_normal", (4, 8), seed=7, path="fc/kernel"))
    layout = keras.distribution.TensorLayout(spec, devices)
    same(he()((4, 8), layout=layout), whole("keras.he_normal", (4, 8)))


@on_jax
def test_the_backend_of_pytorch():
    """A process has one backend, so this one starts another."""
    pytest.importorskip("torch.nn", reason="PyTorch is not installed")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    run = subprocess.run(
        command, env=os.environ | {"KERAS_BACKEND": "torch"}, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
