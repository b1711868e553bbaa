#!/usr/bin/env bash
# Takes new and changed sentences of the code into the catalogues; says which are not translated.
#   say, many   sentences of screens and commands         screens.po
#   phrase      sentences that travel in English          reasons.po
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
babel=(.venv/bin/python -m babel.messages.frontend --quiet)
plain=(--no-default-keywords --add-location=file --sort-output --width=100 --omit-header)
files=(apps base bs bs_app.py dm.py ev ev_app.py mqtt_app.py notify peak plan rates screen web)

# catalogue NAME KEYWORD...: extracts the sentences of these keywords, and updates each language.
catalogue() {
    local name=$1 template keyword keywords=() language
    shift
    template=$(mktemp)
    for keyword in "$@"; do keywords+=(-k "$keyword"); done
    "${babel[@]}" extract "${plain[@]}" "${keywords[@]}" -o "$template" "${files[@]}"
    for language in nl fr; do
        "${babel[@]}" update --no-fuzzy-matching --ignore-obsolete --width=100 \
            -i "$template" -o "locales/$language/$name.po" -l "$language"
    done
    rm -f "$template"
}

catalogue screens say many:1,2
catalogue reasons phrase
