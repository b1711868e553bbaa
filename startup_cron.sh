#!/usr/bin/env bash
# Starts the configured apps, each in its tmux session under do_py.sh, and the log beside them.
# From cron:  @reboot /home/pi/digital_meter/startup_cron.sh
# Safe to run again: what runs is left alone, what has ended starts. Works in cron's environment.
set -eu
cd "$(dirname "$(readlink -f "$0")")"
export PATH="${PATH:-}:/usr/local/bin:/usr/bin:/bin" HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
export LANG="${LANG:-C.UTF-8}" TERM="${TERM:-screen-256color}"

# session NAME APP...: a sentence about a wrong setting stays readable in its pane. When a program
# ends tmux moves the first line out of sight: it is left empty; and it forgets what it has not read
# yet: it is given a second.
session() {
    local name=$1 command="echo; ./do_py.sh ${*:2}; code=\$?; sleep 1; exit \$code"
    if tmux has-session -t "=$name" 2>/dev/null; then
        tmux respawn-pane -t "=$name:" "$command" 2>/dev/null || true # it fails where one runs
        return
    fi
    # In one go: the command may end before a second tmux is there. Without a status line: the
    # screens need every row of 80x24.
    tmux new-session -d -s "$name" -x 200 -y 50 "$command" \; \
        set-option -w -t "=$name:" remain-on-exit on \; set-option -t "=$name:" status off \; \
        set-option -t "=$name:" @home "$PWD"
}

mkdir -p -m 700 log
# The first app makes .venv before the others need it.
# With a wrong config.py dm alone, whose pane then says what is wrong.
apps=$(./do_py.sh settings.py) || apps=dm
for app in $apps; do
    case $app in
    dm) session dm dm.py ;;
    *) session "$app" "${app}_app.py" ;;
    esac
done
# The log of the first of them: a machine without a meter has no dm.
set -- $apps
kept=log
if [ "$1" != dm ]; then kept=log/$1; fi
# dm keeps what a simulated or recorded house says apart from the real one's.
if grep -Eqs '^serial_port *= *.(sim|file)://' config.py; then kept=.replayed/log; fi
session log screen.log $kept/log_info.log
