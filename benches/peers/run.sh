#!/usr/bin/env bash
# Times this crate against its peers, interleaved in one process for each instruction-set level.
#
#   bash benches/peers/run.sh [--json FILE] [--with torch,jax]
#
# The virtual environment is made at $PEERS_VENV, by default in the target directory; a PyTorch or
# JAX that the system's Python can already import is used, --with installs it there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
venv=${PEERS_VENV:-$target/peers-venv}

with=()
for ((i = 1; i < $#; i++)); do
    if [[ ${!i} == --with ]]; then
        next=$((i + 1))
        IFS=, read -ra with <<<"${!next}"
    fi
done

install() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ||
        echo "could not install: $*" >&2
}

[[ -x $venv/bin/python ]] || python3 -m venv --system-site-packages "$venv"
for package in numpy mkl "${with[@]}"; do
    "$venv/bin/python" -m pip show --quiet "$package" 2>/dev/null || install "$package"
done

cargo rustc --quiet --release -p seedbed --lib --features capi --crate-type cdylib \
    --manifest-path "$root/Cargo.toml" --target-dir "$target"
cargo build --quiet --release --manifest-path "$root/Cargo.toml" -p peers --target-dir "$target/peers"

exec "$venv/bin/python" "$here/compare.py" --libraries "$target" "$@"
