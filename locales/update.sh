#!/usr/bin/env bash
# Takes new and changed sentences of the code into the catalogues; says which are not translated.
#   say, many   sentences of screens and commands         screens.po
#   phrase      sentences that travel in English          reasons.po
#   clause      the same without their subject            clauses.po
#   setting     the same about what is typed in a file     settings.po
#   the first three, in setup/: what somebody types there   setup.po
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
babel=(.venv/bin/python -m babel.messages.frontend --quiet)
plain=(--no-default-keywords --add-location=file --sort-output --width=100 --omit-header)
programs=(
    apps base bs bs_app.py dm.py ev ev_app.py mqtt_app.py my_socket.py notify p1 peak plan rates
    screen store sun web
)

# catalogue NAME "KEYWORD..." PATH...: extracts the sentences of these keywords from these paths,
# and updates each language.
catalogue() {
    local name=$1 template keyword keywords=() language
    for keyword in $2; do keywords+=(-k "$keyword"); done
    shift 2
    template=$(mktemp)
    "${babel[@]}" extract "${plain[@]}" "${keywords[@]}" -o "$template" "$@"
    for language in nl fr; do
        "${babel[@]}" update --no-fuzzy-matching --ignore-pot-creation-date --ignore-obsolete --width=100 \
            -i "$template" -o "locales/$language/$name.po" -l "$language"
    done
    rm -f "$template"
}

catalogue screens "say many:1,2" "${programs[@]}"
catalogue reasons phrase "${programs[@]}"
catalogue clauses clause "${programs[@]}"
catalogue settings setting "${programs[@]}"
catalogue setup "say many:1,2 phrase" setup
