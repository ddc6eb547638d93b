# SPDX-License-Identifier: GPL-2.0-or-later
"""growth.py - files that become longer, on disks that are full: --inject, a limit of the host's, a small file system.
usage: growth.py SOFTFAULT PAGING growth.exe"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile

softfault, paging, program = sys.argv[1:4]
KILOBYTE = 1 << 10
MEGABYTE = 1 << 20
BLOCK = 64 * KILOBYTE
count = failures = 0


def check(name, good, why=""):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}{'' if good else ': ' + str(why)}")


class Run:
    """A run of a scenario over a D: with the files given; .status, .out, .err, .held(name), .blocks: bytes on the disk."""

    def __init__(self, *words, options=(), files=None, way=":rw", limit=None, within=()):
        work = tempfile.mkdtemp()
        try:
            drive = os.path.join(work, "d")
            os.mkdir(drive)
            for name, held in (files or {}).items():
                with open(os.path.join(drive, name), "wb") as file:
                    file.write(held)
            result = subprocess.run(
                [*(word.replace("WORK", work) for word in within), softfault, "run", "--paging", paging, "--pagefile", "0",
                 "--wall-limit", "100", "--check-every", "64", "--stats", *options, "--dir", f"D:={drive}{way}", program, *map(str, words)],
                capture_output=True, text=True, check=False,
                preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
            self.status, self.out, self.err = result.returncode, result.stdout.splitlines(), result.stderr
            self.said = [line for line in self.err.splitlines() if line.startswith("softfault")]
            self.held, self.blocks, self.sizes = {}, {}, {}
            for name in os.listdir(drive):
                info = os.stat(os.path.join(drive, name))
                self.blocks[name], self.sizes[name] = info.st_blocks * 512, info.st_size
                if info.st_size <= 16 * MEGABYTE:
                    with open(os.path.join(drive, name), "rb") as file:
                        self.held[name] = file.read()
        finally:
            shutil.rmtree(work)


WAYS = [
    "a section of 1 MB: 112, size 0",
    "a section of 16 KB: 0, size 16384",
    "extended to 1 MB: 112, size 16384",
    "extended to 32 KB: 0, size 32768",
    "64 KB around the cache: 112, size 32768",
    "8 KB around the cache: 0, size 40960",
    "an end at 1 MB: 112, size 40960",
    "an end at 48 KB: 0, size 49152",
    "32 KB: 112, size 49152",
    "16 KB: 0, size 65536",
    "a byte more: 112, size 65536",
    "512 bytes more, around the cache: 112, size 65536",
    "a section of a byte more: 112, size 65536",
    "what is there: 0, size 65536",
    "and around the cache: 0, size 65536",
    "flushed: 0, size 65536"]

# The same disk of 64 KB: of --inject, and of the host's, which sends a signal that kills who does not expect it.
for name, options, limit in (("--inject disk-full=65536", ["--inject", f"disk-full={BLOCK}"], None), ("ulimit -f", [], BLOCK)):
    for way in (":rw", ""):
        run = Run("ways", options=options, way=way, limit=limit)
        check(f"{name}, {'written' if way else 'private'}: what does not fit is refused, 112, and changes nothing",
              run.status == 0 and run.out == WAYS and (not way or run.held["a"] == b"p" * BLOCK),
              (run.status, [line for line in zip(WAYS, run.out) if line[0] != line[1]], run.said))

run = Run("raw-errors", options=["--inject", "write-error=1000"], files={"data": b"d" * BLOCK})
check("--inject write-error=1000: writes around the cache fail, 1117, and change nothing",
      run.status == 0 and run.out == ["over what is there: 1117, size 65536", "behind it: 1117, size 65536"] and
      run.held["data"] == b"d" * BLOCK and "write errors injected: 2" in run.err, (run.status, run.out, run.err[-600:]))
print(f"1..{count}")
sys.exit(failures != 0)
