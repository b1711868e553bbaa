#!/usr/bin/env bash
# One door to everything: makes the environment when it is missing, then runs what you name.
set -u
cd "$(dirname "$(readlink -f "$0")")" || exit 1
VENV=.venv
FIRST_PAUSE_S=${DM_FIRST_PAUSE_S:-15}
LONGEST_PAUSE_S=600
STEADY_S=600

usage() {
    cat <<'TEXT'
./do_py.sh COMMAND, which is one of

  demo [--for SECONDS]   the whole program on a simulated house; no hardware
  install [--yes]        settings by four questions, rights, start at boot
  doctor                 is all well? one line each, with what helps
  upgrade                the newest version; settings and history stay
  uninstall              take back what install did; settings and history stay

  dm.py [options]        the meter, again after a crash; also ev_app.py (car)
                         and bs_app.py (battery)
  p1 SOURCE              is my P1 port working? SOURCE is such as /dev/ttyUSB0
  whatif.py [FILE]       what your past would have cost under other contracts

  test [options]         ruff, mypy and the tests, with pytest's options
  bench [NAME ...]       the speed and size figures, as ratios
  faults [PART]          every known fault, played against the real programs
  soak --days N          dm for N simulated days: does anything of it grow?
  fuzz TARGET [options]  any bytes at one of the borders, as long as you like
  prove [NAME]           a property on a million random cases; else a list
  bare                   is it on the Pi in ten minutes? on a bare Debian 12
  lock                   requirements.txt was changed: the hashes anew
  NAME [options]         any other file (NAME.py) or package of the project

Each of them answers --help.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# need PACKAGE...: from apt, after saying so; where that may not be, the one line to type.
need() {
    local as_root=""
    if [ "$(id -u)" != 0 ]; then as_root="sudo"; fi
    if command -v apt-get >/dev/null && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
        say "installing $* (apt-get)"
        # Its errors only: it tells in some hundred lines that it unpacks.
        $as_root apt-get update -qq >/dev/null &&
            $as_root apt-get install -y -qq "$@" >/dev/null && return 0
    fi
    to_type "$*" "$@"
}

# to_type WHAT PACKAGE...: the end, with the line that installs them; su where there is no sudo.
to_type() {
    local line="apt-get install -y ${*:2}"
    if command -v sudo >/dev/null; then line="sudo $line"
    elif [ "$(id -u)" != 0 ]; then line="su - -c '$line'"; fi
    say "This needs $1. Type:  $line"
    exit 1
}

# absent: the packages that install needs and this machine has not, so that one line names them all.
absent() {
    local python
    if ! [ -x "$VENV/bin/python" ]; then
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip' 2>/dev/null || echo python3-venv
    fi
    command -v tmux >/dev/null || echo tmux
}

# The newest python3 from 3.11 on that this machine has.
find_python() {
    local name
    for name in python3 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    to_type "Python 3.11 or newer" python3 python3-venv
}

# environment NAME PINS...: .venv holds what PINS.lock names, by its hashes; made once, and again
# when that changes. A 32-bit system has PINS.txt: piwheels builds its own wheels, whose hashes are
# not PyPI's, and none of highspy.
environment() {
    local stamp="$VENV/.$1" form=lock wanted python pins list=(--require-hashes)
    shift
    if [ "$(getconf LONG_BIT 2>/dev/null)" = 32 ]; then form=txt; fi
    wanted=$(cat "${@/%/.$form}" | sha256sum)
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
    if ! [ -x "$VENV/bin/python" ]; then
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip' 2>/dev/null || need python3-venv
        say "making $VENV with $("$python" --version)"
        "$python" -m venv --clear "$VENV" || exit 1
    fi
    say "installing the packages of ${*/%/.$form}"
    for pins in "$@"; do list+=(-r "$pins.lock"); done
    if [ "$form" = txt ]; then
        grep -hv '^highspy' "${@/%/.txt}" >"$VENV/pins.txt"
        list=(-r "$VENV/pins.txt")
    fi
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check "${list[@]}" || exit 1
    echo "$wanted" >"$stamp"
}

runtime() { environment runtime requirements; }
development() { environment development requirements tests/requirements; }

# lock [--upgrade]: the .lock beside each requirements.txt holds its pins, what these bring along,
# and the hash of every file of them, for any Python and machine.
lock() {
    development
    local compile=("$VENV/bin/uv" pip compile --quiet --universal --python-version 3.11
        --generate-hashes --no-annotate --custom-compile-command "./do_py.sh lock" "$@")
    "${compile[@]}" requirements.txt -o requirements.lock &&
        "${compile[@]}" tests/requirements.txt -c requirements.txt -o tests/requirements.lock
}

run() { exec "$VENV/bin/python" "$@"; }

# forever APP...: restarts it after a crash with a pause that grows; never after a stop that was
# asked for, or a configuration error (2), which no restart can mend.
forever() {
    local pause=$FIRST_PAUSE_S began code left child="" stopping=""
    trap 'stopping=yes; stop $child' TERM INT HUP
    while true; do
        began=$SECONDS
        "$VENV/bin/python" "$@" &
        child=$!
        if [ -n "$stopping" ]; then stop "$child"; fi # asked while there was nobody yet to tell
        while kill -0 "$child" 2>/dev/null; do wait "$child"; done # a signal cuts a wait short
        wait "$child"
        code=$?
        case $stopping$code in yes* | 0 | 2) exit "$code" ;; esac
        if [ $((SECONDS - began)) -ge "$STEADY_S" ]; then pause=$FIRST_PAUSE_S; fi
        say "$1 stopped with code $code; again in $pause s"
        for ((left = pause; left > 0; left--)); do
            sleep 1
            if [ -n "$stopping" ]; then exit "$code"; fi
        done
        pause=$((pause * 2 > LONGEST_PAUSE_S ? LONGEST_PAUSE_S : pause * 2))
    done
}

# stop [CHILD]: it is told to end, if it is there.
stop() { if [ $# -gt 0 ]; then kill -TERM "$1" 2>/dev/null; fi; }

# demo: its screens in tmux, or headless without a terminal or with --for.
demo() {
    if [ $# = 0 ] && [ -t 0 ] && [ -t 1 ] && ! command -v tmux >/dev/null; then need tmux; fi
    runtime
    run -m sim.demo "$@"
}

case ${1:-help} in
help | -h | --help) usage ;;
demo) shift && demo "$@" ;;
test)
    shift
    development
    "$VENV/bin/ruff" check . && "$VENV/bin/ruff" format --check . && "$VENV/bin/mypy" . || exit 1
    run -m pytest -n 2 --dist loadgroup "$@"
    ;;
bare | faults | fuzz | prove | soak) development && run -m "tests.$1" "${@:2}" ;;
lock) shift && lock "$@" ;;
bench) shift && development && run -m bench "$@" ;;
install | uninstall | upgrade | doctor)
    if [ "$1" = install ]; then
        packages=$(absent) || exit 1
        if [ -n "$packages" ]; then need $packages; fi # one word each
    fi
    runtime
    run -m setup "$@"
    ;;
settings.py) runtime && run -m base.settings ;; # asked for by the upgrade command before 0.2
dm.py | ev_app.py | bs_app.py) runtime && forever "$@" ;;
*.py) runtime && run "$@" ;;
*)
    name=$1 && shift
    if ! [ -e "${name//.//}.py" ] && ! [ -e "${name//.//}/__main__.py" ]; then
        say "There is no '$name' here." && usage >&2 && exit 2
    fi
    runtime && run -m "$name" "$@"
    ;;
esac
