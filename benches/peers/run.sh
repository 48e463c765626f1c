#!/usr/bin/env bash
# Times this crate against its peers, in turn in one process for each library and instruction-set level.
# Says what it does, and writes each row as it is made: after an interruption
# `python3 benches/peers/compare.py --table FILE` prints the table of what was measured. Measuring takes at
# most five minutes; installing and building come before and have their own time.
#
#   bash benches/peers/run.sh [--rows FILE] [--with torch,jax]
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

# step COMMAND..: says what it runs and how long that took.
step() {
    local start=$SECONDS
    echo "== $*"
    "$@" && echo "   $((SECONDS - start)) s"
}

install() {
    # A library that cannot be had is a row of the table, not an error.
    step timeout 900 "$venv/bin/python" -m pip install --quiet --progress-bar off \
        --disable-pip-version-check "$1" || echo "   could not install $1"
}

[[ -x $venv/bin/python ]] || step python3 -m venv --system-site-packages "$venv"
for package in numpy scipy mkl "${with[@]}"; do
    "$venv/bin/python" -m pip show --quiet "$package" 2>/dev/null || install "$package"
done

step cargo rustc --release -p seedbed --lib --features capi --crate-type cdylib \
    --manifest-path "$root/Cargo.toml" --target-dir "$target"
step cargo build --release --manifest-path "$root/Cargo.toml" -p peers --target-dir "$target/peers"

exec "$venv/bin/python" "$here/compare.py" --libraries "$target" "$@"
