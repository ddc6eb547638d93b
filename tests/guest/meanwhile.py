# SPDX-License-Identifier: GPL-2.0-or-later
"""meanwhile.py - what a second thread does while a service of the first one waits: TAP.
usage: meanwhile.py SOFTFAULT PAGING meanwhile.exe"""
import os
import subprocess
import sys
import tempfile

softfault, paging, program = sys.argv[1:4]
SIZE = 256 << 10
COLD = bytes((i * 7 + (i >> 12) * 13 + 1) & 255 for i in range(SIZE))
ALL = {"cold": COLD}

LINE = b"B" * 512


class Log:
    """A file of OLD, a block of bytes in one piece, and lines, in any order."""

    def __init__(self, block, lines):
        self.block, self.lines = block, lines

    def __eq__(self, content):
        before, found, after = content.partition(self.block)
        return found and before + after == OLD + LINE * self.lines


# Of the file log before, where the scenario's name begins with append-.
OLD = b"old line".ljust(512, b".")

# Scenario: files on D: afterwards, besides cold.
SCENARIOS = {
    "write-closed": {"mine": COLD, "other": b""},
    "read-closed": {"other": b""},
    "copy-closed": {},
    "event-closed": {},
    "append-short": {"log": Log(COLD[:512], 1)},
    "append-long": {"log": Log(COLD, 50)},
    "append-unbuffered": {"log": Log(COLD, 50)},
    "append-at-end": {"log": Log(COLD, 50)},
    "append-fails": {"log": OLD},
    "terminated": {},
    "context-set": {"mine": COLD},
    "context-kept": {"mine": COLD},
    "turn-read": {},
    "turn-write": {"mine": COLD + LINE},
    "turn-query": {},
    "turn-closed": {"mine": COLD},
    "turn-none": {},
    "turn-terminated": {"mine": LINE},
    "turn-suspended": {"mine": COLD + LINE},
    "turn-context": {"mine": COLD + LINE + LINE},
    "turn-fault": {},
    "others-bytes-stay": {},
    "append-beside": {"log": Log(COLD, 0)},
    "process-ends": {},
}


def run(scenario, *options):
    """=> None, or what is wrong."""
    with tempfile.TemporaryDirectory() as drive:
        with open(os.path.join(drive, "cold"), "wb") as file:
            file.write(COLD)
        if scenario.startswith("append-"):
            with open(os.path.join(drive, "log"), "wb") as file:
                file.write(OLD)
        result = subprocess.run([softfault, "run", "--paging", paging, *options, "--dir", f"D:={drive}:rw", program, scenario],
                                capture_output=True, text=True, check=False, timeout=120)
        if result.returncode or result.stdout or result.stderr:
            return f"status {result.returncode}: {result.stdout}{result.stderr}"
        files = {}
        for name in os.listdir(drive):
            with open(os.path.join(drive, name), "rb") as file:
                files[name] = file.read()
    want = SCENARIOS[scenario] | ALL
    if sorted(files) != sorted(want):
        return f"files {sorted(files)}, not {sorted(want)}"
    for name, content in want.items():
        if not content == files[name]:
            return f"{name} has {len(files[name])} bytes, or other ones"
    return None


count = failures = 0
for scenario in SCENARIOS:
    for options in ([], ["--ram", "4M", "--check"]):
        count += 1
        wrong = run(scenario, *options)
        failures += wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {count} - {' '.join([scenario, *options])}")
        for line in (wrong or "").splitlines():
            print("# " + line)
print(f"1..{count}")
sys.exit(failures != 0)
