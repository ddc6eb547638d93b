# SPDX-License-Identifier: GPL-2.0-or-later
"""cached.py - the file cache as its trace, its figures and the host's files show it.
usage: cached.py SOFTFAULT PAGING cached.exe"""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile

softfault, paging, program = sys.argv[1:4]
EVENTS = "fault,pageread,pagewrite,lostwrite,readahead,lazywrite,thread"
PAGE = 4096
MEGABYTE = 1 << 20
count = failures = 0


def check(name, good, why=""):
    global count, failures
    count += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}{'' if good else ': ' + str(why)}")


def pattern(offset, length):
    return bytes((i * 7 + (i >> 12) * 13 + (i >> 20)) & 255 for i in range(offset, offset + length))


DATA = pattern(0, MEGABYTE)


class Run:
    """A run of a scenario over a fresh D: with the file data; .events, .out, .figures, .file(name)."""

    def __init__(self, *words, options=(), status=0, files=None, limit=None):
        work = tempfile.mkdtemp()
        try:
            drive = os.path.join(work, "d")
            os.mkdir(drive)
            with open(os.path.join(drive, "data"), "wb") as file:
                file.write(DATA)
            for name, held in (files or {}).items():
                with open(os.path.join(drive, name), "wb") as file:
                    file.write(held)
            trace = os.path.join(work, "trace")
            result = subprocess.run([softfault, "trace", "--paging", paging, "--format", "jsonl", "--events", EVENTS, "-o", trace,
                                     "--stats", "--check-every", "64", *options, "--dir", f"D:={drive}:rw", program, *map(str, words)],
                                    capture_output=True, text=True, check=False,
                                    preexec_fn=limit and (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
            self.out = result.stdout.splitlines()
            self.err = result.stderr
            with open(trace, encoding="utf-8") as lines:
                self.events = [json.loads(line) for line in lines]
            self.files = {}
            for name in os.listdir(drive):
                with open(os.path.join(drive, name), "rb") as file:
                    self.files[name] = file.read()
                self.files[name + " time"] = os.stat(os.path.join(drive, name)).st_mtime
        finally:
            shutil.rmtree(work)
        self.figures = {}
        for line in self.err.splitlines():
            name, _, number = line.rpartition(": ")
            if number.isdigit():
                self.figures[name] = int(number)
        check(f"{' '.join(map(str, words))}: it runs", result.returncode in (status if isinstance(status, tuple) else (status,)),
              (result.returncode, self.out, [line for line in self.err.splitlines() if line.startswith("softfault")]))

    def of(self, kind, file=None):
        return [e for e in self.events if e["ev"] == kind and (file is None or file in (e.get("file"), e.get("name")))]


# Reading ahead: sizes and why, by flag and by the last three reads.
for name, flags, block, step, reads, size, why in (
        ("no flag", 0, PAGE, PAGE, 256, 64 << 10, "sequential"),
        ("small reads", 0, 1000, 1000, 1000, 64 << 10, "sequential"),
        ("FILE_FLAG_SEQUENTIAL_SCAN", 0x08000000, PAGE, PAGE, 256, 192 << 10, "sequential-scan"),
        ("steps", 0, PAGE, 10 * PAGE, 25, PAGE, "strided"),
        ("FILE_FLAG_RANDOM_ACCESS", 0x10000000, PAGE, PAGE, 256, None, None)):
    run = Run("read", flags, block, step, reads, 1)
    ahead = run.of("readahead", "data")
    if why is None:
        check(f"{name}: nothing is read ahead", not ahead, ahead[:3])
        continue
    check(f"{name}: pieces of {size}", ahead and all(
        e["why"] == why and (e["size"] == size or e["file_offset"] + e["size"] == MEGABYTE) for e in ahead),
        [(e["file_offset"], e["size"], e["why"]) for e in ahead][:8])
    check(f"{name}: by the read-ahead thread", {e["tid"] for e in ahead} ==
          {e["tid"] for e in run.of("thread") if e.get("name") == "ReadAhead"})
    if step <= block:
        ends = [ahead[0]["file_offset"]] + [e["file_offset"] + e["size"] for e in ahead]
        check(f"{name}: one piece behind the other, to the file's end", ends[:-1] == [e["file_offset"] for e in ahead] and
              ends[-1] == MEGABYTE and run.figures["read-aheads"] == len(ahead) and
              run.figures["read-ahead bytes"] == MEGABYTE - ends[0], ends)
        reader = [e for e in run.of("fault", "data") if e["type"] == "HardFault" and e["tid"] != ahead[0]["tid"]]
        check(f"{name}: the program's own reads of pages are few, and name file and offset",
              0 < len(reader) <= 6 and all(e["vad"] == "cache" and e["file_offset"] % PAGE == 0 for e in reader), reader[:3])
run = Run("read", 0, PAGE, PAGE, 256, 3)
check("passes after the first read nothing", sum(e["pages"] for e in run.of("pageread", "data")) == 256 and
      run.figures["cache reads"] == 768 and run.figures["cache read misses"] <= 16, run.figures.get("cache read misses"))

# The lazy writer: an eighth of what is dirty, each second; the rest when it is little.
run = Run("dirty", 0, 100, 30)
seconds = {}
for e in run.of("lazywrite", "out"):
    seconds[e["t"] // 10**9] = seconds.get(e["t"] // 10**9, 0) + e["size"] // PAGE
want, left = [], 100
while left:
    want.append(left if left <= 8 else (left + 7) // 8)
    left -= want[-1]
check("each second an eighth of the dirty pages", list(seconds.values()) == want and
      list(seconds) == list(range(min(seconds), min(seconds) + len(want))), seconds)
check("all are written, by the lazy writer", sum(e["pages"] for e in run.of("pagewrite", "out")) == 100 and
      {e["tid"] for e in run.of("lazywrite")} == {e["tid"] for e in run.of("thread") if e.get("name") == "LazyWriter"} and
      run.files["out"] == pattern(0, 100 * PAGE))
run = Run("dirty", 0x100, 20, 10)  # FILE_ATTRIBUTE_TEMPORARY
lazy = run.of("lazywrite", "out")
check("a temporary file is written when it is closed", lazy and min(e["t"] for e in lazy) > 10 * 10**9 and
      all(e["why"] == "closed" for e in lazy) and run.files["out"] == pattern(0, 20 * PAGE), lazy[:2])
run = Run("dirty", 0, 64, 0)
lazy = run.of("lazywrite", "out")
check("a closed file is written whole", lazy and sum(e["size"] for e in lazy) == 64 * PAGE and
      {e["why"] for e in lazy} == {"closed"} and max(e["t"] for e in lazy) - min(e["t"] for e in lazy) < 10**9, lazy[:2])
run = Run("beside", 20)
lazy = run.of("lazywrite", "out")
check("an unbuffered write beside them leaves dirty pages to the lazy writer",
      sum(e["size"] for e in lazy if e["why"] == "second") == 20 * PAGE and run.files["out"] == pattern(0, 21 * PAGE), lazy)
run = Run("through", 8)
check("written through, page after page", len(run.of("pagewrite", "out")) == 8 and not run.of("lazywrite") and
      not run.of("pageread", "out") and run.files["out"] == pattern(0, 8 * PAGE))

# Around the cache.
run = Run("unbuffered")
check("unbuffered transfers", run.out == [
    "length: 87", "offset: 87", "write: 87", "after a cached write: 0 c", "after an unbuffered one: 0 r", "in a view: r",
    "in the view: s", "unbuffered: 0 sv", "beyond the end: 0", "and cached: 0 e"], run.out)
held = bytearray(DATA + b"e" * 512)
held[:PAGE] = b"c" * PAGE
held[512:1024], held[1024:1536], held[1536] = b"r" * 512, b"s" * 512, ord("v")
check("and what the host has of them", run.files["data"] == held)

# What fails.
told = []
for seed in range(12):  # where a page of the program's own code cannot be read, it dies
    run = Run("read-errors", options=["--inject", f"pagein-error=150,seed={seed}"], status=(0, 126))
    if run.out and run.out[-1] in ("no exception", "exception c0000006 (3, c0000185)"):
        told.append((run.out[0], run.out[-1], run.files["out"] == pattern(0, PAGE)))
check("reads that fail: ERROR_IO_DEVICE, and the same bytes as ever when they go well again",
      len(told) > 2 and any(first != "0 errors" for first, _, _ in told) and all(good for _, _, good in told), told)
check("pages of views that cannot be read: STATUS_IN_PAGE_ERROR with STATUS_IO_DEVICE_ERROR",
      any(last.startswith("exception") for _, last, _ in told), told)
run = Run("write-errors", options=["--inject", "write-error=1000"])
check("writes that fail: the lost delayed write is told once", len(run.of("lostwrite", "out")) == 1 and run.out == ["flush: 0, error 1117"] and
      run.figures["write errors injected"] > 2, (run.of("lostwrite"), run.out))
check("it is tried each second, not at once again", len(run.of("lazywrite", "out")) < 12 and len(run.of("pagewrite", "out")) < 60,
      (len(run.of("lazywrite", "out")), len(run.of("pagewrite", "out"))))
check("and nothing is lost", run.files["out"] == pattern(0, 20 * PAGE) and run.files["data"] == DATA)

# More than may be dirty (256 pages), where nothing can be written: what goes beyond it is refused, and RAM is not filled.
THRESHOLD = 256
for name, words, least in (("one after the other", (400, 65536, 65536, 2), 1), ("a page here and there", (300, 256 << 10, PAGE, 2), 200),
                           ("and again", (300, 1 << 20, 2 * PAGE, 2), 100)):
    run = Run("flood", *words, options=["--ram", "8M", "--inject", "write-error=1000"])
    refused, last = (int(run.out[0].split()[i].strip(";,")) for i in (0, 3)) if run.out else (0, 0)
    pages = (words[0] - refused) * words[2] // PAGE
    check(f"flooded {name}: no more than may be dirty is taken, the rest told",
          last == 1117 and refused and 16 * least <= 16 * pages and pages <= THRESHOLD and run.out[1:] == ["another file: 1117", "flush: 0, error 1117"] and
          run.figures["cache dirty pages"] <= THRESHOLD and "RAM is full" not in run.err, (run.out, pages, run.figures.get("cache dirty pages")))
run = Run("flood", 400, 65536, 65536, 2, options=["--ram", "8M", "--inject", "write-error=500,seed=3"])
check("half of the writes fail: what was taken is there", run.figures["cache dirty pages"] <= THRESHOLD and "RAM is full" not in run.err, run.out)
run = Run("flood", 128, 65536, 65536, 3, options=["--ram", "8M"], limit=4 * MEGABYTE, files={"flood": bytes(8 * MEGABYTE)})
check("only the other file can be written: it goes around what cannot",
      run.out[:1] and run.out[0].split()[3] == "112;" and run.out[1:] == ["another file: 0", "flush: 0, error 112"] and
      run.files["small"] == b"s" * PAGE and run.files["flood"] == pattern(0, 4 * MEGABYTE) + bytes(4 * MEGABYTE), (run.out, run.err[-300:]))
run = Run("full", options=["--inject", "disk-full=65536"])
check("a full disk", run.out == ["65536 bytes, then error 112", "end: 0, error 112"] and run.files["out"] == pattern(0, 65536) and
      run.files["data"] == DATA, run.out)

# More than the cache has room for: 32 MB of addresses with 4 MB of RAM.
run = Run("large", 80, options=["--ram", "4M"])
want = bytearray(80 * MEGABYTE)
for at in range(0, len(want), 256 << 10):
    begin = at + at // (256 << 10) % 64 * PAGE + 100
    want[begin:begin + PAGE] = pattern(begin, PAGE)
want = bytes(want)
check("views are used again", run.figures["cache views reused"] > 0 and run.figures["writers throttled"] > 0,
      {k: v for k, v in run.figures.items() if "cache" in k})
check("a file larger than the cache", run.files["out"] == want, len(run.files["out"]))

run = Run("time")
check("a file keeps the time that it was given", abs(run.files["out time"] - 1104552552) < 5 * 365 * 86400, run.files["out time"])
run = Run("shrink")
check("what was cut off is zero", run.out == ["0 0 1"] and
      run.files["out"] == pattern(0, PAGE + 10) + bytes(3 * PAGE - 10) and "gone" not in run.files, run.out)
run = Run("gap")
check("written around the cache where there was no data", run.files["out"] == pattern(0, 1) + bytes(16 * PAGE - 1) +
      pattern(16 * PAGE, PAGE) + bytes(47 * PAGE) + pattern(64 * PAGE, 1), run.out)
run = Run("tail")
check("stored beyond the end, then the file grows: zero", run.out == ["0 0 0"] and run.files["out"] == pattern(0, 10) +
      bytes(PAGE - 10), run.out)
print(f"1..{count}")
sys.exit(failures != 0)
