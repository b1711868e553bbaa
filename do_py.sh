#!/usr/bin/env bash
# One door to everything: makes the environment when it is missing, then runs what you name.
set -u
cd "$(dirname "$(readlink -f "$0")")" || exit 1
VENV=.venv
FIRST_PAUSE_S=${DM_FIRST_PAUSE_S:-15}
LONGEST_PAUSE_S=600
STEADY_S=600
yes=""
# A terminal without some letter or frame shows a ? for it, in place of a traceback.
export PYTHONIOENCODING="${PYTHONIOENCODING:-}"
PYTHONIOENCODING="${PYTHONIOENCODING%%:*}:replace"

usage() {
    cat <<'TEXT'
./do_py.sh COMMAND, which is one of

  demo [--for SECONDS]   the whole program on a simulated house; no hardware
                         (--charger ocpp: with a charger of another family;
                         --mqtt localhost: in your Home Assistant too)
  install [--yes]        settings by eight questions, rights, start at boot
  restart [PROGRAM]      take up a changed config.py; stop [PROGRAM] ends it
  notify --test          send a test to each telephone that config.py names
  phone                  a QR code that lets your phone in, to see and act
  doctor [--report]      is all well? one line each, with what helps
                         (--report: a file on your devices, to hand in)
  upgrade                the newest version; settings and history stay
  uninstall              take back what install did; settings and history stay

  dm.py [options]        the meter, again after a crash; also ev_app.py (car)
                         bs_app.py (battery) and mqtt_app.py (MQTT broker)
  p1 SOURCE              is my P1 port working? SOURCE is such as /dev/ttyUSB0
  contract               your contract by postcode and supplier, to rates.json
  tariffs [FILE]         which tariffs are known until when; checks an entry
  whatif.py [FILE]       what your past would have cost under other contracts

  test [options]         ruff, mypy and the tests, with pytest's options
  bench [NAME ...]       the speed and size figures, as ratios
  faults [PART]          every known fault, played against the real programs
  soak --days N          dm for N simulated days: does anything of it grow?
  fuzz TARGET [options]  any bytes at one of the borders, as long as you like
  prove [NAME]           a property on a million random cases; else a list
  bare                   is it on the Pi in ten minutes? on a bare Debian 12
  lock                   requirements.txt was changed: recompute the hashes
  languages              sentences were changed: takes them into locales/
  NAME [options]         any other file (NAME.py) or package of the project

Each of them answers --help.
TEXT
}

say() { printf '%s\n' "$*" >&2; }

# need PACKAGE...: from apt, when the householder lets sudo do it; else the one line to type. Only
# install comes here: no other command asks for root.
need() {
    local as_root="sudo" answer=""
    if [ "$(id -u)" = 0 ]; then as_root=""; fi
    if ! command -v apt-get >/dev/null; then to_type "$*" "$@"; fi
    if [ -z "$as_root" ]; then
        say "installing $* (apt-get)"
    elif ! command -v sudo >/dev/null; then
        to_type "$*" "$@"
    elif [ -n "$yes" ]; then
        sudo -n true 2>/dev/null || to_type "$*" "$@"
        say "installing $* (sudo apt-get)"
    elif [ -t 0 ] && [ -t 2 ]; then
        read -r -p "This needs $*. May sudo apt-get install them? [Y/n] " answer
        case $answer in [nN]*) to_type "$*" "$@" ;; esac
    else
        to_type "$*" "$@"
    fi
    # Its errors only: it tells in some hundred lines that it unpacks.
    $as_root apt-get update -qq >/dev/null &&
        $as_root apt-get install -y -qq "$@" >/dev/null && return 0
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
        "$python" -c 'import ensurepip' 2>/dev/null || to_type python3-venv python3-venv
        say "making $VENV with $("$python" --version)"
        "$python" -m venv --clear "$VENV" || exit 1
    fi
    for pins in "$@"; do list+=(-r "$pins.lock"); done
    if [ "$form" = txt ]; then
        grep -hv '^highspy' "${@/%/.txt}" >"$VENV/pins.txt"
        list=(-r "$VENV/pins.txt")
    fi
    fetch "$(cat "${@/%/.$form}" | grep -c '==')" "${list[@]}" || exit 1
    echo "$wanted" >"$stamp"
}

# fetch COUNT LIST...: pip installs the list, of some COUNT packages; one line says how far it is.
fetch() {
    local log="$VENV/pip.log" count=$1 n=0 line word codes
    shift
    say "installing some $count packages: minutes on a small machine"
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --retries 1 \
        --progress-bar off "$@" 2>&1 | tee "$log" | while IFS= read -r line; do
        read -r word line <<<"$line"
        case $word in
        Collecting | Requirement) progress "$((++n)) of some $count: ${line%% *}" ;;
        Installing) progress "putting them in place" ;;
        esac
    done
    codes=("${PIPESTATUS[@]}")
    progress ""
    if [ "${codes[0]}" = 0 ]; then return; fi
    if grep -Eqi "$OFFLINE" "$log"; then
        say "The packages cannot be fetched: is this machine on the internet? What was here stays."
    else
        say "The packages cannot be installed: $(grep -E "^ *ERROR" "$log" | head -n 1 | sed "s/^ *ERROR: *//")"
        say "All that pip said is in $log."
    fi
    return 1
}

OFFLINE='NewConnectionError|NameResolution|name resolution|Connection refused|timed out|unreachable'

# progress TEXT: in place of the text before, on a terminal only.
progress() { if [ -t 2 ]; then printf '\r\033[K%s' "$1" >&2; fi; }

runtime() { environment runtime requirements; }
development() { environment development requirements tests/requirements; }

# lock [--upgrade]: the .lock beside each requirements.txt holds its pins, what these bring along,
# and the hash of every file of them, for any Python and machine.
lock() {
    development
    local compile=("$VENV/bin/uv" pip compile --quiet --universal --python-version 3.11
        --generate-hashes --no-annotate --custom-compile-command "./do_py.sh lock" "$@")
    "${compile[@]}" requirements.txt -o requirements.lock &&
        "${compile[@]}" backtest/requirements.txt -c requirements.txt -o backtest/requirements.lock &&
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

# tests [OPTIONS]: pytest in four processes, as many tests wait; each takes a file at a time. Real
# programs may miss a deadline beside the others: when no more than three tests fail, these are
# repeated alone, and it is said.
tests() {
    local code failed
    "$VENV/bin/python" -m pytest -n 4 --dist loadfile --no-loadscope-reorder "$@"
    code=$?
    failed=$(grep -c '::' .pytest_cache/v/cache/lastfailed 2>/dev/null)
    if [ "$code" != 1 ] || [ "${failed:-0}" -lt 1 ] || [ "$failed" -gt 3 ]; then exit "$code"; fi
    say "Repeated alone: $failed of the tests, which failed beside others."
    run -m pytest --last-failed --last-failed-no-failures none "$@"
}

# demo: its screens in tmux, or headless without a terminal or with --for.
demo() {
    if [ $# = 0 ] && [ -t 0 ] && [ -t 1 ] && ! command -v tmux >/dev/null; then to_type tmux tmux; fi
    runtime
    run -m apps.demo "$@"
}

case ${1:-help} in
help | -h | --help) usage ;;
demo) shift && demo "$@" ;;
test)
    shift
    PATH="$PATH:/usr/sbin" command -v mosquitto >/dev/null || (need mosquitto) || true
    development
    "$VENV/bin/ruff" check . && "$VENV/bin/ruff" format --check . && "$VENV/bin/mypy" . || exit 1
    tests "$@"
    ;;
bare | faults | fuzz | prove | soak)
    if [ "$1" = faults ]; then # without it a row is not played, and not counted
        command -v faketime >/dev/null || (need faketime) || true
    fi
    development && run -m "tests.$1" "${@:2}"
    ;;
contract | notify | phone | tariffs) runtime && run -m "setup.$1" "${@:2}" ;;
lock) shift && lock "$@" ;;
languages) development && exec locales/update.sh ;;
bench) shift && development && run -m bench "$@" ;;
install | uninstall | upgrade | doctor | restart | stop)
    if [ "$1" = install ]; then
        case " $* " in *" --yes "*) yes=yes ;; esac
        packages=$(absent) || exit 1
        if [ -n "$packages" ]; then need $packages; fi # one word each
    fi
    runtime
    run -m setup "$@"
    ;;
dm.py | ev_app.py | bs_app.py | mqtt_app.py) runtime && forever "$@" ;;
# Which programs config.py asks for, and whether it is right: by this name the upgrade of any older
# version asks the version that it tries.
settings.py) runtime && run -m apps.shared.settings ;;
whatif.py) # many homes need what no house does
    case " $* " in
    *" --homes "*) environment homes requirements backtest/requirements ;;
    *) runtime ;;
    esac
    run "$@"
    ;;
*.py) runtime && run "$@" ;;
*)
    name=$1 && shift
    if ! [ -e "${name//.//}.py" ] && ! [ -e "${name//.//}/__main__.py" ]; then
        say "There is no '$name' here." && usage >&2 && exit 2
    fi
    runtime && run -m "$name" "$@"
    ;;
esac
