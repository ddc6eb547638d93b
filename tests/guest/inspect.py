# SPDX-License-Identifier: GPL-2.0-or-later
# inspect.py - softfault inspect, its views against each other, the trace and what the program did: TAP.
# usage: inspect.py SOFTFAULT PAGING PROGRAM.exe
import json
import re
import subprocess
import sys

softfault, paging, program = sys.argv[1:]
count = 0


def report(name, good, why=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}")
    if not good:
        for line in str(why).splitlines():
            print(f"# {line}")


def run(*arguments, command="inspect"):
    return subprocess.run([softfault, command, "--paging", paging, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


rows = dict(line.split() for line in run(program, command="run").stdout.splitlines())


def view(*views, at="exit"):
    """What is printed behind the program's own output."""
    options = [word for one in views for word in ("--view", one)]
    result = run("--at", at, *options, program)
    lines = [line for line in result.stdout.splitlines() if line.split(" ")[0] not in rows]
    return "\n".join(lines) if result.returncode == 0 else f"exit {result.returncode}: {result.stderr}"


# What !pte says of each kind of page; X: no-execute where the paging has it.  Accessed may have been taken by the hand
# of the working-set clock since (nt-reference 7.3).
X = "E" if paging == "x86" else "-"
PTE = {
    "private_written": rf"pfn \w+ +---D[A-]--UW{X}V$",
    "private_read": rf"pfn \w+ +----[A-]--UR{X}V$",
    "demand_zero": r"not valid\n DemandZero\n Protect: 4 - READWRITE$",
    "guard": r"not valid\n DemandZero\n Protect: 14 - READWRITE GUARD$",
    "no_access": r"not valid\n DemandZero\n Protect: 18 - NO_ACCESS$",
    "transition": r"not valid\n Transition: \w+\n Protect: 4 - READWRITE$",
    "locked": rf"pfn \w+ +----[A-]--UR{X}V$",
    "reserved": r"not valid$",
    "committed_written": r"pfn \w+ +---DA--UWEV$",
    "decommitted": r"not valid\n Decommitted$",
    "committed_untouched": r"not valid$",
    "image_code": r"pfn \w+ +----[A-]--UREV$",
    "image_constant": rf"pfn \w+ +----A--UR{X}V$",
    "image_written": rf"pfn \w+ +---DA--UW{X}V$",
    "image_read": rf"pfn \w+ +C---A--UR{X}V$",
    "image_untouched": r"not valid$",
    "image_trimmed": r"not valid\n Proto: [0-9A-F]+\n\nprototype PTE at [0-9A-F]+\ncontains [0-9A-F]+\nnot valid\n"
                     r" Transition: \w+\n Protect: \w+ - \w*WRITECOPY$",
    "nothing": r"not valid$",
    "shared_user_data": rf"pfn \w+ +----[A-]--UR{X}V$",
}
report("the program made all pages", sorted(rows) == sorted(PTE), f"{sorted(rows)}\n{sorted(PTE)}")
pte = {name: view(f"pte {address}") for name, address in rows.items()}
for name, pattern in PTE.items():
    report(f"pte of {name}", re.search(pattern, pte[name]), f"{pattern}\n{pte[name]}")

# Where its entries are: the self-map of each paging (nt-reference 1.10).
ADDRESSES = {
    "x86": "10000000  - PDE at C0300100                   PTE at C0040000",
    "pae": "10000000  - PDE at C0600400                   PTE at C0080000",
    "x64": "PXE at FFFFF6FB7DBED000           PPE at FFFFF6FB7DA00000           PDE at FFFFF6FB40000400"
           "           PTE at FFFFF68000080000",
}
report("addresses of entries", ADDRESSES[paging] in pte["private_written"], pte["private_written"])


def frame_of(name):
    return "0x" + re.findall(r"(?:pfn|Transition:) (\w+)", pte[name])[-1]


# The frames of these pages: list, flags, references.
PFN = {
    "private_written": r"count 0*1  pteaddress .*\n +reference count 0001 .*\n.*  Active     M\n    Modified",
    "transition": r"reference count 0000 .*\n.*  Modified     M\n    Modified",
    "locked": r"reference count 0001 .*\n.*  Active",
    "image_code": r"reference count 0001 .*\n.*  Active     P\n    Shared",
    "image_written": r"reference count 0001 .*\n.*  Active     M\n    Modified",
    "image_trimmed": r"reference count 0000 .*\n.*  Standby     P\n    Shared",
}
for name, pattern in PFN.items():
    text = view(f"pfn {frame_of(name)}")
    report(f"pfn of {name}", re.search(pattern, text), f"{pattern}\n{text}")
    at = re.search(r"pteaddress (\w+)", text)[1]
    owner = re.findall(r"prototype PTE at (\w+)", pte[name]) or re.findall(r"PTE at (\w+)", pte[name])
    if "P\n" not in text or name == "image_trimmed":
        report(f"pfn of {name} knows its PTE", owner[-1] == at, f"{owner} {at}")

# memusage: the lists have all frames, and it counts what the other views show.
text = view("memusage")
lists = {name: int(n) for name, n in re.findall(r"^ +([\w/]+): +(\d+) \(", text, re.M)}
report("memusage: the lists have all frames", sum(lists.values()) == 2 * lists["TOTAL"] == 2 * 16384, text)
report("memusage: nothing unknown", lists["Unknown"] == 0 and "unknown" not in text, text)
table = text.split("name\n")[1]
sums = [sum(int(line.split()[i]) for line in table.splitlines()) // 4 for i in (1, 2, 3, 6)]
report("memusage: the table has all frames that are in use",
       sums[0] + sums[3] == lists["Active/Valid"] and sums[1] == lists["Standby"] and
       sums[2] == lists["Modified"] + lists["ModifiedNoWrite"] + lists["Transition"], f"{sums}\n{text}")
report("memusage: the program's own file", re.search(r"mapped_file\( inspect\w*\.exe \)$", text, re.M), text)

# vm, against memusage.
vm = view("vm")
number = lambda name: int(re.search(rf"{name}: +(\d+)", vm)[1])
report("vm: available pages", number("Available Pages") == lists["Zeroed"] + lists["Free"] + lists["Standby"], vm)
report("vm: modified pages", number("Modified Pages") == lists["Modified"], vm)
report("vm: commit is the processes' and the system's",
       number("Committed pages") == number("Total Private") + number("System Commit"), vm)
report("vm: page file", re.search(r"Current: +131072 Kb  Free Space: +131072 Kb", vm), vm)

# vad
text = view("vad")
vads = re.findall(r"^\w+ \( *(\d+)\) +(\w+) +(\w+) +(\d+) (.*)$", text, re.M)
report("vad: in order", [int(v[1], 16) for v in vads] == sorted(int(v[1], 16) for v in vads) and len(vads) > 8, text)
deepest, levels = max(int(v[0]) for v in vads), sum(int(v[0]) for v in vads)
footer = f"Total VADs: {len(vads):5}  average level: {levels // len(vads) + 1:4}  maximum depth: {deepest:2}"
report("vad: footer", footer in text, f"{footer}\n{text}")
report("vad: one root", [v[0] for v in vads].count("0") == 1, text)
own = [" ".join(" ".join(v[1:]).split()) for v in vads if v[1] in ("10000", "10100")]
report("vad: the program's", own == ["10000 1000f 7 Private NO_ACCESS", "10100 10103 3 Private EXECUTE_READWRITE"], own)
report("vad: of one address", view(f"vad {rows['guard']}").splitlines()[1] in text, view(f"vad {rows['guard']}"))

# wsle: what is valid is in the list, what is not is not.
text = view("wsle")
entries = {int(word, 16) >> 12: (word, locked) for word, locked in re.findall(r"^ *(\w+) +\d +(\d) +\d+$", text, re.M)}
for name, address in rows.items():
    valid = re.search(r"V$", pte[name]) is not None
    report(f"wsle: {name}", (int(address, 16) >> 12 in entries) == valid, f"{address} valid {valid}")
report("wsle: the locked page", entries.get(int(rows["locked"], 16) >> 12, ("", ""))[1] == "1", text)
last = int(re.search(r"LastEntry +(\w+)", text)[1], 16)
report("wsle: no entry behind the last", len(entries) <= last + 1, text)

# All of it is in memusage: the file's pages, the process's own and its tables (PAE's pointer table is in no list), and
# the page of shared user data, which is the system's.
mine = sum((int(line.split()[1]) + int(line.split()[6])) // 4 for line in table.splitlines()
           if "mapped_file(" in line or "process ( inspect" in line)
report("wsle and memusage", mine - (paging == "pae") + 1 == len(entries), f"{mine} {len(entries)}\n{table}")

# address: the regions fill the address space, and say what they are for.
text = view("address")
regions = [dict(re.findall(r"^([\w ]+?): +(.*)$", block, re.M)) for block in text.split("\n\n")]
ends = [int(region["End Address"], 16) for region in regions]
starts = [int(region["Base Address"], 16) for region in regions]
report("address: no hole, no overlap", starts == [0] + ends[:-1], text)
usages = {region["Usage"] for region in regions}
report("address: usages", {"Free", "Image", "Stack", "Heap", "Teb", "Peb", "VAR"} <= usages, usages)
report("address: as the program protected them",
       [(r["Base Address"][-8:], r["Region Size"][-8:], r["State"].split()[1], r.get("Protect", "").split(None, 1)[1:])
        for r in regions if "10000000" <= r["Base Address"][-8:] < "10105000"][:8] ==
       [("10000000", "00003000", "MEM_COMMIT", ["PAGE_READWRITE"]),
        ("10003000", "00001000", "MEM_COMMIT", ["PAGE_READWRITE | PAGE_GUARD"]),
        ("10004000", "00001000", "MEM_COMMIT", ["PAGE_NOACCESS"]),
        ("10005000", "00002000", "MEM_COMMIT", ["PAGE_READWRITE"]),
        ("10007000", "00009000", "MEM_RESERVE", []),
        ("10010000", "000f0000", "MEM_FREE", ["PAGE_NOACCESS"]),
        ("10100000", "00001000", "MEM_COMMIT", ["PAGE_EXECUTE_READWRITE"]),
        ("10101000", "00001000", "MEM_RESERVE", [])], text)
one = view(f"address {rows['reserved']}")
report("address: of one address", one in text and "10007000" in one, one)

# At an event: the PTE is what the trace says it became.
trace = [json.loads(line) for line in run("--format", "jsonl", program, command="trace").stdout.splitlines()
         if line.startswith("{")]
faults = [e for e in trace if e["ev"] == "fault" and e["va"].endswith(("10000000", "10001000", "10100000"))]
report("the trace has the faults", len(faults) == 3, faults)
for fault in faults:
    text = view(f"pte {fault['va']}", at=str(fault["n"]))
    word = int(re.findall(r"contains (\w+)", text)[-1], 16)
    report(f"at event {fault['n']}", word == int(fault["pte_after"], 16), f"{fault}\n{text}")
    report(f"before event {fault['n']}", text != view(f"pte {fault['va']}", at=str(fault["n"] - 1)), text)
    report(f"at event {fault['n']}, counted by kind", view(f"pte {fault['va']}", at=f"fault:{fault['n']}") == text)

# The form; several views; the same twice.
text = run(program, "--at", "exit", "pte", rows["guard"], "vm").stdout
report("views behind the program", text.endswith(pte["guard"] + "\n\n" + vm + "\n"), text)
everything = ["--view", "memusage", "--view", "vm", "--view", "vad", "--view", "wsle", "--view", "address", program]
report("the same twice", run(*everything).stdout == run(*everything).stdout != "")
for kind in ("pfn", "thread", "image", "process", "state"):  # also in the middle of the manager's own work
    for n in (1, 2, 7):
        result = run("--at", f"{kind}:{n}", *everything)
        report(f"at {kind}:{n}", result.returncode == 0 and "TOTAL: 16384" in result.stdout or
               result.returncode == 125 and f"--at {kind}:{n}: the program ended after event" in result.stderr, result.stderr)

# What cannot be: 125, one line, nothing but the program's output.
REFUSED = [
    (["--view", "pte 0x123456789"] if paging != "x64" else ["--view", "pte 0x800000000000"], "no address of"),
    (["--view", "pte 0xffffffffffffffffff"], "must be an address"),
    (["--view", "pte -1"], "must be an address"),
    (["--view", "pte"], "must be an address"),
    (["--view", "pte 1 2"], "one view"),
    (["--view", ""], "is no view"),
    (["--view", "ptes"], "is no view"),
    (["--view", "vm 1"], "is no view"),
    (["--view", "pfn 16384"], "frames 0 to 0x3fff"),
    (["--view", "pfn 0xffffffffffffffff"], "frames 0 to 0x3fff"),
    (["--view", "vad 0x20000000"], "no VAD"),
    (["--view", "vad 0xffffffffffffffff"], "no VAD"),
    (["--view", "address 0xffffffffffffffff"], "no user address"),
    (["--at", "0", "--view", "vm"], "--at 0"),
    (["--at", "-1", "--view", "vm"], "--at -1"),
    (["--at", "1x", "--view", "vm"], "--at 1x"),
    (["--at", "fault:", "--view", "vm"], "--at fault:"),
    (["--at", "nothing:1", "--view", "vm"], "is no event"),
    (["--at", "fault:18446744073709551615", "--view", "vm"], "the program ended"),
    (["--pid", "0", "--view", "vm"], "--pid 0"),
    (["--pid", "3", "--view", "vm"], "no process"),
    (["--format", "jsonl", "--view", "vm"], "belongs to softfault trace"),
    ([], "which view"),
]
for arguments, words in REFUSED:
    result = run(*arguments, program)
    report("refused: " + " ".join(arguments), result.returncode == 125 and words in result.stderr and
           result.stderr.count("\n") == 1 and "Virtual Memory" not in result.stdout, result.stderr)
edges = ["0", "0xffffffff", "0xc0300c00", "0x80000000"] if paging != "x64" else \
    ["0", "0xffffffffffffffff", "0xfffff6fb7dbedf68", "0x7fffffffffff", "0xffff800000000000"]
for address in edges:
    result = run("--view", f"pte {address}", program)
    report(f"pte {address}", result.returncode == 0 and "contains" in result.stdout, result.stderr)
print(f"1..{count}")
