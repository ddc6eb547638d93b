/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx_frame_i386.c - __CxxFrameHandler on x86.
 *
 *     ebp-10   esp of the body, for where a handler leads
 *     ebp-c    the registration: next frame, handler, state
 *     ebp
 *
 * The registered routine loads eax with the function's data and jumps here.  Handlers and actions are parts of the
 * function, called with its ebp on the deeper stack of the throw, so that the object stays where it was thrown; a
 * handler returns where the function goes on.  While it runs, a frame of ours (struct guard) is registered in front of
 * the function's: it looks after the try blocks inside the handler, and an exception that leaves the handler ends the
 * one that it handles. */
#include "cxx.h"

struct node {
    struct node *next;
    void *routine;
    int32_t state;
    char ebp[1]; /* what the function's ebp points to */
};

struct guard {
    void *next;
    void *routine;
    struct node *node;
    const struct cxx_function *function;
    void *esp; /* of what goes on; the handler saves its own in the same place */
    struct cxx_active active;
};

static void **saved_esp(struct node *node)
{
    return &((void **)node)[-1];
}

K32 void WINAPI RtlUnwind(void *frame, void *ip, void *record, void *result);
int crt_call_part(void *part, void *ebp);
int cxx_frame_handler(struct exception_record *record, struct node *node, void *context, void *dispatcher,
                      const struct cxx_function *function);
__attribute__((noreturn)) void cxx_go_on(void *ip, void *ebp, void *esp);

__asm__(".text\n"
        ".globl ___CxxFrameHandler\n"
        "___CxxFrameHandler:\n"
        "    pushl %eax\n"
        "    pushl 20(%esp)\n"
        "    pushl 20(%esp)\n"
        "    pushl 20(%esp)\n"
        "    pushl 20(%esp)\n"
        "    cld\n"
        "    call  _cxx_frame_handler\n"
        "    addl  $20, %esp\n"
        "    ret\n"
        "_cxx_go_on:\n"
        "    movl  4(%esp), %eax\n"
        "    movl  8(%esp), %ebp\n"
        "    movl  12(%esp), %esp\n"
        "    jmp   *%eax\n");

static void *first_node(void)
{
    void *node;
    __asm__ volatile("movl %%fs:0, %0" : "=r"(node));
    return node;
}

static void set_first_node(void *node)
{
    __asm__ volatile("movl %0, %%fs:0" ::"r"(node) : "memory");
}

/* Undo what was done since the function was in that state. */
static void unwind_to(struct node *node, const struct cxx_function *function, int32_t state)
{
    const struct cxx_unwind *table = (const struct cxx_unwind *)function->unwind;

    while (node->state > state && node->state < function->states) {
        const struct cxx_unwind *step = &table[node->state];
        if (step->to >= node->state)
            crt_terminate();    /* damaged: it would never end */
        node->state = step->to; /* first: nothing is undone twice */
        if (step->action != 0)
            crt_call_part((void *)step->action, node->ebp);
    }
}

static int guard_handler(struct exception_record *record, struct guard *guard, void *context, void *dispatcher);

/* target: the registration to unwind to, the function's or the guard of a handler that the try block is in. */
static __attribute__((noreturn)) void run_handler(const struct exception_record *record, struct node *node,
                                                  const struct cxx_function *function, const struct cxx_try *at,
                                                  const struct cxx_handler *handler, const struct cxx_catchable *type,
                                                  void *target)
{
    struct exception_record own = *record; /* its flags change */
    struct guard guard = {.routine = (void *)guard_handler, .node = node, .function = function};

    cxx_make_object(record, handler, 0, type, node->ebp);
    RtlUnwind(target, NULL, &own, NULL);
    guard.esp = *saved_esp(node);
    unwind_to(node, function, at->low);
    node->state = at->high + 1;
    own.flags &= ~(uint32_t)(RECORD_UNWINDING | RECORD_EXIT_UNWIND);
    cxx_enter(&guard.active, &own, node, at);
    guard.next = first_node();
    set_first_node(&guard);
    void *ip = (void *)crt_call_part((void *)handler->code, node->ebp);
    set_first_node(guard.next);
    *saved_esp(node) = guard.esp;
    cxx_leave(&guard.active, NULL);
    cxx_go_on(ip, node->ebp, guard.esp);
}

/* inside: try blocks inside the handlers of that one; NULL: all. */
static void search(const struct exception_record *record, struct node *node, const struct cxx_function *function,
                   const struct cxx_try *inside, void *target)
{
    const struct cxx_try *tries = (const struct cxx_try *)function->tries;

    for (uint32_t i = 0; i < function->try_count; i++) {
        const struct cxx_handler *handlers = (const struct cxx_handler *)tries[i].handlers;
        if (node->state < tries[i].low || node->state > tries[i].high ||
            (inside != NULL && !cxx_is_inside(&tries[i], inside)))
            continue;
        for (int32_t h = 0; h < tries[i].count; h++) {
            const struct cxx_catchable *type;
            if (cxx_matches(record, function, &handlers[h], 0, &type))
                run_handler(record, node, function, &tries[i], &handlers[h], type, target);
        }
    }
}

/* An exception in a handler. */
static int guard_handler(struct exception_record *record, struct guard *guard, void *context, void *dispatcher)
{
    (void)context;
    (void)dispatcher;
    if (record->flags & (RECORD_UNWINDING | RECORD_EXIT_UNWIND)) {
        unwind_to(guard->node, guard->function, guard->active.at->high);
        *saved_esp(guard->node) = guard->esp;
        cxx_leave(&guard->active, record);
    } else {
        search(cxx_resolve(record), guard->node, guard->function, guard->active.at, guard);
    }
    return CONTINUE_SEARCH;
}

int cxx_frame_handler(struct exception_record *record, struct node *node, void *context, void *dispatcher,
                      const struct cxx_function *function)
{
    (void)context;
    (void)dispatcher;
    if (!cxx_has_magic(function))
        crt_terminate();
    if (record->flags & (RECORD_UNWINDING | RECORD_EXIT_UNWIND))
        unwind_to(node, function, -1);
    else if (function->try_count != 0)
        search(cxx_resolve(record), node, function, NULL, node);
    return CONTINUE_SEARCH;
}
