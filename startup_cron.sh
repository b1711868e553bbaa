#!/usr/bin/env bash
# Starts the configured apps, each in its tmux session under do_py.sh, and the log beside them.
# From cron:  @reboot /home/pi/digital_meter/startup_cron.sh
# Safe to run again: a session that exists is left alone. Works in cron's empty environment.
set -eu
cd "$(dirname "$(readlink -f "$0")")"
export PATH="${PATH:-}:/usr/local/bin:/usr/bin:/bin" HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
export LANG="${LANG:-C.UTF-8}" TERM="${TERM:-screen-256color}"

# session NAME COMMAND: a sentence about a wrong setting stays readable in its pane.
session() {
    if tmux has-session -t "=$1" 2>/dev/null; then return; fi
    tmux new-session -d -s "$1" -x 200 -y 50 "$2"
    tmux set-option -t "=$1:" remain-on-exit on >/dev/null
    tmux set-option -t "=$1:" status off >/dev/null # the screens need every row of 80x24
}

mkdir -p log
# The first app makes .venv before the others need it.
for app in $(./do_py.sh settings.py); do
    case $app in
    dm) session dm "exec ./do_py.sh dm.py" ;;
    *) session "$app" "exec ./do_py.sh ${app}_app.py" ;;
    esac
done
session log "exec ./do_py.sh screen.log log/log_info.log"
