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

# Scenario: files on D: afterwards, besides cold; None: whatever they are.
SCENARIOS = {
    "write-closed": {"mine": COLD, "other": b""},
    "read-closed": {"other": b""},
    "copy-closed": {},
    "event-closed": {},
    "terminated": {},
    "context-set": {},
    "process-ends": {},
}


def run(scenario, *options):
    """=> None, or what is wrong."""
    with tempfile.TemporaryDirectory() as drive:
        with open(os.path.join(drive, "cold"), "wb") as file:
            file.write(COLD)
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
        if content is not None and files[name] != content:
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
