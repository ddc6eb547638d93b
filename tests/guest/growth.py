# SPDX-License-Identifier: GPL-2.0-or-later
"""growth.py - files that become longer, on disks that are full: --inject, a limit of the host's, a small file system.
usage: growth.py SOFTFAULT PAGING growth.exe no_fallocate.so"""
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile

softfault, paging, program, no_fallocate = sys.argv[1:5]
PAGE = 4096
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
                    if held is None: # sparse
                        file.truncate(64 << 30)
                    else:
                        file.write(held)
            result = subprocess.run(
                [*(word.replace("WORK", work) for word in within), softfault, "run", "--paging", paging, "--pagefile", "0",
                 "--wall-limit", "100", "--check-every", "64", "--stats", *options, "--dir", f"D:={drive}{way}", program, *map(str, words)],
                capture_output=True, text=True, check=False,
                preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
            self.status, self.out, self.err = result.returncode, result.stdout.splitlines(), result.stderr
            self.said = [line for line in self.err.splitlines() if line.startswith("softfault")]
            self.held, self.blocks, self.sizes, self.pages = {}, {}, {}, []
            for name in os.listdir(drive):
                info = os.stat(os.path.join(drive, name))
                self.blocks[name], self.sizes[name] = info.st_blocks * 512, info.st_size
                if info.st_size <= 16 * MEGABYTE:
                    with open(os.path.join(drive, name), "rb") as file:
                        self.held[name] = file.read()
                elif name == "big":
                    with open(os.path.join(drive, name), "rb") as file:
                        for page in range(16):
                            file.seek(info.st_size // 16 * page + PAGE)
                            self.pages += file.read(1)
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

# Longer than the host lets one write, with a page stored into that nobody flushes: the signal comes when the run is over.
run = Run("beyond", files={"large": b"l" * MEGABYTE}, limit=BLOCK)
check("a page beyond ulimit -f is told as lost", run.status == 0 and run.out == ["stored: 0, size 1048576"] and
      run.said == ["softfault: 1 pages of mapped files could not be written"] and run.held["large"][:PAGE] == b"v" + b"l" * (PAGE - 1),
      (run.status, run.out, run.said))

# Room is there from the moment that the file is longer, where the host's file system can do that.
with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "x"), "wb") as file:
    libc = ctypes.CDLL(None, use_errno=True)
    reserves = libc.fallocate(file.fileno(), 0, ctypes.c_long(0), ctypes.c_long(PAGE)) == 0
    roomy = shutil.disk_usage(folder).free > 4096 * MEGABYTE
for megabytes, least, most in ((300, 300, 301), (1024, 1024, 1025), (64 << 10, 1024, 1026)):
    if not roomy or not reserves:
        check(f"{megabytes} MB # SKIP no room here, or nothing can be reserved", True)
        continue
    run = Run("big", megabytes, way=":rw")
    check(f"{megabytes} MB mapped: {least} MB are reserved", run.status == 0 and
          run.out == [f"a section: 0, size {megabytes << 20}"] and least <= run.blocks["big"] >> 20 <= most and
          run.sizes["big"] == megabytes << 20 and run.pages == list(range(1, 17)), (run.status, run.out, run.blocks, run.pages, run.said))
for way in (":rw", ""):
    run = Run("sparse", way=way, files={"large": None})
    check(f"a sparse file of the host's{' ' if way else ', private, '}stays sparse", run.status == 0 and
          run.out == [f"flushed: 0, size {64 << 30}"] and run.blocks["large"] < MEGABYTE, (run.status, run.out, run.blocks, run.said))

# A disk of 2 MB, by itself and with a host that cannot reserve; and a file system that knows neither.
SMALL = ["100 bytes: 0, size 100", *(f"{what}: 112, size 100" for what in ("an end", "a section", "extended", "a byte there", "a sector there")),
         "64 KB: 0, size 65536", "an end at 128 KB: 0, size 131072", "flushed: 0, size 131072"]
OWN = next((words for words in (["unshare", "-m"], ["unshare", "-rm"])
            if shutil.which("unshare") and subprocess.run([*words, "mount", "-t", "tmpfs", "none", "/mnt"], check=False,
                                                          capture_output=True).returncode == 0), None)
for name, kind, wrapper, scenario, options, want in (
        ("a disk of 2 MB, 4 MB wanted", "-t tmpfs -o size=2m", [], ("small", 4), [], SMALL),
        ("a disk of 2 MB, 64 GB wanted", "-t tmpfs -o size=2m", [], ("small", 64 << 10), [], SMALL),
        ("a disk of 2 MB that reserves nothing", "-t tmpfs -o size=2m", ["env", f"LD_PRELOAD={no_fallocate}", "ASAN_OPTIONS=verify_asan_link_order=0"],
         ("small", 4), [], SMALL),
        ("a file system that reserves nothing", "-t ramfs", [], ("ways",), ["--inject", f"disk-full={BLOCK}"], WAYS)):
    if not OWN:
        check(f"{name} # SKIP nothing can be mounted here", True)
        continue
    run = Run(*scenario, options=options, within=[*OWN, "sh", "-c", f'mount {kind} none WORK/d && exec "$@"', "sh", *wrapper])
    check(f"{name}: 112 at once, and what fits goes on", run.status == 0 and run.out == want,
          (run.status, [line for line in zip(want, run.out) if line[0] != line[1]], run.said))
print(f"1..{count}")
sys.exit(failures != 0)
