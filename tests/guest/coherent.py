# SPDX-License-Identifier: GPL-2.0-or-later
"""coherent.py - two processes that read and write one file at random agree with their arrays, and so does the host's
file in the end.
usage: coherent.py SOFTFAULT PAGING coherent.exe STEPS KILOBYTES SEED..., options of softfault after --"""
import os
import shutil
import subprocess
import sys
import tempfile

cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
softfault, paging, program, steps, kilobytes, *seeds = sys.argv[1:cut]
options = sys.argv[cut + 1:]
for seed in seeds:
    work = tempfile.mkdtemp()
    try:
        result = subprocess.run([softfault, "run", "--paging", paging, *options, "--dir", f"D:={work}:rw", program, seed,
                                 steps, kilobytes], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        print(f"seed={seed} steps={steps}: {result.stdout.decode().strip()} {result.stderr.decode().strip()}")
        words = result.stdout.decode().split()
        total = 0
        with open(f"{work}/file", "rb") as file:
            data = file.read()
        for byte in data:
            total = (total * 31 + byte) & 0xFFFFFFFF
        if result.returncode or words[6:] != ["0,", str(len(data)), "bytes,", "sum", f"{total:08x}"]:
            sys.exit(f"exit status {result.returncode}; the host's file: {len(data)} bytes, sum {total:08x}")
    finally:
        shutil.rmtree(work)
