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
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit("Laddbok cannot start: " + str(error))
    except OperationalError as error:
        # Only a server that answered gives its errors a code.
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise
        sys.exit(
            "The database does not answer: "
            + str(error).splitlines()[0]
            + "\nStart the servers with `python3 manage.py up`, or only them with"
            " `python3 manage.py services`,\nleave them running and give this command again in"
            " another terminal. Where they run\nalready, DATABASE_URL has to say so."
        )
