"""What the platform can do, the API can do: each command of the server has its route."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import click

from walletpass_server.api.document import build
from walletpass_server.api.routes import api

ROUTES = {
    "client credentials": {"keep_apple", "keep_google", "list_credentials"},
    "client resume": {"resume"},
    "client show": {"read_account"},
    "client usage": {"read_usage"},
    "client policies": {"list_policies"},
    "client accept": {"accept_policy"},
    "client csr": {"request_certificate", "list_certificate_requests"},
    "client certificate": {"keep_certificate"},
    "client rollover": {"begin_rollover"},
    "client export": {"export_account"},
    "operation open": {"write_matrix", "open_operation"},
    "operation list": {"list_operations"},
    "operation cancel": {"cancel_operation"},
    "operation retention": {"read_retention", "change_retention"},
    "operation link": {"list_operations", "read_operation"},
    "token show": {"list_tokens", "read_token", "read_links"},
    "token revoke": {"revoke_token"},
    "token import": {"begin_import", "send_content", "read_import"},
    "token export": {"export_links", "export_codes"},
    "event": {"send_event"},
    "device-log": {"list_device_logs"},
    "run list": {"list_runs"},
    "run pause": {"pause_run"},
    "run resume": {"resume_run"},
    "run cancel": {"cancel_run"},
    "report": {"read_report"},
    "report list": {"list_counted_passes"},
    "report recount": {"check_counts", "repair_counts"},
    "outbox dead": {"list_dead_letters"},
    "outbox list": {"list_dead_letters"},
    "outbox send-again": {"send_letters_again"},
    "hook add": {"add_hook"},
    "hook list": {"list_hooks", "read_hook"},
    "hook test": {"test_hook"},
    "hook pause": {"pause_hook"},
    "hook resume": {"resume_hook"},
    "hook rotate": {"rotate_hook"},
    "hook replay": {"replay_hook"},
    "hook dead": {"list_deliveries", "deliver_again"},
    "hook remove": {"remove_hook"},
    "erase": {"erase_person"},
    "key create": {"make_key"},
    "key list": {"list_keys"},
    "key rotate": {"replace_key"},
    "key revoke": {"revoke_key"},
}
"""Command to what does the same for a client of the platform."""
OPERATORS = {
    "serve",
    "worker",
    "doctor",
    "server",
    "wallet",
    "client add",
    "client list",
    "client plan",
    "client import",
    "client remove",
    "report seal",
    "demo",
}
"""Commands of whoever runs the server, for all its clients."""


def _commands() -> set[str]:
    found: set[str] = set()
    for entry in entry_points(group="walletpass.commands"):
        command: Any = entry.load()
        if isinstance(command, click.Group):
            found |= {f"{entry.name} {name}" for name in command.commands}
            found |= {entry.name} if command.invoke_without_command else set()
        else:
            found.add(entry.name)
    return found


def test_every_command_for_a_client_has_its_routes() -> None:
    known = {operation["operationId"] for each in build(api())["paths"].values() for operation in each.values()}
    for command in _commands():
        if command not in OPERATORS and command.partition(" ")[0] not in OPERATORS:
            assert command in ROUTES, f"{command}: give it a route, or say that it is for operators"
    assert set().union(*ROUTES.values()) <= known
