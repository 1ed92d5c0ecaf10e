#!/usr/bin/env python3
"""Logs in to the guest's console with a real Chromium: `chromium.py BASE-URL FOLDER`.

Runs on the machine around the guest, because a browser under emulation takes minutes for a page. Standard input has
three lines: the account's name, its password, the path of the page. Prints the page's address and what it says, and
puts a picture of it into FOLDER. Speaks W3C WebDriver to chromedriver with Python's own library.
"""

import base64
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# An emulated server takes seconds for a page, and argon2id on purpose some more.
PATIENCE_S = 180
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element, by the standard


class Driver:
    """A running chromedriver with one session."""

    def __init__(self, profile: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = open(f"{profile}/driver.log", "wb")
        self.process = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=log, stderr=log)
        self.url = f"http://127.0.0.1:{port}"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        options = {"args": [*arguments, f"--user-data-dir={profile}/profile", "--window-size=1080,800"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}}
        try:
            session = until(lambda: self.ask("/session", wanted))["sessionId"]
        except OSError:
            self.close()
            raise
        self.url += f"/session/{session}"

    def ask(self, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise OSError(json.load(error)["value"]["message"].splitlines()[0]) from error

    def find(self, selector: str) -> str:
        wanted = {"using": "css selector", "value": selector}
        return until(lambda: self.ask("/element", wanted))[ELEMENT]

    def fill(self, selector: str, text: str) -> None:
        self.ask(f"/element/{self.find(selector)}/value", {"text": text})

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def until(look):
    """What `look` gives once it doesn't fail any more."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return look()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def main() -> None:
    base, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    name, password, path = sys.stdin.read().splitlines()
    with tempfile.TemporaryDirectory(prefix="lintel-chromium-") as profile:
        driver = Driver(profile)
        try:
            driver.ask("/url", {"url": base + path})
            driver.fill("input[name=name]", name)
            driver.fill("input[name=password]", password)
            driver.ask(f"/element/{driver.find('button.main')}/click", {})
            # Only a page behind the log-in names who is there.
            driver.find("details.who")
            print(driver.ask("/url"))
            print(driver.ask(f"/element/{driver.find('body')}/text"))
            (folder / "chromium.png").write_bytes(base64.b64decode(driver.ask("/screenshot")))
        finally:
            driver.close()


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"chromium: {error}")
