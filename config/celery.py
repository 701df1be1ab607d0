"""Celery: the application, its queues, and the whole beat schedule."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")

app = Celery("laddbok")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

QUEUES = ("default", "outbox", "telemetry", "billing", "messages")

TASK_ROUTES: dict[str, dict[str, str]] = {
    # Others' servers are slow: what waits for them keeps no event waiting.
    "outbox.tasks.send_due_messages": {"queue": "messages"},
    "outbox.*": {"queue": "outbox"},
    "anomalies.*": {"queue": "telemetry"},
    "billing.*": {"queue": "billing"},
}

# Everything that runs by the clock. A sweep is the guarantee behind each bell: what a lost or
# empty broker forgot is found again within its interval.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver what the outbox owes": {
        "task": "outbox.tasks.deliver_due_events",
        "schedule": 5.0,
        # A sweep nobody fetched in time is replaced by the next one.
        "options": {"expires": 5.0},
    },
    "send the messages that are owed": {
        "task": "outbox.tasks.send_due_messages",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "forget old messages": {
        "task": "outbox.tasks.forget_messages",
        "schedule": crontab(hour=2, minute=20),
    },
    "end commands past their time, and call again for those not sent": {
        "task": "chargepoints.tasks.expire_commands",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "close commissioning windows, settle key rotations": {
        "task": "chargepoints.tasks.mind_doors",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "end reservations past their time": {
        "task": "chargepoints.tasks.expire_reservations",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "take campaigns a step further": {
        "task": "chargepoints.tasks.advance_campaigns",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "renew stations' certificates": {
        "task": "chargepoints.tasks.renew_certificates",
        "schedule": crontab(minute=23),
        "options": {"expires": 3600.0},
    },
    "forget old OCPP messages": {
        "task": "chargepoints.tasks.purge_messages",
        "schedule": crontab(hour=2, minute=10),
    },
    "complete sessions that had their time to settle": {
        "task": "sessions_app.tasks.settle_sessions",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "close sessions whose stop never came": {
        "task": "sessions_app.tasks.close_sessions",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "prepare the sample table for the days to come": {
        "task": "sessions_app.tasks.prepare_sample_days",
        "schedule": crontab(minute=37),
        "options": {"expires": 3600.0},
    },
    "pack the samples of old sessions": {
        "task": "sessions_app.tasks.seal_samples",
        "schedule": crontab(hour=1, minute=40),
        "options": {"expires": 3600.0},
    },
    "check samples whose bell was lost": {
        "task": "anomalies.tasks.scan_lagging_sessions",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "learn from sessions whose bell was lost": {
        "task": "anomalies.tasks.learn_from_sessions",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "tell of what is still wrong after maintenance": {
        "task": "anomalies.tasks.wake_muted",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "mute what is open where somebody works": {
        "task": "anomalies.tasks.mute_worked_on",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "look at what may have gone silent": {
        "task": "anomalies.tasks.sweep_deadlines",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "look at what stations said besides readings": {
        "task": "anomalies.tasks.watch_stations",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "remember what to look at": {
        "task": "anomalies.tasks.rebuild_deadlines",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "repair what can be repaired from afar": {
        "task": "anomalies.tasks.repair",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "look whether the work helped": {
        "task": "anomalies.tasks.check_work",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "count days that have ended for key figures": {
        "task": "anomalies.tasks.count_days",
        "schedule": crontab(minute=23),
        "options": {"expires": 3600.0},
    },
    "count days once more, for what stations said late": {
        "task": "anomalies.tasks.count_days",
        "args": (35,),
        "schedule": crontab(hour=2, minute=40),
        "options": {"expires": 3600.0},
    },
    "say which work is late": {
        "task": "anomalies.tasks.tell_late_work",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "make the calls owed to Stripe": {
        "task": "billing.tasks.send_due_stripe_commands",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "look after payments on the spot": {
        "task": "billing.tasks.attend_due_payments",
        "schedule": 2.0,
        "options": {"expires": 2.0},
    },
    "list what Stripe's webhooks did not bring": {
        "task": "billing.tasks.fetch_missed_stripe_events",
        "schedule": 900.0,
        "options": {"expires": 900.0},
    },
    "forget the content of old Stripe events": {
        "task": "billing.tasks.forget_old_stripe_events",
        "schedule": crontab(hour=2, minute=40),
    },
    "charge refused cards again": {
        "task": "billing.tasks.charge_refused_again",
        "schedule": crontab(hour=9, minute=30),
    },
    "compare Stripe with the books": {
        "task": "billing.tasks.reconcile_accounts",
        "schedule": crontab(hour=3, minute=20),
    },
    "answer what-if questions": {
        "task": "billing.tasks.run_due_what_ifs",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    # Tomorrow's prices are published at about 12 UTC; the other times are for what failed before.
    "fetch spot prices": {
        "task": "billing.tasks.fetch_spot_prices",
        "schedule": crontab(hour="0,4,8,11,12,13,14,17,21", minute=7),
        "options": {"expires": 3600.0},
    },
    "close weeks and months that ended": {
        "task": "billing.tasks.close_ended_periods",
        "schedule": crontab(minute=17),
        "options": {"expires": 3600.0},
    },
    "forget drivers' visits that have ended": {
        "task": "drivers.tasks.forget_ended_visits",
        "schedule": crontab(hour=2, minute=40),
    },
    "check the books": {
        "task": "billing.tasks.check_ledger",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expires": 3600.0},
    },
}
