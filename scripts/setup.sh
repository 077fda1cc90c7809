#!/bin/sh
# Creates the virtual environment $1 with the exact packages of the lock file $2, and the project.
# Needs Python 3.11 to 3.13 and pip; uses uv where it can be installed, because it is much faster.
set -eu

venv=$1
lock=$2
python=${PYTHON:-python3}

fail() {
    echo "setup: $1" >&2
    exit 1
}

create_environment() {
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
        fail "$python is $("$python" --version 2>&1); leadsync needs Python 3.11, 3.12 or 3.13: make setup PYTHON=python3.12"
    "$python" -m venv --clear "$venv" >/dev/null 2>&1 && return
    echo "setup: $python has no working venv module; using virtualenv"
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    "$python" -m pip install --quiet --target "$tools" virtualenv ||
        fail "neither venv nor pip works with $python; on Debian: apt-get install python3-venv"
    PYTHONPATH="$tools" "$python" -m virtualenv --quiet --clear "$venv"
}

install_packages() {
    if [ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet uv; then
        "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" -r "$lock" &&
            "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps -e . && return
        echo "setup: uv failed; using pip"
    fi
    "$venv/bin/python" -m pip install --quiet -r "$lock"
    "$venv/bin/python" -m pip install --quiet --no-deps -e .
}

[ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null || create_environment
install_packages
echo "setup: $venv has the packages of $lock"
