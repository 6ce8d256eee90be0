"""`walletpass demo`: three kinds of pass for both wallets, from nothing."""

import json
import zipfile


def test_the_demo_leaves_passes_links_and_pictures_and_says_where(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = run("demo")
    assert (answer.code, answer.err) == (0, "")
    for kind, style in (("coupon", "coupon"), ("loyalty", "storeCard"), ("event-ticket", "eventTicket")):
        folder = tmp_path / "demo" / kind
        (made,) = folder.glob("*.pkpass")
        with zipfile.ZipFile(made) as archive:
            assert style in json.loads(archive.read("pass.json"))
            assert "signature" in archive.namelist()
        assert (folder / "google-link.txt").read_text().startswith("https://pay.google.com/gp/v/save/")
        assert len(list(folder.glob("preview/*.png"))) == len(list(folder.glob("preview/*.svg"))) == 8
        assert str(made.relative_to(tmp_path)) in answer.out
        assert run("verify", made, "--ca", folder / "certs" / "root.pem", "--strict").code == 0
    assert (tmp_path / "demo" / "sheet.png").is_file()
    assert (tmp_path / "demo" / "sheet.svg").is_file()
