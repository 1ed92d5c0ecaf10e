"""Prints what a kiosk tells people, from its feedback socket; marks the first recorded person by a file."""

import json
import pathlib
import socket
import sys

SAYS = {
    "recorded": "✔ {name} recorded",
    "already_recorded": "· {name} was recorded a moment ago",
    "stored_offline": "✔ {name} recorded (kept at the door until central answers)",
    "not_recognised": "– not recognised, nothing recorded",
    "ambiguous": "– two people look alike here, nothing recorded",
    "come_closer": "– come closer",
    "fault": "! the door has a fault",
}


def main(path: str, first: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.connect(path)
        for line in door.makefile(encoding="utf-8"):
            said = json.loads(line)
            state = said.get("state", "")
            text = SAYS.get(state)
            if text:
                print("  " + text.format(name=said.get("name") or "somebody"), flush=True)
            if state in ("recorded", "stored_offline"):
                pathlib.Path(first).touch()


if __name__ == "__main__":
    main(*sys.argv[1:3])
