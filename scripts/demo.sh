#!/bin/sh
# The demo from nothing to a served, signed-in home. Every step may be run again: what is done already stays as it is.
set -eu
manage=".venv/bin/python manage.py"
$manage messages --compile
$manage migrate --verbosity 0
$manage make-college
$manage load-policy
$manage assess --past
if [ "${SERVE:-1}" = 0 ]; then
    echo "The sample college is ready. Serve it with: make run"
else
    exec $manage serve --demo
fi
