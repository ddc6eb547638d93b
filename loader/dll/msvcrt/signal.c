/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signal.c - handlers of signals, raise(), and how exceptions become signals in _XcptFilter. */
#include "crt.h"

enum { SIGINT = 2, SIGILL = 4, SIGFPE = 8, SIGSEGV = 11, SIGTERM = 15, SIGBREAK = 21, SIGABRT = 22, N_SIGNALS = 23 };
#define SIG_DFL ((crt_handler)0)
#define SIG_IGN ((crt_handler)1)
#define SIG_ERR ((crt_handler)-1)

static crt_handler handlers[N_SIGNALS];

static bool is_signal(int number)
{
    return number == SIGINT || number == SIGILL || number == SIGFPE || number == SIGSEGV || number == SIGTERM ||
           number == SIGBREAK || number == SIGABRT;
}

CRT_API(crt_handler, signal, int number, crt_handler handler)
{
    if (!is_signal(number)) {
        crt_set_errno(EINVAL);
        return SIG_ERR;
    }
    crt_lock(LOCK_SIGNAL);
    crt_handler old = handlers[number];
    handlers[number] = handler;
    crt_unlock(LOCK_SIGNAL);
    return old;
}

int raise(int number)
{
    if (!is_signal(number)) {
        crt_set_errno(EINVAL);
        return -1;
    }
    crt_handler handler = handlers[number];
    if (handler == SIG_IGN)
        return 0;
    if (handler == SIG_DFL)
        _exit(3);
    handlers[number] = SIG_DFL;
    handler(number);
    return 0;
}

static int signal_of(uint32_t exception)
{
    switch (exception) {
    case 0xC0000005: return SIGSEGV; /* access violation */
    case 0xC000001D:                 /* illegal instruction */
    case 0xC0000096: return SIGILL;  /* privileged instruction */
    case 0xC000008D:                 /* the floating-point ones */
    case 0xC000008E:
    case 0xC000008F:
    case 0xC0000090:
    case 0xC0000091:
    case 0xC0000092:
    case 0xC0000093: return SIGFPE;
    default: return 0;
    }
}

/* What the start-up code asks about an exception that nobody handled: -1 go on, 0 search further, 1 end. */
CRT_API(int, _XcptFilter, uint32_t code, void *pointers)
{
    enum { CONTINUE_EXECUTION = -1, CONTINUE_SEARCH, EXECUTE_HANDLER };
    int number = signal_of(code);
    (void)pointers;

    if (number == 0 || handlers[number] == SIG_DFL)
        return CONTINUE_SEARCH;
    if (handlers[number] == SIG_IGN)
        return CONTINUE_EXECUTION;
    crt_handler handler = handlers[number];
    handlers[number] = SIG_DFL;
    handler(number);
    return CONTINUE_EXECUTION;
}
