/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx_frame_x64.c - __CxxFrameHandler on x64.
 *
 * Where a function is in its states follows from the instruction pointer.  Handlers and actions are functions of their
 * own, called with the frame of theirs in rdx; a handler keeps it in its own frame (cxx_handler.frame) and shares the
 * function's data, so that an exception in a handler is looked for from its place in the same tables.
 *
 * A handler runs on the deeper stack of the throw, so that the object stays where it is, but after the frames between
 * have been unwound: RtlUnwindEx consolidates them, so that a walk from the handler leads at once to the frame that
 * goes on when it returns (the function's, or that of a handler around it).  There the instruction pointer is still
 * that of the call that threw: what counts instead is that the handler's try block is over (struct cxx_active). */
#include "cxx.h"

struct runtime_function {
    uint32_t begin, end, unwind;
};

struct dispatcher {
    uint64_t pc, image;
    const struct runtime_function *function;
    uint64_t frame, target_ip;
    void *context;
    void *routine;
    const uint32_t *data; /* the offset of struct cxx_function */
    void *history;
    uint32_t scope;
};

struct context {
    uint64_t words[0x4D0 / 8];
} __attribute__((aligned(16)));

K32 void WINAPI RtlUnwindEx(void *frame, void *ip, struct exception_record *record, void *result,
                            struct context *context, void *history);

#define STATUS_UNWIND_CONSOLIDATE 0x80000029u

/* Parameters of a consolidating unwind. */
enum { C_ROUTINE, C_TARGET, C_FRAME, C_HANDLER, C_TRY, C_RECORD, C_COUNT };

void *cxx_guarded_handler(void *handler, uint64_t frame, struct cxx_active *active);
int cxx_leave_guard(struct exception_record *record, char *frame, void *context, void *dispatcher);

__asm__(".text\n"
        ".globl cxx_guarded_handler\n"
        ".def cxx_guarded_handler; .scl 2; .type 32; .endef\n"
        ".seh_proc cxx_guarded_handler\n"
        "cxx_guarded_handler:\n"
        "    subq $56, %rsp\n"
        "    .seh_stackalloc 56\n"
        "    .seh_handler cxx_leave_guard, @unwind\n"
        "    .seh_endprologue\n"
        "    movq %r8, 40(%rsp)\n"
        "    movq %rcx, %rax\n"
        "    callq *%rax\n"
        "    nop\n"
        "    addq $56, %rsp\n"
        "    ret\n"
        "    .seh_endproc\n");

static bool is_consolidation(const struct exception_record *record);
static void *call_handler(struct exception_record *record);

/* An exception leaves a handler. */
int cxx_leave_guard(struct exception_record *record, char *frame, void *context, void *dispatcher)
{
    (void)context;
    (void)dispatcher;
    if (record->flags & (RECORD_UNWINDING | RECORD_EXIT_UNWIND)) {
        struct cxx_active *active = *(struct cxx_active **)(frame + 40);
        crt_thread()->left_frame = active->frame; /* the next that is unwound: its try block is over */
        crt_thread()->left_try = active->at;
        cxx_leave(active,
                  is_consolidation(record) ? (const struct exception_record *)record->information[C_RECORD] : NULL);
    }
    return CONTINUE_SEARCH;
}

/* --- Where a function is ------------------------------------------------------------------------------------- */

/* One frame of a function, or of one of its handlers. */
struct place {
    const struct cxx_function *function;
    uint64_t image;
    uint64_t own;                 /* this frame */
    uint64_t frame;               /* of the function */
    const struct cxx_try *within; /* this is the frame of a handler of that one */
    const struct cxx_try *over;   /* a try block here is over: one of its handlers runs, or was left just now */
    int32_t state;
};

static int32_t state_of_ip(const struct cxx_function *function, uint64_t image, uint64_t pc)
{
    const struct cxx_ip_state *ips = cxx_at(image, function->ips);
    int32_t state = -1;

    for (uint32_t i = 0; i < function->ip_count && image + ips[i].ip <= pc; i++)
        state = ips[i].state;
    return state;
}

/* The handler whose code this is.  => false: it is the function itself. */
static bool find_handler(const struct cxx_function *function, uint64_t image, uint32_t begin,
                         const struct cxx_try **ret_try, const struct cxx_handler **ret_handler)
{
    const struct cxx_try *tries = cxx_at(image, function->tries);

    for (uint32_t i = 0; i < function->try_count; i++) {
        const struct cxx_handler *handlers = cxx_at(image, tries[i].handlers);
        for (int32_t h = 0; h < tries[i].count; h++)
            if (handlers[h].code == begin) {
                *ret_try = &tries[i];
                *ret_handler = &handlers[h];
                return true;
            }
    }
    return false;
}

/* The try block of this frame one of whose handlers runs, or was left by the unwind that goes on; NULL: none. */
static const struct cxx_try *try_that_is_over(uint64_t frame)
{
    struct crt_thread *thread = crt_thread();

    if ((uint64_t)thread->left_frame == frame)
        return thread->left_try;
    for (const struct cxx_active *active = thread->handlers; active != NULL; active = active->outer)
        if ((uint64_t)active->frame == frame)
            return active->at;
    return NULL;
}

static struct place find_place(uint64_t frame, const struct dispatcher *dispatcher)
{
    struct place place = {.function = cxx_at(dispatcher->image, *dispatcher->data),
                          .image = dispatcher->image,
                          .own = frame,
                          .frame = frame};
    const struct cxx_handler *handler;

    if (!cxx_has_magic(place.function))
        crt_terminate();
    if (find_handler(place.function, place.image, dispatcher->function->begin, &place.within, &handler))
        place.frame = *(uint64_t *)(frame + handler->frame);
    place.over = try_that_is_over(frame);
    place.state = place.over != NULL ? place.over->low : state_of_ip(place.function, place.image, dispatcher->pc);
    return place;
}

/* --- Unwinding ----------------------------------------------------------------------------------------------- */

static void undo(struct place *place, int32_t state)
{
    const struct cxx_unwind *table = cxx_at(place->image, place->function->unwind);

    while (place->state > state && place->state < place->function->states) {
        const struct cxx_unwind *step = &table[place->state];
        void (*action)(uint64_t, uint64_t) = (void (*)(uint64_t, uint64_t))cxx_at(place->image, step->action);
        if (step->to >= place->state)
            crt_terminate(); /* damaged: it would never end */
        place->state = step->to;
        if (action != NULL)
            action(0, place->frame);
    }
}

static bool is_consolidation(const struct exception_record *record)
{
    return record->code == STATUS_UNWIND_CONSOLIDATE && record->count == C_COUNT &&
           record->information[C_ROUTINE] == (uintptr_t)call_handler;
}

/* The handler that the unwind leads to goes on here: no further than its try block.  A handler undoes its own part. */
static void unwind(const struct exception_record *record, struct place *place)
{
    int32_t state = place->within != NULL ? place->within->high : -1;

    if ((record->flags & RECORD_TARGET_UNWIND) && is_consolidation(record))
        state = ((const struct cxx_try *)record->information[C_TRY])->low;
    crt_thread()->left_frame = NULL;
    undo(place, state);
}

/* --- Catching ------------------------------------------------------------------------------------------------ */

/* The frames between have gone.  => where the function goes on. */
static void *call_handler(struct exception_record *record)
{
    struct cxx_active active;

    crt_thread()->left_frame = NULL;
    cxx_enter(&active, (const struct exception_record *)record->information[C_RECORD],
              (const void *)record->information[C_TARGET], (const struct cxx_try *)record->information[C_TRY]);
    void *ip = cxx_guarded_handler((void *)record->information[C_HANDLER], record->information[C_FRAME], &active);
    cxx_leave(&active, NULL);
    return ip;
}

static __attribute__((noreturn)) void run_handler(const struct exception_record *record, const struct place *place,
                                                  const struct cxx_try *at, const struct cxx_handler *handler,
                                                  const struct cxx_catchable *type, const struct dispatcher *dispatcher)
{
    struct context context;
    struct exception_record unwinding = {
        .code = STATUS_UNWIND_CONSOLIDATE,
        .flags = RECORD_NONCONTINUABLE,
        .count = C_COUNT,
        .information = {[C_ROUTINE] = (uintptr_t)call_handler,
                        [C_TARGET] = place->own,
                        [C_FRAME] = place->frame,
                        [C_HANDLER] = (uintptr_t)cxx_at(place->image, handler->code),
                        [C_TRY] = (uintptr_t)at,
                        [C_RECORD] = (uintptr_t)record},
    };

    cxx_make_object(record, handler, place->image, type, (char *)place->frame);
    RtlUnwindEx((void *)place->own, (void *)dispatcher->pc, &unwinding, NULL, &context, dispatcher->history);
    crt_terminate();
}

/* Is the try block of this frame, and the exception inside it? */
static bool is_candidate(const struct place *place, const struct cxx_try *at)
{
    if (place->within != NULL && !cxx_is_inside(at, place->within))
        return false;
    if (place->over != NULL)
        return at != place->over && at->low <= place->over->low && at->high >= place->over->catch_high;
    return place->state >= at->low && place->state <= at->high;
}

static void search(const struct exception_record *record, const struct place *place,
                   const struct dispatcher *dispatcher)
{
    const struct cxx_try *tries = cxx_at(place->image, place->function->tries);

    for (uint32_t i = 0; i < place->function->try_count; i++) {
        const struct cxx_handler *handlers = cxx_at(place->image, tries[i].handlers);
        for (int32_t h = 0; is_candidate(place, &tries[i]) && h < tries[i].count; h++) {
            const struct cxx_catchable *type;
            if (cxx_matches(record, place->function, &handlers[h], place->image, &type))
                run_handler(record, place, &tries[i], &handlers[h], type, dispatcher);
        }
    }
}

CRT_API(int, __CxxFrameHandler, struct exception_record *record, uint64_t frame, struct context *context,
        struct dispatcher *dispatcher)
{
    struct place place = find_place(frame, dispatcher);

    (void)context;
    if (record->flags & (RECORD_UNWINDING | RECORD_EXIT_UNWIND))
        unwind(record, &place);
    else if (place.function->try_count != 0)
        search(cxx_resolve(record), &place, dispatcher);
    return CONTINUE_SEARCH;
}
