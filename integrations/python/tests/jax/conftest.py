"""JAX with eight devices, which it must be told before its first use."""

import os

import pytest

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"

pytest.importorskip("jax.numpy", reason="JAX is not installed")
