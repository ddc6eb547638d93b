# SPDX-License-Identifier: GPL-2.0-or-later
"""disorder.py - threads of two processes that do what they like to three files find no byte that nobody wrote, and none is in the host's files.
usage: disorder.py SOFTFAULT PAGING disorder.exe THREADS STEPS SEED..., options of softfault after --"""
import os
import shutil
import subprocess
import sys
import tempfile

cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
softfault, paging, program, threads, steps, *seeds = sys.argv[1:cut]
options = sys.argv[cut + 1:]


def check(path):
    """A byte is zero, or a function of its place."""
    with open(path, "rb") as file:
        data = file.read()
    for at, byte in enumerate(data):
        if byte and byte != (at * 2654435761 & 0xFFFFFFFF) >> 24 | 1:
            sys.exit(f"the host's {os.path.basename(path)}: {byte:02x} at {at:x}")


for seed in seeds:
    work = tempfile.mkdtemp()
    try:
        result = subprocess.run([softfault, "run", "--paging", paging, *options, "--dir", f"D:={work}:rw", program, seed, threads, steps],
                                capture_output=True, text=True, check=False)
        print(f"seed={seed} threads={threads} steps={steps}: {result.stdout.strip()} {result.stderr.strip()}")
        if result.returncode:
            sys.exit(f"exit status {result.returncode}")
        counts = [line.partition("done: ")[2].split() for line in result.stdout.splitlines()]
        if not all(sum(map(int, count)) for count in zip(*counts, strict=True)):
            sys.exit("not all was tried")
        extra = set(os.listdir(work)) - {"s0", "s1", "s2"}
        if extra:
            sys.exit(f"D: holds {extra}")
        for name in sorted(os.listdir(work)):
            check(os.path.join(work, name))
    finally:
        shutil.rmtree(work)
