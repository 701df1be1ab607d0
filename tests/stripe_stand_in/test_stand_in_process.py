"""The stand-in as a process, its memory over restarts, and that it leaves nothing behind."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import stripe

from config.devstack.stripe_stand_in import Fault, FaultKind, StandIn
from config.devstack.stripe_stand_in.api import Request
from tests.stripe_stand_in.payer import KEY, OWN, Payer
from tests.stripe_stand_in.receiver import SECRET, running_receiver

ROOT = Path(__file__).parents[2]
CALLS = 200
# Of processor time, so that a busy machine does not matter.
CALL_WITHIN_S = 0.002


@contextmanager
def process(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A running stand-in process and its address; ended with SIGTERM."""
    command = [sys.executable, "-m", "config.devstack.stripe_stand_in", *options]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip(), child
    finally:
        child.terminate()
        assert child.wait(10) in {0, -9}
        child.stdout.close()


def test_a_process_serves_posts_and_ends_cleanly(clients: Any) -> None:
    with running_receiver() as receiver:
        options = ("--webhook-url", receiver.url, "--webhook-secret", SECRET)
        with process(*options, "--control") as (url, _):
            assert Payer(clients(url)).pay().status == "paid"
            order = {"account": OWN, "kind": "event"}
            reply = requests.get(f"{url}/_stand_in/objects", params=order, timeout=5).json()
            deadline = time.monotonic() + 5
            while len(receiver.posts) < len(reply["result"]) and time.monotonic() < deadline:
                threading.Event().wait(0.01)
        assert receiver.types == [event["type"] for event in reply["result"]]


def test_the_control_path_breaks_things_from_outside(clients: Any) -> None:
    with StandIn(control=True) as stand_in:
        base = f"{stand_in.url}/_stand_in"
        payer = Payer(clients(stand_in.url, retries=0))
        requests.post(f"{base}/faults", json={"kind": "rate_limited", "times": None}, timeout=5)
        with pytest.raises(stripe.RateLimitError):
            payer.draft()
        requests.delete(f"{base}/faults", timeout=5)
        invoice = payer.invoice()
        order = {"account": OWN, "invoice_id": invoice.id, "card": "pm_card_visa"}
        paid = requests.post(f"{base}/pay_hosted_invoice", json=order, timeout=5).json()
        assert paid["result"]["status"] == "paid"
        seen = requests.get(f"{base}/requests", timeout=5).json()["result"]
        assert [row["status"] for row in seen if row["fault"]] == [429]
        wrong = requests.post(f"{base}/faults", json={"kind": "gremlins"}, timeout=5)
        assert wrong.status_code == 400
        assert requests.get(f"{base}/nothing", timeout=5).status_code == 404


def test_the_control_path_is_closed_unless_opened(stand_in: StandIn) -> None:
    assert requests.get(f"{stand_in.url}/_stand_in/requests", timeout=5).status_code == 404


def test_everything_is_remembered_over_a_kill(tmp_path: Path, clients: Any) -> None:
    memory = ("--state-file", str(tmp_path / "stripe.jsonl"))
    with process(*memory) as (url, child):
        payer = Payer(clients(url))
        paid = payer.pay().id
        gone = payer.draft().id
        payer.api.invoices.delete(gone)
        kept = payer.api.customers.create({"name": "Bo"}, {"idempotency_key": "c-1"}).id
        hold = payer.hold()
        child.kill()
    with (tmp_path / "stripe.jsonl").open("ab") as file:
        file.write(b'{"in": "cut sho')
    with StandIn(state_file=tmp_path / "stripe.jsonl") as stand_in:
        again = clients(stand_in.url).v1
        assert again.invoices.retrieve(paid).status == "paid"
        assert again.customers.create({"name": "Bo"}, {"idempotency_key": "c-1"}).id == kept
        with pytest.raises(stripe.InvalidRequestError):
            again.invoices.retrieve(gone)
        assert len(stand_in.events(OWN, "invoice.paid")) == 1
        stand_in.advance(7 * 24 * 3600)
        assert again.payment_intents.retrieve(hold.id).status == "canceled"


def test_no_thread_and_no_socket_is_left_behind(clients: Any) -> None:
    before = set(threading.enumerate())
    with (
        running_receiver() as receiver,
        StandIn(webhook_url=receiver.url, webhook_secret=SECRET) as stand_in,
    ):
        several = [clients(stand_in.url) for _ in range(4)]
        for client in several:
            client.v1.customers.create({"name": "Bo"})
        stand_in.fail(Fault(FaultKind.LOST_REQUEST, times=None))
        with pytest.raises(stripe.APIConnectionError):
            several[0].v1.customers.list()
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", stand_in.server.server_port), timeout=1)


def test_it_listens_on_loopback_only(stand_in: StandIn) -> None:
    assert stand_in.server.server_address[0] == "127.0.0.1"


def test_a_call_costs_little() -> None:
    stand_in = StandIn()
    headers = {"authorization": f"Bearer {KEY}"}
    began_s = time.thread_time()
    for number in range(CALLS):
        request = Request("POST", "/v1/customers", f"name={number}", headers)
        assert stand_in.api.answer(request) is not None
    assert (time.thread_time() - began_s) / CALLS < CALL_WITHIN_S
    stand_in.server.server_close()


def test_many_threads_get_one_charge_each(stand_in: StandIn, clients: Any) -> None:
    def run(number: int) -> None:
        for _ in range(5):
            Payer(clients(stand_in.url, account=f"acct_{number}")).pay()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two", "one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = [len(stand_in.charges_succeeded(f"acct_{name}")) for name in ("one", "two")]
    assert counts == [10, 10]


def test_nothing_here_imports_the_sdk() -> None:
    code = "import sys, config.devstack.stripe_stand_in; sys.exit('stripe' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0
