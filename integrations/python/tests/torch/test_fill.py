"""Fills of single tensors of every kind that one process can make."""

import dataclasses
import types

import numpy as np
import pytest
import seedbed
import seedbed.torch as st
import torch
from seedbed.torch import fill, staging
from torch import nn

TYPES = {
    "float32": torch.float32,
    "float64": torch.float64,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


def normal(tensor, path="w"):
    return st.fill_(tensor, "torch.xavier_normal_", seed=7, path=path)


def whole(*shape, dtype=torch.float32):
    return normal(torch.empty(shape, dtype=dtype))


@pytest.mark.parametrize("dtype", TYPES.values(), ids=TYPES)
def test_a_tensor_has_the_values_of_numpy(dtype):
    made = whole(300, 70, dtype=dtype)
    single = np.empty((300, 70), np.float64 if dtype == torch.float64 else np.float32)
    seedbed.Initializer("torch.xavier_normal_").fill(single, seed=7, path="w")
    # Halves are the single values, rounded.
    assert torch.equal(made, torch.from_numpy(single).to(dtype))
    assert made.std() > 0


def test_the_tensor_is_returned_and_keeps_its_memory():
    parameter = nn.Parameter(torch.empty(3, 4))
    address = parameter.data_ptr()
    assert normal(parameter) is parameter
    assert parameter.data_ptr() == address
    assert torch.equal(parameter, whole(3, 4))
    made = st.fill_(
        torch.empty(3, 4), seedbed.Initializer("torch.normal_", std=2.0), seed=b"s" * 32, path="w"
    )
    named = st.fill_(
        torch.empty(3, 4), "torch.normal_", std=2.0, seed=b"s" * 32, path="w", threads=2
    )
    assert torch.equal(made, named)


@pytest.mark.parametrize("shape", [(), (0,), (5,), (4, 0, 3), (2, 3, 4, 5)], ids=str)
def test_shapes_of_any_rank(shape):
    tensor = st.fill_(torch.empty(shape), "torch.normal_", seed=1, path="w")
    assert tensor.shape == shape
    assert st.pieces(tensor).shape == shape


def test_memory_that_is_not_contiguous_has_the_same_values():
    expected = whole(6, 10)
    transposed = torch.full((10, 6), 5.0).t()
    assert torch.equal(normal(transposed), expected)
    around = torch.full((6, 20), 5.0)
    assert torch.equal(normal(around[:, 4:14]), expected)
    # Nothing beside it is written.
    assert (around[:, :4] == 5).all()
    assert (around[:, 14:] == 5).all()


def test_parameters_that_are_not_contiguous_are_filled():
    for tensor in [torch.empty(10, 6).t(), torch.empty(6, 20)[:, 4:14]]:
        parameter = nn.Parameter(tensor)
        assert not parameter.is_contiguous()
        assert torch.equal(normal(parameter), whole(6, 10))
        assert parameter.grad_fn is None
    parameter = nn.Parameter(torch.empty(8, 12).t())
    expected = st.fill_(torch.empty(12, 8), "torch.orthogonal_", seed=1, path="w")
    assert torch.equal(st.fill_(parameter, "torch.orthogonal_", seed=1, path="w"), expected)


def test_dependent_elements_are_made_once_for_memory_that_is_not_contiguous(monkeypatch):
    monkeypatch.setattr(staging, "SLAB", 64)
    expected = st.fill_(torch.empty(12, 8), "torch.orthogonal_", seed=1, path="w")
    made = torch.empty(8, 12).t()
    calls = []
    make = fill.Fill._make
    monkeypatch.setattr(fill.Fill, "_make", lambda *given: (calls.append(1), make(*given)))
    assert torch.equal(st.fill_(made, "torch.orthogonal_", seed=1, path="w"), expected)
    assert len(calls) == 1


@pytest.mark.parametrize("slab", [4, 24, 100, 1000, 1 << 20])
def test_slabs_have_the_values_of_the_whole(slab, monkeypatch):
    monkeypatch.setattr(staging, "SLAB", slab)
    expected = whole(5, 6, 7)
    made = torch.full((7, 6, 5), 5.0).permute(2, 1, 0)
    assert torch.equal(normal(made), expected)


def test_slabs_are_rectangles_in_order():
    piece = st.Piece((1, 2, 3), (0, 5, 0), (3, 4, 5))
    for limit in range(1, 70):
        order = []
        for slab in staging.cut(piece, limit):
            count = np.prod(slab.size)
            assert count <= limit
            order += [
                tuple(int(i) for i in index + np.array(slab.start))
                for index in np.ndindex(*slab.size)
            ]
            assert [a - b for a, b in zip(slab.at, slab.start, strict=True)] == [-1, 3, -3]
        assert order == [(1 + i, 2 + j, 3 + k) for i, j, k in np.ndindex(3, 4, 5)]


def test_pinned_buffers_wait_for_their_copies(monkeypatch):
    """The order of events of the part for CUDA, on a stand-in for it: no GPU is at hand."""
    log = []

    class Event:
        def synchronize(self):
            log.append("wait")

        def record(self, _stream):
            log.append("record")

    stream = types.SimpleNamespace(synchronize=lambda: log.append("end"))
    cuda = types.SimpleNamespace(
        current_stream=lambda _device: stream, Event=Event, stream=lambda _stream: torch.no_grad()
    )
    monkeypatch.setattr(
        staging, "torch", types.SimpleNamespace(cuda=cuda, empty=lambda n, **_: torch.empty(n))
    )
    memory = torch.empty(4)
    buffers = staging.Pinned(memory, 4)
    hosts = [buffers.buffer(0), buffers.buffer(1)]
    assert hosts[0] is not hosts[1]
    assert log == []
    buffers.send(0, hosts[0], memory)
    buffers.send(1, hosts[1], memory)
    assert buffers.buffer(2) is hosts[0]
    buffers.wait()
    assert log == ["record", "record", "wait", "end"]


def test_autograd_sees_the_write():
    weight = nn.Parameter(torch.ones(3, 4))
    loss = (weight * weight).sum()
    normal(weight)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
    with torch.inference_mode():
        assert torch.equal(normal(torch.empty(3, 4)), whole(3, 4))


def test_classes_that_only_add_attributes_are_filled():
    class Weight(nn.Parameter):
        pass

    assert torch.equal(normal(Weight(torch.empty(3, 4))), whole(3, 4))


def wrapper(**inner):
    """A subclass of tensors with tensors inside, as torchao's are."""

    class Wrapper(torch.Tensor):
        @staticmethod
        def __new__(cls):
            return torch.Tensor._make_wrapper_subclass(cls, (3, 4))

        def __tensor_flatten__(self):
            return list(inner), None

        @classmethod
        def __torch_dispatch__(cls, *_args, **_kwargs):
            raise NotImplementedError

    made = Wrapper()
    for name, tensor in inner.items():
        setattr(made, name, tensor)
    return made


def test_a_wrapper_of_one_tensor_is_filled_inside():
    inner = torch.empty(3, 4)
    normal(wrapper(_tensor=inner, _scale=torch.ones(())))
    assert torch.equal(inner, whole(3, 4))


def test_quantised_classes_are_refused():
    for inner in [
        {"int_data": torch.zeros(3, 4, dtype=torch.int8), "scale": torch.ones(3, 1)},
        {"int_data": torch.zeros(3, 4, dtype=torch.int8), "scale": torch.ones(3, 4)},
        {"high": torch.ones(3, 4), "low": torch.ones(3, 4)},
        {},
    ]:
        with pytest.raises(TypeError, match="Wrapper, whose elements are not its values"):
            normal(wrapper(**inner))


@dataclasses.dataclass
class Marked:
    """Attributes of `torch.distributed.checkpoint.CheckpointableTensor`."""

    global_shape: tuple = (8, 6)
    global_offsets: tuple = ((0, 0), (5, 2))
    local_offsets: tuple = ((0, 0), (3, 1))
    local_sizes: tuple = ((2, 6), (3, 4))

    def on(self, tensor):
        for field in dataclasses.fields(self):
            setattr(tensor, field.name, getattr(self, field.name))
        return tensor


def test_checkpointable_tensors_have_several_pieces_and_padding():
    tensor = Marked().on(torch.full((6, 6), 5.0))
    normal(tensor)
    expected = torch.full((6, 6), 5.0)
    expected[:2] = whole(8, 6)[:2]
    expected[3:6, 1:5] = whole(8, 6)[5:8, 2:6]
    assert torch.equal(tensor, expected)
    protocol = pytest.importorskip("torch.distributed.checkpoint.protocol")
    assert isinstance(tensor, protocol.CheckpointableTensor)


@pytest.mark.parametrize(
    "marks",
    [
        {"global_offsets": ((0, 0), (6, 2))},
        {"local_offsets": ((0, 0), (4, 1))},
        {"local_sizes": ((2, 6), (3, -4))},
        {"global_offsets": ((0,), (5,))},
    ],
    ids=str,
)
def test_checkpointable_tensors_are_checked(marks):
    tensor = Marked(**marks).on(torch.full((6, 6), 5.0))
    with pytest.raises(ValueError, match="local_offsets has|global_offsets has"):
        normal(tensor)
    assert (tensor == 5).all()


def zero3(shape, ranks, rank, monkeypatch, status="NOT_AVAILABLE"):
    """A parameter as DeepSpeed leaves it, with its attributes."""
    numel = int(np.prod(shape))
    part = torch.full((-(-numel // ranks),), 5.0)
    part.ds_numel = len(part)
    parameter = nn.Parameter(torch.empty(0))
    parameter.ds_shape, parameter.ds_numel, parameter.ds_tensor = torch.Size(shape), numel, part
    parameter.ds_status = types.SimpleNamespace(name=status)
    parameter.ds_process_group = object()
    monkeypatch.setattr(
        torch.distributed,
        "get_rank",
        lambda group: rank if group is parameter.ds_process_group else None,
    )
    return parameter


def test_zero3_partitions_are_ranges(monkeypatch):
    for shape, ranks in [((5, 7), 4), ((3,), 2), ((2,), 4), ((4, 6), 3)]:
        expected = torch.empty(shape)
        st.fill_(expected, "torch.normal_", seed=1, path="w")
        held = []
        for rank in range(ranks):
            parameter = zero3(shape, ranks, rank, monkeypatch)
            st.fill_(parameter, "torch.normal_", seed=1, path="w")
            span = st.pieces(parameter)
            assert span.shape == shape
            assert span.elements == len(parameter.ds_tensor) - int((parameter.ds_tensor == 5).sum())
            held.append(parameter.ds_tensor[: span.elements])
        assert torch.equal(torch.cat(held), expected.flatten())


def test_zero3_partitions_that_are_gathered_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="leave GatheredParameters first"):
        normal(zero3((5, 7), 4, 0, monkeypatch, status="AVAILABLE"))
    parameter = zero3((5, 7), 4, 0, monkeypatch)
    parameter.ds_secondary_tensor = torch.empty(3)
    with pytest.raises(TypeError, match="secondary partition"):
        normal(parameter)


@dataclasses.dataclass
class ShardedTensor:
    """Megatron's, with its attributes."""

    key: str
    data: torch.Tensor
    global_shape: tuple
    global_offset: tuple
    prepend_axis_num: int = 0
    flattened_range: slice = None


def test_megatron_shards_are_pieces():
    made = torch.empty(3, 4)
    normal(ShardedTensor("w", made, (6, 8), (3, 4)))
    assert torch.equal(made, whole(6, 8)[3:, 4:])
    # An axis of experts before those of the local tensor.
    expert = torch.empty(3, 4)
    normal(ShardedTensor("w", expert, (5, 6, 4), (2, 3, 0), prepend_axis_num=1))
    assert torch.equal(expert, whole(5, 6, 4)[2, 3:])
    with pytest.raises(TypeError, match="'w' is a range of a flat buffer"):
        normal(ShardedTensor("w", made, (6, 8), (3, 4), flattened_range=slice(0, 3)))


def refusals():
    freed = torch.empty(3, 4)
    freed.untyped_storage().resize_(0)
    conjugate = torch.zeros(3, 4)
    return {
        "meta": (
            torch.empty(3, 4, device="meta"),
            ValueError,
            r"call module.to_empty\(device=..\) first",
        ),
        "integer": (torch.empty(3, 4, dtype=torch.int64), TypeError, "has dtype torch.int64 and"),
        "float8": (torch.empty(3, 4, dtype=torch.float8_e4m3fn), TypeError, "torch.float8_e4m3fn"),
        "complex": (
            torch.empty(3, 4, dtype=torch.complex64),
            TypeError,
            "has dtype torch.complex64",
        ),
        "sparse": (torch.eye(3).to_sparse(), TypeError, "layout torch.sparse_coo"),
        "expanded": (torch.empty(1, 4).expand(3, 4), ValueError, r"strides \(0, 1\)"),
        "freed": (freed, ValueError, "memory is freed"),
        "array": (np.empty((3, 4)), TypeError, "tensor is of type ndarray, but must be"),
        "lazy": (nn.LazyLinear(4).weight, ValueError, "has no shape yet"),
        "negative": (torch.complex(conjugate, conjugate).conj().imag, ValueError, "negative bit"),
    }


@pytest.mark.parametrize("name", refusals())
def test_what_has_no_memory_or_values_is_refused(name):
    tensor, error, message = refusals()[name]
    with pytest.raises(error, match=message):
        normal(tensor)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"path": ""}, ValueError, "path"),
        ({"path": 3}, TypeError, "path is of type int"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"seed": "x"}, TypeError, "seed is of type str"),
        ({"initializer": "torch.nonsense_"}, ValueError, "nonsense"),
        ({"initializer": 3}, TypeError, "initializer is of type int"),
        (
            {"initializer": seedbed.Initializer("torch.ones_"), "std": 3},
            TypeError,
            "std: an Initializer",
        ),
        ({"threads": 0}, ValueError, "threads is 0"),
        ({"initializer": "torch.eye_", "tensor": torch.full((2, 3, 4), 5.0)}, ValueError, "w"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused_before_a_write(given, error, message):
    call = {
        "tensor": torch.full((3, 4), 5.0),
        "initializer": "torch.normal_",
        "seed": 1,
        "path": "w",
    } | given
    with pytest.raises(error, match=message):
        st.fill_(call.pop("tensor"), call.pop("initializer"), **call)
    assert (given.get("tensor", torch.full((1,), 5.0)) == 5).all()
