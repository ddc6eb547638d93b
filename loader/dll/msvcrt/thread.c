/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread.c - threads of the C library.  What it keeps for each goes when the thread ends, however that comes. */
#include "crt.h"

typedef unsigned(__stdcall *thread_function_ex)(void *argument);
typedef void (*thread_function)(void *argument);

struct start {
    thread_function_ex function_ex; /* of _beginthreadex, or NULL */
    thread_function function;
    void *argument;
    HANDLE thread; /* of _beginthread: closed by the thread itself */
};

static struct start *new_start(const struct start *what)
{
    struct start *start = malloc(sizeof *start);

    if (start == NULL)
        crt_set_errno(ENOMEM);
    else
        *start = *what;
    return start;
}

CRT_API(void, _endthreadex, unsigned code)
{
    ExitThread(code);
}

CRT_API(void, _endthread, void)
{
    HANDLE own = crt_thread()->own_handle;

    crt_thread()->own_handle = NULL;
    if (own != NULL)
        CloseHandle(own);
    ExitThread(0);
}

static uint32_t __stdcall run(void *argument)
{
    struct start start = *(struct start *)argument;

    free(argument);
    if (start.function_ex != NULL)
        _endthreadex(start.function_ex(start.argument));
    crt_thread()->own_handle = start.thread;
    start.function(start.argument);
    _endthread();
    return 0;
}

enum { EAGAIN = 11, CREATE_SUSPENDED = 4, TOO_MANY_THREADS = 164 };

/* => errno: EAGAIN for too many threads, else what the error means. */
static void fail(void)
{
    uint32_t error = GetLastError();

    if (error == TOO_MANY_THREADS)
        crt_set_errno(EAGAIN);
    else
        crt_fail(error);
}

/* => the handle, which the caller closes; 0 with errno set. */
CRT_API(uintptr_t, _beginthreadex, void *security, unsigned stack, thread_function_ex function, void *argument,
        unsigned flags, unsigned *ret_id)
{
    uint32_t id;

    if (function == NULL) {
        crt_set_errno(EINVAL);
        return 0;
    }
    struct start *start = new_start(&(struct start){.function_ex = function, .argument = argument});
    if (start == NULL)
        return 0;
    HANDLE thread = CreateThread(security, stack, run, start, flags, &id);
    if (thread == NULL) {
        fail();
        free(start);
        return 0;
    }
    if (ret_id != NULL)
        *ret_id = id;
    return (uintptr_t)thread;
}

/* => the handle, which is good only until the thread ends; -1 with errno set. */
CRT_API(uintptr_t, _beginthread, thread_function function, unsigned stack, void *argument)
{
    if (function == NULL) {
        crt_set_errno(EINVAL);
        return (uintptr_t)-1;
    }
    struct start *start = new_start(&(struct start){.function = function, .argument = argument});
    if (start == NULL)
        return (uintptr_t)-1;
    start->thread = CreateThread(NULL, stack, run, start, CREATE_SUSPENDED, NULL);
    if (start->thread == NULL) {
        fail();
        free(start);
        return (uintptr_t)-1;
    }
    uintptr_t thread = (uintptr_t)start->thread;
    ResumeThread(start->thread);
    return thread;
}
