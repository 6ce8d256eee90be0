"""
The figures of a process for Prometheus, and the port they are read from.

Labels are routes, wallets, channels and states: their number does not grow with passes, clients or requests. With
several processes (`walletpass serve --workers N`) each writes to files of PROMETHEUS_MULTIPROC_DIR, which must be set
before this module is imported, and the one that answers adds them up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

from walletpass.errors import UsageError

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"

disable_created_metrics()  # type: ignore[no-untyped-call] # a second series for each, which nobody asks for

REQUESTS = Counter("walletpass_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram(
    "walletpass_http_request_seconds",
    "From the head of a request to the end of its answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
SERVED = Counter("walletpass_passes_served", "Passes handed to a phone, as bytes or as a save link.", ["wallet"])
SIGNING_SECONDS = Histogram(
    "walletpass_signing_seconds",
    "Making one pass: compiling, signing, packing.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1),
)
LETTERS = Counter("walletpass_letters", "Letters of the outbox tried.", ["channel", "outcome"])
APNS_ANSWERS = Counter("walletpass_apns_answers", "Pushes by what APNs's answer asks for.", ["action"])
CREDENTIALS_STOPPED = Gauge(
    "walletpass_credentials_stopped", "Credentials that Apple or Google refuses, until somebody looks.",
    multiprocess_mode="mostrecent",
)  # fmt: skip
WRITER_QUEUE = Gauge("walletpass_writer_queue", "Requests that wait to be written.", multiprocess_mode="livesum")
OUTBOX = Gauge(
    "walletpass_outbox_letters", "Letters in the outbox: waiting or dead.", ["channel", "state"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
OUTBOX_LAG = Gauge(
    "walletpass_outbox_lag_seconds", "How long the letter that is due longest has been due.", ["channel"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
DELIVERIES = Counter("walletpass_hook_deliveries", "Events posted to web hooks or told in process.", ["outcome"])
HOOKS = Gauge(
    "walletpass_hook_waiting", "Events that wait for an endpoint: waiting, held by a pause, or dead.", ["state"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
HOOKS_LAG = Gauge(
    "walletpass_hook_lag_seconds", "How long the oldest event for an active endpoint has waited.",
    multiprocess_mode="mostrecent",
)  # fmt: skip
ENDPOINTS = Gauge(
    "walletpass_hook_endpoints", "Endpoints that are paused, or where nothing arrives.", ["state"],
    multiprocess_mode="mostrecent",
)  # fmt: skip
RUNS = Gauge("walletpass_runs", "Runs over many passes that have not ended well.", ["state"],
             multiprocess_mode="mostrecent")  # fmt: skip


@contextmanager
def exposed(host: str, port: int) -> Iterator[None]:
    """
    Answer scrapes on an address while the block runs.

    Args:
        host: Address to listen on.
        port: 0 for not at all.

    Raises:
        UsageError: The port is in use.
    """
    if not port:
        yield
        return
    registry = REGISTRY
    if MULTIPROCESS in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # published so
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as exc:
        raise UsageError(
            f"{host}:{port}: no metrics there: {exc.strerror}; set another WALLETPASS_METRICS_PORT"
        ) from exc
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
