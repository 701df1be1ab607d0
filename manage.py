#!/usr/bin/env python3
"""Entry to every command; outside the virtual environment it makes that first."""

import os
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("Laddbok needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

    from requirements.bootstrap import enter_environment

    enter_environment(os.path.dirname(os.path.abspath(__file__)), sys.argv)

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit("Laddbok cannot start: " + str(error))
