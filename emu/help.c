/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.c - softfault --help, and what softfault alone says */
#include "emu/options.h"

static const char usage[] = "usage: softfault run   [OPTION...] PROGRAM.exe [ARGUMENT...]\n"
                            "       softfault trace [OPTION...] PROGRAM.exe [ARGUMENT...]\n"
                            "       softfault inspect [OPTION...] --view VIEW PROGRAM.exe [ARGUMENT...]\n"
                            "softfault --help says more\n";

static const char help[] =
    "softfault - run small Windows programs and see every page fault\n"
    "\n"
    "  softfault run   [OPTION...] PROGRAM.exe [ARGUMENT...]\n"
    "  softfault trace [OPTION...] PROGRAM.exe [ARGUMENT...]\n"
    "  softfault inspect [OPTION...] --view VIEW PROGRAM.exe [ARGUMENT...]\n"
    "  softfault inspect [OPTION...] PROGRAM.exe --at MOMENT VIEW...\n"
    "\n"
    "run    runs a Windows program, of 32 or 64 bits, on an emulated x86 CPU whose memory is managed as\n"
    "       Windows Server 2003 does it. The program's input and output are yours. No Windows is needed.\n"
    "trace  does the same and prints each page fault as it is resolved: how (SOFT: from memory, HARD:\n"
    "       read from a file, RAISE: the program gets an exception), which kind, who touched what; then\n"
    "       totals by kind and by module.\n"
    "inspect  runs it up to a moment and prints its memory there as the kernel debugger would\n"
    "       (docs/inspect.md).\n"
    "\n"
    "Examples:\n"
    "  softfault run hello.exe                     run it\n"
    "  softfault trace hello.exe                   see its page faults\n"
    "  softfault trace --events all hello.exe      with images, exceptions, allocations...\n"
    "  softfault trace --format jsonl -o hello.jsonl hello.exe\n"
    "                                              for other programs to read (docs/trace-format.md)\n"
    "  softfault run --dir 'D:=/tmp/data:rw' tool.exe D:\\in.txt\n"
    "                                              let it see, and write, a folder of yours\n"
    "  softfault inspect --at fault:20 --view 'pte 0x401000' --view vad hello.exe\n"
    "                                              page-table entries and VADs at its 20th fault\n"
    "\n";

static const char help_options[] =
    "The machine:\n"
    "  --ram SIZE            physical memory (default 64M), 4M to what the page tables can name: x86 4G, pae 64G,\n"
    "                        x64 1T; sizes end in K, M, G, T, or nothing for bytes\n"
    "  --pagefile SIZE[,MAX] a page file (default one of 128M), and how far it may grow; again: one more;\n"
    "                        0: none\n"
    "  --replacement POLICY  which page of a full working set goes: aged (default; the one not used for the\n"
    "                        longest time, about), fifo (the one that came first)\n"
    "  --paging x86|pae|x64  page-table format (default pae, for 64-bit programs x64); x86 has no\n"
    "                        no-execute\n"
    "  --dep POLICY          data execution prevention: optout (default), optin, alwayson, alwaysoff; 64-bit\n"
    "                        programs always have it, with --paging x86 none has\n"
    "  --inject LIST         trouble on demand, the same for the same seed; separated by commas: trim=N (after\n"
    "                        each N page faults some pages leave a working set), pagein-error=PERMILLE (so\n"
    "                        many reads of pages fail), write-error=PERMILLE, disk-full=BYTES,\n"
    "                        pagefile-full, commit-fail=PERMILLE, seed=N\n"
    "  --seed N              for all that is random in the machine (default 0)\n"
    "\n"
    "What the program sees:\n"
    "  --dir GUEST=HOST[:rw|:ro] show folder HOST as drive (D:) or folder (C:\\data) GUEST.  What is written\n"
    "                        there vanishes with the run; :rw: it reaches HOST; :ro: writes fail.  The\n"
    "                        program's own folder is C:\\work, and nothing reaches it\n"
    "  --dll-path DIR        take ntdll.dll and the other system DLLs from DIR\n"
    "\n"
    "Limits (exit status 124):\n"
    "  --time-limit SECONDS  of virtual time, such as 2.5; always stops at the same place\n"
    "  --wall-limit SECONDS  of real time\n"
    "\n"
    "Output:\n"
    "  --stats               counters on stderr at the end\n"
    "  --check               after every service and page fault check the memory manager against its own laws\n"
    "                        (slow); a law that is broken is said and ends the run with 125\n"
    "  --check-every N       the same, but only where N pages or more moved from one list to another meanwhile\n"
    "  --format text|jsonl   trace: for people (default), or one JSON object per line\n"
    "  -o, --output FILE     trace: into FILE, which appears when the trace is whole; else stdout, where the\n"
    "                        program's own output stands between the lines\n"
    "  --events LIST         trace: which events, separated by commas: fault (default), image, process,\n"
    "                        thread, exception, alloc, free, protect, map, unmap, lock, unlock, trim,\n"
    "                        bugcheck, state (of threads), or all\n"
    "\n"
    "Moments and views:\n"
    "  --at MOMENT           inspect: exit (default, when the program's last thread ends), N (the event with\n"
    "                        that \"n\" in a trace with the same --events), KIND:N (the N-th of its kind)\n"
    "  --view VIEW           inspect: pte ADDRESS, pfn NUMBER, memusage, vm, vad [ADDRESS], wsle,\n"
    "                        address [ADDRESS]; may be given more than once\n"
    "  --pid N               inspect: whose memory, 4: the system's; default: the event's process\n"
    "\n"
    "  --help, --version     this text; the version\n"
    "\n"
    "Options come before PROGRAM.exe; all that follows it is for the program.\n"
    "\n"
    "Exit status: the program's exit code modulo 256, or\n"
    "  124  a limit was reached\n"
    "  125  softfault could not do it: bad option, unreadable or malformed file (one line on stderr)\n"
    "  126  the program died of an unhandled exception (a report on stderr says what, where and why)\n"
    "  127  the modelled system stopped with a bug check\n"
    "\n"
    "Not there yet: --3gb, --userva.\n";

void options_print_help(FILE *out)
{
    fputs(help, out);
    fputs(help_options, out);
}

void options_print_usage(FILE *out)
{
    fputs(usage, out);
}
