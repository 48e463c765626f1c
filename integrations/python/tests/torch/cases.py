"""What the processes of `workers` do together. Each function asserts for its own rank."""

import hashlib

import seedbed.torch as st
import torch
from models import RULES, Affine, Mlp, gpt2
from torch.distributed import get_rank
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import CPUOffloadPolicy, fully_shard
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor import _dtensor_spec as specs
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.distributed.tensor.placement_types import _StridedShard

SEED = 2026


def local(tensor):
    """The memory of this process."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def digest(module):
    """A hash of all parameters' memory here."""
    made = hashlib.sha256()
    for parameter in module.parameters():
        memory = local(parameter.detach()).contiguous()
        made.update(memory.view(torch.uint8).numpy().tobytes() if memory.numel() else b"none")
    return made.hexdigest()


def assert_numbered(tensor, whole):
    """The pieces say where the elements of a distributed tensor of numbers come from."""
    place = st.pieces(tensor)
    assert place.shape == tuple(whole.shape)
    expected = torch.full_like(place.memory, -1)
    for piece in place.pieces:
        inside = tuple(
            slice(start, start + size) for start, size in zip(piece.start, piece.size, strict=True)
        )
        expected[piece.slices] = whole[inside]
    assert torch.equal(place.memory, expected), (tensor.placements, place.pieces)
    assert place.elements == place.memory.numel()


def numbers(*shape):
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).view(shape)


def distributed_tensors():
    """All placements of a tensor that `distribute_tensor` takes, on the meshes of four processes."""
    for mesh_shape, shapes in [
        ((4,), [(8, 6), (7, 5), (3, 9), (1, 1)]),
        ((2, 2), [(8, 12), (7, 5), (1, 3)]),
    ]:
        mesh = init_device_mesh("cpu", mesh_shape)
        single = [Replicate(), Shard(0), Shard(1)]
        for shape in shapes:
            for placements in (
                [[p] for p in single]
                if len(mesh_shape) == 1
                else [[p, q] for p in single for q in single]
            ):
                whole = numbers(*shape)
                assert_numbered(distribute_tensor(whole, mesh, placements), whole)
    mesh = init_device_mesh("cpu", (2, 1, 2))
    whole = numbers(6, 4, 5)
    for placements in [
        [Shard(2), Shard(0), Shard(2)],
        [Shard(1), Partial(), Shard(0)],
        [Shard(0), Shard(0), Shard(0)],
    ]:
        made = DTensor.from_local(
            torch.empty(0),
            mesh,
            placements,
            run_check=False,
            shape=whole.shape,
            stride=whole.stride(),
        )
        expected = distribute_tensor(
            whole, mesh, [Replicate() if p.is_partial() else p for p in placements]
        )
        made._local_tensor = expected.to_local()
        assert_numbered(made, whole)


def sharded(layout, model, **options):
    """Shards a module in one of the ways of four processes."""
    if layout == "fsdp":
        mesh = init_device_mesh("cpu", (4,))
    elif layout == "hsdp":
        mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("replicate", "shard"))
    else:
        grid = init_device_mesh("cpu", (2, 2), mesh_dim_names=("dp", "tp"))
        plan = {"up": ColwiseParallel(), "down": RowwiseParallel()}
        parallelize_module(model, grid["tp"], plan)
        if layout == "tp":
            return model
        mesh = grid["dp"]
    for child in model.children():
        if any(True for _ in child.parameters(recurse=False)):
            fully_shard(child, mesh=mesh, **options)
    fully_shard(model, mesh=mesh, **options)
    return model


def same_as_alone(layout, dtype="float32", width=16, hidden=32):
    """Every rank's memory, put together by PyTorch, has the values of one process."""
    sizes = {"width": width, "hidden": hidden, "dtype": getattr(torch, dtype)}
    alone, model = Mlp(**sizes), Mlp(**sizes, device="meta")
    st.init_(alone, RULES, seed=SEED)
    sharded(layout, model)
    model.to_empty(device="cpu")
    report = st.init_(model, RULES, seed=SEED)
    assert report.elements == sum(p.numel() for p in alone.parameters())
    assert layout == "tp" or report.elements_here < report.elements
    for (name, expected), made in zip(alone.named_parameters(), model.parameters(), strict=True):
        whole = made.full_tensor() if isinstance(made, DTensor) else made
        assert torch.equal(whole, expected), name
    return report.elements_here


def numbered_fsdp(rows):
    """What fully_shard keeps of numbered rows is what the pieces say, also where ranks get nothing."""
    model = Affine((rows, 3))
    with torch.no_grad():
        model.weight.copy_(numbers(rows, 3))
    fully_shard(model, mesh=init_device_mesh("cpu", (4,)))
    assert_numbered(model.weight, numbers(rows, 3))
    return st.pieces(model.weight).elements


def padding_stays():
    """fully_shard pads the memory of the last rank, and the padding stays zero."""
    model = Affine((5, 3), device="meta")
    fully_shard(model, mesh=init_device_mesh("cpu", (4,)))
    model.to_empty(device="cpu")
    model.weight._local_tensor.untyped_storage().fill_(0)
    st.init_(model, [("*", ("torch.constant_", {"val": 3.0}))], seed=SEED)
    group = (
        model._get_fsdp_state()._fsdp_param_groups[0]
        if hasattr(model._get_fsdp_state(), "_fsdp_param_groups")
        else model._get_fsdp_state()._fsdp_param_group
    )
    group.lazy_init() if hasattr(group, "lazy_init") else None
    held = st.pieces(model.weight).elements
    assert int((local(model.weight) == 3.0).sum()) == held
    return held


def offloaded():
    """With CPU offload the values are those without."""
    model = sharded("fsdp", Mlp(device="meta"), offload_policy=CPUOffloadPolicy(pin_memory=False))
    model.to_empty(device="cpu")
    st.init_(model, RULES, seed=SEED)
    plain = sharded("fsdp", Mlp(device="meta"))
    plain.to_empty(device="cpu")
    st.init_(plain, RULES, seed=SEED)
    assert digest(model) == digest(plain)


def gpt2_digest(layers, mesh_shape=(4,)):
    """The hash of what this rank holds of GPT-2's parameters, of their real shapes."""
    names = ("replicate", "shard") if len(mesh_shape) == 2 else ("shard",)
    model = gpt2(layers, device="meta")
    mesh = init_device_mesh("cpu", tuple(mesh_shape), mesh_dim_names=names)
    for block in model["h"]:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    model.to_empty(device="cpu")
    st.init_(model, st.recipe("gpt2", model), seed=SEED)
    return digest(model)


def gpt2_as_alone(layers):
    """GPT-2's real shapes: each rank's memory is that part of the values of one process."""
    model = gpt2(layers, device="meta")
    mesh = init_device_mesh("cpu", (4,))
    for block in model["h"]:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    model.to_empty(device="cpu")
    rules = st.recipe("gpt2", model)
    st.init_(model, rules, seed=SEED)
    for name, made in model.named_parameters():
        whole = torch.empty(made.shape)
        st.fill_(whole, rules.get(name), seed=SEED, path=name)
        # By torch.chunk, as fully_shard documents its cuts.
        chunks = torch.chunk(whole, 4)
        rank = get_rank()
        expected = chunks[rank] if rank < len(chunks) else whole[:0]
        assert torch.equal(local(made.detach()), expected), name


def checkpoint(directory, layers):
    """A directory that the command has written, read by PyTorch's reader into a sharded model, has the values
    that `init_` gives the model."""
    import torch.distributed.checkpoint as dcp

    def model():
        made = gpt2(layers, device="meta")
        for block in made["h"]:
            fully_shard(block, mesh=mesh)
        fully_shard(made, mesh=mesh)
        made.to_empty(device="cpu")
        return made

    mesh = init_device_mesh("cpu", (4,))
    read, made = model(), model()
    state = read.state_dict()
    dcp.load(state, storage_reader=dcp.HuggingFaceStorageReader(directory))
    read.load_state_dict(state)
    st.init_(made, st.recipe("gpt2", made), seed=SEED)
    assert digest(read) == digest(made)
    for left, right in zip(read.parameters(), made.parameters(), strict=True):
        assert torch.equal(local(left.detach()), local(right.detach()))


def error_of(action):
    try:
        action()
    except (TypeError, ValueError) as error:
        return [type(error).__name__, str(error)]
    raise AssertionError("nothing was refused")


def refused_holders():
    """Holders that are refused on every rank, each with its message."""
    line, grid = init_device_mesh("cpu", (4,)), init_device_mesh("cpu", (2, 2))
    half = DeviceMesh("cpu", [0, 1])
    messages = {}

    def refuse(name, tensor):
        messages[name] = error_of(lambda: st.fill_(tensor, "torch.normal_", seed=1, path="w"))

    partial = DTensor.from_local(torch.zeros(4, 4), line, [Partial()], run_check=False)
    refuse("partial", partial)
    if get_rank() > 1:
        refuse("outside", DTensor.from_local(torch.zeros(2, 4), half, [Shard(0)], run_check=False))
    rows = local(distribute_tensor(torch.zeros(8, 4), line, [Shard(0)]))
    wrong = DTensor.from_local(
        rows, line, [Shard(0)], run_check=False, shape=torch.Size((9, 4)), stride=(4, 1)
    )
    refuse("size", wrong)
    if hasattr(specs, "ShardOrderEntry"):  # older versions of PyTorch have one order only
        rows = torch.zeros(2, 4)
        meta = specs.TensorMeta(torch.Size((8, 4)), (4, 1), rows.dtype)
        backwards = (specs.ShardOrderEntry(tensor_dim=0, mesh_dims=(1, 0)),)
        spec = specs.DTensorSpec(grid, (Shard(0), Shard(0)), meta, shard_order=backwards)
        refuse("order", DTensor(rows, spec, requires_grad=False))
    refuse(
        "meta", DTensor.from_local(torch.zeros(4, device="meta"), line, [Shard(0)], run_check=False)
    )
    return messages


def unsharded():
    model = sharded("fsdp", Mlp())
    model.up.unshard()
    message = error_of(lambda: st.init_(model, RULES, seed=1))
    model.up.reshard()
    st.init_(model, RULES, seed=1)
    return message


def autograd_sees_the_write():
    """A saved `DTensor` that is filled later is an error of the backward pass."""
    mesh = init_device_mesh("cpu", (4,))
    weight = distribute_tensor(torch.ones(8, 4), mesh, [Shard(0)]).requires_grad_()
    loss = (weight * weight).sum()
    st.fill_(weight, "torch.normal_", seed=1, path="w")
    try:
        loss.backward()
    except RuntimeError as error:
        return str(error)
    raise AssertionError("the write was not seen")


def older_wrappers():
    """Replicas of `DistributedDataParallel` are initialised, and what FSDP1 has flattened is refused."""
    from torch.distributed.fsdp import FullyShardedDataParallel
    from torch.nn.parallel import DistributedDataParallel

    alone, replica = Mlp(), DistributedDataParallel(Mlp())
    st.init_(alone, RULES, seed=SEED)
    st.init_(replica, RULES, seed=SEED)
    assert digest(replica) == digest(alone)
    flat = FullyShardedDataParallel(Mlp(), device_id=torch.device("cpu"), use_orig_params=True)
    return error_of(lambda: st.init_(flat, RULES, seed=1))


def partial_module():
    """A rank may initialise alone, any part, in any order, and again."""
    model = sharded("fsdp", Mlp(device="meta"))
    model.to_empty(device="cpu")
    if get_rank() == 2:
        named = reversed(list(model.named_parameters()))
        for _ in range(2):
            for name, parameter in named:
                pattern = next(p for p, _ in RULES if p == "*" or name.endswith(p[1:]))
                rule = dict(RULES)[pattern]
                made, parameters = (rule, {}) if isinstance(rule, str) else rule
                st.fill_(parameter, made, seed=SEED, path=name, **parameters)
        first = digest(model)
        st.init_(model, RULES, seed=SEED)
        assert digest(model) == first


def faked(mesh_shape, rows, columns):
    """One process plays a rank of a large mesh: what it fills are those parts of the whole."""
    mesh = init_device_mesh("cpu", tuple(mesh_shape))
    placements = [Replicate(), _StridedShard(0, split_factor=mesh_shape[2]), Shard(0)]
    held = torch.empty(rows // (mesh_shape[1] * mesh_shape[2]), columns)
    tensor = DTensor.from_local(
        held,
        mesh,
        placements,
        run_check=False,
        shape=torch.Size((rows, columns)),
        stride=(columns, 1),
    )
    st.fill_(tensor, "torch.xavier_normal_", seed=SEED, path="w")
    whole = torch.empty(rows, columns)
    st.fill_(whole, "torch.xavier_normal_", seed=SEED, path="w")
    _, data, model = mesh.get_coordinate()
    expected = whole.chunk(mesh_shape[2])[model].chunk(mesh_shape[1])[data]
    assert torch.equal(held, expected)
    return get_rank()


def disagreeing(rows):
    """The rows of a vocabulary over fully_shard by 4 and tensor parallel by 2, which PyTorch reads in two ways."""
    mesh = init_device_mesh("cpu", (64, 4, 2))
    placements = [Replicate(), _StridedShard(0, split_factor=2), Shard(0)]
    tensor = DTensor.from_local(
        torch.empty(6281, 4),
        mesh,
        placements,
        run_check=False,
        shape=torch.Size((rows, 4)),
        stride=(4, 1),
    )
    return error_of(lambda: st.fill_(tensor, "torch.normal_", seed=1, path="w"))
