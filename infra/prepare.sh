#!/bin/sh
# Makes .venv from requirements.lock on a machine that has Python >= 3.11 and nothing else. `make` calls it when needed.
set -eu

say() { printf '%s\n' "$*" >&2; }
refuse() { say "$*"; exit 1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.14 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# A uv of one's own is trusted; ours is installed by hash, in .tools, and touches nothing else.
find_uv() {
    if command -v uv >/dev/null 2>&1 && uv --version >/dev/null 2>&1; then
        command -v uv
    elif [ -x .tools/uv/bin/uv ]; then
        printf '%s\n' .tools/uv/bin/uv
    else
        return 1
    fi
}

install_uv() {
    say "Installing uv into .tools (once, about 25 MB): it will install the rest."
    rm -rf .tools/uv
    if "$1" -m venv .tools/uv >/dev/null 2>&1; then
        .tools/uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/uv-pinned.txt
    elif "$1" -m pip --version >/dev/null 2>&1; then
        # Debian and its kin ship Python without ensurepip, so that there is no venv, but sometimes pip.
        rm -rf .tools/uv
        "$1" -m pip install --quiet --disable-pip-version-check --require-hashes --target .tools/uv -r infra/uv-pinned.txt
    else
        rm -rf .tools/uv
        refuse "Install uv, or your system's python3-venv package: this Python ($1) has neither venv nor pip."
    fi
}

cd "$(dirname "$0")/.."
python=$(find_python) || refuse "Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3 …"
uv=$(find_uv) || { install_uv "$python"; uv=.tools/uv/bin/uv; }

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
    say "Making .venv with $("$python" --version 2>&1)."
    "$uv" venv --quiet --allow-existing --no-python-downloads --python "$python" .venv
fi
say "Installing what requirements.lock names, each file checked by its hash (the first time about 400 MB; a minute or two)."
install() {
    "$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
}
if ! install; then
    say "Once more, with the certificates that this system trusts: a network may have an authority of its own."
    export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
    install
fi
# The project itself: editable, built with the setuptools of the lock, so that nothing comes from elsewhere.
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
touch .venv/.ready
say "Ready."
