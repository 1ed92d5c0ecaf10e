"""Compares a daily report (JSON on standard input) with the people who were in the clip."""

import json
import sys


def main(expected: list[str]) -> int:
    days = json.load(sys.stdin)["days"]
    names = sorted(day["name"] for day in days)
    if names != sorted(expected):
        print(f"the report names {names}, but in the clip are {sorted(expected)}", file=sys.stderr)
        return 1
    twice = [day["name"] for day in days if day["punches"] != 1]
    if twice:
        print(f"recorded more than once within the cool-down: {twice}", file=sys.stderr)
        return 1
    print(f"All {len(names)} people of the clip are here, once each, and nobody else.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
