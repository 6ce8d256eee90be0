"""`walletpass demo`: a whole campaign, and a server to be driven from outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from walletpass.testing import FakeApns, FakePhone
from walletpass.testing.google_api import FakeGoogle
from walletpass_server.demo.credentials import google_account, write_credentials
from walletpass_server.demo.rehearse import Rehearsal, rehearsal
from walletpass_server.serving.web import listen
from walletpass_server.settings import Settings

COMMAND = [str(Path(sys.executable).with_name("walletpass")), "demo"]
ENVIRONMENT = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ["HOME"]}
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0 Mobile"


def test_the_campaign_holds_from_certificates_to_report(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "--out", str(tmp_path)], env=ENVIRONMENT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "report        generated 1, added 2, deleted 1, active 1" in done.stdout
    assert "shows: Welcome to Gold" in done.stdout
    assert {"sheet.png", "page.html", "05-ada-gold.png"} <= {file.name for file in tmp_path.iterdir()}


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """A rehearsal that is up, and what it printed."""
    process = subprocess.Popen(
        [*COMMAND, "--serve", "--port", "0", "--data", str(folder), "--json"],
        env={**ENVIRONMENT, **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, shell=True, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)  # noqa: S602


async def test_it_is_driven_from_outside_by_phones_and_fakes_of_others(tmp_path: Path) -> None:
    write_credentials(tmp_path / "data")
    with FakeGoogle() as google:
        google.register(*google_account(tmp_path / "data"))
        async with FakeApns() as apns:
            settings = {
                "WALLETPASS_APNS_URL": apns.url,
                "WALLETPASS_APNS_CA": str(apns.ca_file),
                "WALLETPASS_GOOGLE_API_URL": google.url,
                "WALLETPASS_GOOGLE_ROOT_KEYS_URL": google.root_keys_url,
            }
            context = served(tmp_path / "data", **settings)
            shown, process = await asyncio.to_thread(context.__enter__)
            try:
                await drive(shown, apns, google)
                await report_agrees(shown)
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 30) == 0
            finally:
                await asyncio.to_thread(context.__exit__, None, None, None)


async def drive(shown: dict[str, Any], apns: FakeApns, google: FakeGoogle) -> None:
    assert len(shown["personal_links"]) == len(shown["serials"]) == 3
    root = Path(shown["ca"]).read_bytes()
    async with FakePhone(anchors=[root], language="en") as phone:
        apns.listen(phone.hear)
        held = await phone.add(shown["personal_links"][1] + ".pkpass")
        assert held.key == (shown["pass_type_identifier"], shown["serials"][1])
        for visits in (1, 2, 3):
            fired = await asyncio.to_thread(shell, shown["fire"].replace("{serial}", held.serial))
            assert fired.returncode == 0, fired.stderr
            await phone.wait_for_push()
            (notice,) = await phone.answer_pushes()
            assert notice.text == f"Visit number {visits}: thank you"
    assert {push.topic for push in apns.accepted} == {shown["pass_type_identifier"]}
    async with httpx.AsyncClient(headers={"User-Agent": ANDROID}) as chrome:
        answer = await chrome.get(shown["personal_links"][0] + "/google")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("https://pay.google.com/gp/v/save/")
        assert google.object_(shown["google_object"]) is not None
        assert google.class_(shown["google_class"]) is not None
        body = google.signer.callback(shown["google_class"], shown["google_object"], "save", google.clock())
        for _ in range(3):
            told = await chrome.post(shown["google_callback_url"], content=body)
            assert told.status_code == 200
        assert (await chrome.post(shown["google_callback_url"], content=b"{}")).status_code == 400


async def report_agrees(shown: dict[str, Any]) -> None:
    folder = Path(shown["ca"]).parents[1]
    told = await asyncio.to_thread(shell, f"walletpass report --json --data {folder}")
    (line,) = json.loads(told.stdout)["lines"]
    figures = {name: line[name] for name in ("displayed", "generated", "added", "deleted", "active")}
    assert figures == {"displayed": 2, "generated": 0, "added": 2, "deleted": 0, "active": 2}
    assert (await asyncio.to_thread(shell, f"walletpass report recount --data {folder}")).returncode == 0


def test_a_rehearsal_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    with served(tmp_path) as (before, process):
        assert httpx.get(before["personal_links"][0] + ".pkpass").status_code == 200
        process.kill()
        process.wait()
    with listen("127.0.0.1", 0) as free:
        metrics = free.getsockname()[1]
    with served(tmp_path, WALLETPASS_METRICS_PORT=str(metrics)) as (after, _):
        assert "walletpass_outbox_letters" in httpx.get(f"http://127.0.0.1:{metrics}/metrics").text
        assert after["serials"] == before["serials"]
        assert after["api_key"] == before["api_key"]
        again = after["personal_links"][0].removeprefix(after["base_url"])
        assert again == before["personal_links"][0].removeprefix(before["base_url"])
        assert httpx.get(after["personal_links"][0] + ".pkpass").status_code == 200


async def test_whoever_plays_google_next_is_told_what_the_last_one_knew(tmp_path: Path) -> None:
    async def save(rehearsed: Rehearsal) -> str:
        async with httpx.AsyncClient(headers={"User-Agent": ANDROID}, timeout=30) as chrome:
            answer = await chrome.get(f"{rehearsed.stage.people[0].link}/google")
        (saved,) = await asyncio.to_thread(rehearsed.fakes.google.save, answer.headers["location"])
        return saved.object_id

    settings = replace(Settings.from_env({"WALLETPASS_DATA": str(tmp_path)}), port=0)
    async with rehearsal(settings, tmp_path, asyncio.Event()) as first:
        object_id = await save(first)
    async with rehearsal(settings, tmp_path, asyncio.Event()) as second:
        async with asyncio.timeout(60):
            while (found := second.fakes.google.object_(object_id)) is None:  # a letter brings it
                await asyncio.sleep(0.05)
        assert found["hasUsers"]
        assert await save(second) == object_id


@pytest.mark.parametrize("arguments", [["--json"], ["--data", "x"]])
def test_options_of_the_server_go_with_it(arguments: list[str]) -> None:
    done = subprocess.run([*COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "go with --serve" in done.stderr
