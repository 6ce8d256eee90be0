"""The other commands, each through the command line."""

import http.server
import json
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from walletpass.testing import Authority


@pytest.fixture
def built(run, project):
    """A signed pass beside the model."""
    assert run("build", "model.yaml", "--data", "data.yaml", "-o", "one.pkpass").code == 0
    return project / "one.pkpass"


def test_lint_tells_findings_and_fails_on_errors_only(run, project):
    assert run("lint", "model.yaml").out.startswith("model.yaml: ok")
    text = (project / "model.yaml").read_text("utf-8")
    (project / "model.yaml").write_text(text.replace('label: "#cdebd6"', 'label: "#1f6a4c"'), "utf-8")
    answer = run("lint", "model.yaml")
    assert answer.code == 0
    assert "[contrast-low]" in answer.out
    assert run("lint", "model.yaml", "--strict").code == 1


def test_lint_as_json_has_a_stable_shape(run, project):
    (project / "bad.yaml").write_text("model: bad\nsize: 3\n")
    answer = run("lint", "model.yaml", "bad.yaml", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["ok"]) == (1, False)
    assert [(one["file"], one["ok"]) for one in document["files"]] == [("model.yaml", True), ("bad.yaml", False)]
    finding = next(one for one in document["files"][1]["findings"] if one["where"] == "size")
    assert finding == {
        "severity": "error",
        "rule": "document-invalid",
        "where": "size",
        "says": "unknown key",
        "source": "walletpass, the documents",
        "hint": "",
    }


@pytest.mark.parametrize("content", ["- 1\n", "title: x\n", "model: [\n", "matrix: 3\n", "operation: x\n"])
def test_lint_of_something_else_is_a_finding(run, project, content):
    (project / "other.yaml").write_text(content)
    answer = run("lint", "other.yaml")
    assert answer.code == 1
    assert "[document-invalid]" in answer.out


def test_lint_knows_a_matrix_and_an_operation_by_their_first_key(run, project):
    (project / "matrix.yaml").write_text(
        "matrix: spring\npass_type: coupon\nstart: active\nmodels: {active: model.yaml}\n"
    )
    operation = "operation: s-27\nmatrix: matrix.yaml\nstarts_at: 2027-03-20T08:00\nends_at: 2027-04-20T00:00\n"
    (project / "operation.yaml").write_text(operation + "zone: Europe/Paris\nenvironment: test\n")
    answer = run("lint", "matrix.yaml", "operation.yaml")
    assert (answer.code, answer.err) == (0, "")
    (project / "operation.yaml").write_text(operation.replace("matrix.yaml", "../matrix.yaml") + "environment: test\n")
    assert "outside its folder" in run("lint", "operation.yaml").out


def test_sign_makes_a_pass_of_a_raw_folder(run, built, project):
    with zipfile.ZipFile(built) as archive:
        archive.extractall(project / "raw.pass")
    answer = run("sign", "raw.pass")
    assert (answer.code, answer.err) == (0, "")
    assert run("verify", "raw.pkpass", "--ca", "certs/root.pem").code == 0
    assert run("sign", "raw.pass", "-o", "other/x.pkpass").code == 0
    assert (project / "other" / "x.pkpass").is_file()
    assert run("sign", "nowhere").code == 2


def test_bundle_puts_passes_into_one_file_and_verify_looks_into_it(run, built, project):
    assert run("bundle", "one.pkpass", "one.pkpass", "-o", "two.pkpasses").code == 0
    answer = run("verify", "two.pkpasses", "--ca", "certs/root.pem")
    assert (answer.code, answer.out) == (0, "two.pkpasses/1.pkpass: ok\ntwo.pkpasses/2.pkpass: ok\n")
    assert run("bundle", "model.yaml", "-o", "x.pkpasses").code == 1
    assert not (project / "x.pkpasses").exists()


def test_verify_fails_on_a_changed_pass(run, built, project):
    with zipfile.ZipFile(built) as archive, zipfile.ZipFile(project / "bad.pkpass", "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, archive.read(name).replace(b"Verdure", b"Impostor"))
    answer = run("verify", "one.pkpass", "bad.pkpass", "--json")
    document = json.loads(answer.out)
    assert (answer.code, document["ok"]) == (1, False)
    assert [one["ok"] for one in document["files"]] == [True, False]


def test_a_pass_of_an_unknown_issuer_is_unchecked_and_fails_only_when_strict(run, built):
    answer = run("verify", "one.pkpass")
    assert answer.code == 0
    assert "[chain-unchecked]" in answer.out
    assert run("verify", "one.pkpass", "--strict").code == 1
    assert run("verify", "one.pkpass", "--strict", "--ca", "certs/root.pem").code == 0
    assert run("verify", "one.pkpass", "--ca", "model.yaml").code == 1
    assert run("verify", "one.pkpass", "--ca", "none.pem").code == 2


def test_inspect_shows_what_is_inside_also_of_a_broken_pass(run, built, project):
    answer = run("inspect", "one.pkpass", "--ca", "certs/root.pem")
    assert answer.code == 0
    assert all(part in answer.out for part in ("coupon", "en, fr", "strip@2x.png", "SAMPLETEAM", '"SPRING-0001"'))
    document = json.loads(run("inspect", "one.pkpass", "--json").out)
    assert document["pass_json"]["serialNumber"] == "SPRING-0001"
    content = built.read_bytes().replace(b"SPRING-0001", b"SPRING-0002")
    (project / "broken.pkpass").write_bytes(content)
    broken = run("inspect", "broken.pkpass", "--json")
    assert broken.code == 0
    assert json.loads(broken.out)["ok"] is False


def test_inspect_of_what_is_no_pass_says_so_and_fails(run, built, project):
    for content in (b"garbage", b"", built.read_bytes()[:500]):
        (project / "none.pkpass").write_bytes(content)
        answer = run("inspect", "none.pkpass")
        assert (answer.code, "findings: " in answer.out) == (1, True)
        assert run("inspect", "none.pkpass", "--json").code == 1


def test_preview_refuses_kinds_of_pictures_that_it_does_not_draw(run, project):
    answer = run("preview", "model.yaml", "-o", "all.gif")
    assert (answer.code, answer.err) == (
        2, "walletpass: all.gif: pictures are drawn as .svg or .png: name one of these, or a folder\n",
    )  # fmt: skip
    assert not (project / "all.gif").exists()


def test_preview_draws_each_wallet_language_and_side(run, project):
    answer = run("preview", "model.yaml", "--data", "data.yaml", "--format", "svg", "-o", "pictures-out")
    assert (answer.code, answer.err) == (0, "")
    assert {path.name for path in (project / "pictures-out").iterdir()} == {
        f"{wallet}-{language}-{side}.svg"
        for wallet in ("apple", "google")
        for language in ("en", "fr")
        for side in ("front", "back")
    }
    french = (project / "pictures-out" / "apple-fr-front.svg").read_text("utf-8")
    assert "15,00" in french


def test_preview_of_a_model_without_data_takes_its_examples(run, project):
    chosen = ("--wallet", "apple", "--side", "front", "--language", "fr")
    answer = run("preview", "model.yaml", *chosen, "-o", "front.svg")
    assert answer.code == 0
    assert "SPRING-7F3K" in (project / "front.svg").read_text("utf-8")


def test_preview_of_a_pass_draws_what_was_signed(run, built, project):
    answer = run("preview", "one.pkpass", "--side", "front", "--language", "en", "-o", "front.png")
    assert answer.code == 0
    assert (project / "front.png").read_bytes().startswith(b"\x89PNG\r\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("model.yaml", "--language", "de"), 2),
        (("one.pkpass", "--wallet", "google"), 2),
        (("model.yaml", "--format", "svg", "-o", "front.png"), 2),
        (("broken.pkpass",), 1),
    ],
)
def test_preview_refuses_what_it_cannot_draw(run, built, project, arguments, code):
    (project / "broken.pkpass").write_bytes(b"PK\x03\x04 not a pass")
    answer = run("preview", *arguments)
    assert (answer.code, answer.out) == (code, "")
    assert answer.line.startswith("walletpass: ")
    assert not (project / "preview").exists()


def test_google_prints_class_object_and_report_as_json(run, project):
    given = ("--data", "data.yaml", "--image-url-prefix", "https://img.example.net/p")
    google = ("google", "model.yaml", *given, "--show")
    class_ = json.loads(run(*google, "class").out)
    object_ = json.loads(run(*google, "object").out)
    assert object_["classId"] == class_["id"]
    assert object_["id"] == "3388000000000000001.SPRING-0001"
    assert "https://img.example.net/p/" in json.dumps(class_)
    report = json.loads(run("google", "model.yaml", "--show", "report").out)["report"]
    assert {entry["action"] for entry in report} <= {"exact", "adapted", "moved", "dropped"}


def test_the_google_link_is_alone_on_standard_output_and_signed_by_the_account(run, project):
    answer = run("google", "model.yaml", "--data", "data.yaml", "--show", "link")
    account = json.loads((project / "certs" / "google-service-account.json").read_text())
    key = load_pem_private_key(account["private_key"].encode(), None).public_key()
    prefix, _, token = answer.out.strip().rpartition("/")
    claims = jwt.decode(token, key, algorithms=["RS256"], audience="google")
    assert prefix == "https://pay.google.com/gp/v/save"
    assert claims["iss"] == account["client_email"]
    assert answer.line.startswith("skinny link: ")


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--show", "object"), 1, "amount: missing"),
        (("--show", "link", "--data", "data.yaml", "--form", "fat"), 1, "insert the pass at Google first"),
        (("--show", "class", "--image-url-prefix", "http://img.example.net/"), 2, "give a plain https address"),
        (("--show", "class", "--credentials", "none.yaml"), 2, "none.yaml: cannot be read"),
    ],
)
def test_google_refuses_in_one_line(run, project, options, code, says):
    answer = run("google", "model.yaml", *options)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.line


def test_certs_sample_writes_what_signs(run, tmp_path):
    answer = run("certs", "sample", "--out", tmp_path / "certs")
    assert answer.code == 0
    assert {Path(line).name for line in answer.out.splitlines()} >= {
        "root.pem",
        "wwdr.pem",
        "pass.pem",
        "pass.key",
        "pass-ec.pem",
        "pass-ec.key",
        "google-service-account.json",
    }


def test_certs_csr_writes_a_request_and_never_replaces_a_key(run, tmp_path):
    answer = run("certs", "csr", "--out", tmp_path, "--name", "Ada", "--email", "ada@example.com", "--country", "FR")
    assert answer.code == 0
    assert x509.load_pem_x509_csr((tmp_path / "pass.csr").read_bytes()).is_signature_valid
    key = (tmp_path / "pass.key").read_bytes()
    assert (tmp_path / "pass.key").stat().st_mode & 0o077 == 0
    assert run("certs", "csr", "--out", tmp_path).code == 2
    assert (tmp_path / "pass.key").read_bytes() == key


def test_certs_show_tells_who_and_until_when(run, project):
    answer = run("certs", "show", "certs/pass.pem", "credentials.yaml")
    assert answer.code == 0
    assert answer.out.count("Pass Type ID: pass.example.sample") == 2
    assert "days left" in answer.out
    document = json.loads(run("certs", "show", "credentials.yaml", "--json").out)
    assert document["files"][0]["pass_type_identifier"] == "pass.example.sample"
    assert len(document["files"][0]["chain"]) == 2
    assert run("certs", "show", "model.yaml").code == 1
    assert run("certs", "show", "none.pem").code == 2


def test_certs_show_opens_a_pkcs12_file_with_its_passphrase(run, tmp_path, monkeypatch):
    issued = Authority.create(key="ec").issue_pass_certificate("pass.example.test", "TESTTEAM", key="ec")
    (tmp_path / "pass.p12").write_bytes(issued.pkcs12("sesame", with_intermediate=True))
    monkeypatch.setenv("SESAME", "sesame")
    answer = run("certs", "show", tmp_path / "pass.p12", "--passphrase-env", "SESAME")
    assert answer.code == 0
    assert "pass type pass.example.test, team TESTTEAM" in answer.out
    monkeypatch.setenv("SESAME", "open")
    wrong = run("certs", "show", tmp_path / "pass.p12", "--passphrase-env", "SESAME")
    assert (wrong.code, wrong.out) == (1, "")
    assert "passphrase" in wrong.line


def test_certs_show_fails_on_a_certificate_that_has_ended(run, project):
    authority = Authority.create(key="ec", now=datetime.now(UTC) - timedelta(days=900))
    issued = authority.issue_pass_certificate("pass.example.sample", "SAMPLETEAM", key="ec")
    (project / "certs" / "pass.pem").write_bytes(issued.certificate_pem)
    (project / "certs" / "pass.key").write_bytes(issued.key_pem())
    (project / "certs" / "wwdr.pem").write_bytes(issued.intermediate_pem)
    answer = run("certs", "show", "credentials.yaml", "--json")
    (shown,) = json.loads(answer.out)["files"]
    assert (answer.code, shown["ok"]) == (1, False)
    assert "certificate-expired" in {finding["rule"] for finding in shown["findings"]}
    assert run("certs", "show", "certs/pass.pem").code == 1


def test_certs_fetch_takes_the_expected_certificate_and_no_other(run, project):
    certificate = x509.load_pem_x509_certificate((project / "certs" / "wwdr.pem").read_bytes())

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(certificate.public_bytes(Encoding.DER))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/wwdr.cer"
        good = run(
            "certs", "fetch", "--url", url, "--sha256", certificate.fingerprint(SHA256()).hex(), "--out", "a.pem"
        )
        bad = run("certs", "fetch", "--url", url, "--sha256", "00" * 32, "--out", "b.pem")
        server.shutdown()
        thread.join()
    assert good.code == 0
    assert x509.load_pem_x509_certificate((project / "a.pem").read_bytes()) == certificate
    assert (bad.code, (project / "b.pem").exists()) == (1, False)
    assert "nothing was kept" in bad.line
    assert run("certs", "fetch", "--url", url).code == 2


def test_the_reference_of_the_command_line_is_in_step(tmp_path):
    """Renew it with: python -m walletpass.cli.reference docs/cli.md"""
    page, fresh = Path(__file__).parents[2] / "docs" / "cli.md", tmp_path / "cli.md"
    # In a process of its own: click remembers the help options of commands that other tests ran by themselves.
    subprocess.run([sys.executable, "-m", "walletpass.cli.reference", str(fresh)], check=True)
    assert page.read_text("utf-8") == fresh.read_text("utf-8")
