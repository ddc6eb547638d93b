/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx.h - C++ exceptions as Microsoft's compilers lay them out, as far as their data is publicly described.
 *
 *   function --> cxx_function: states of the function, what each needs to be undone, try blocks and their handlers
 *   throw    --> exception E06D7363 with {magic, object, cxx_throw [, image base]}; cxx_throw lists the types that a
 *                handler may name to catch the object
 *
 * A cxx_ref is an address in x86, an offset from the image's base in x64. */
#ifndef SOFTFAULT_DLL_MSVCRT_CXX_H
#define SOFTFAULT_DLL_MSVCRT_CXX_H

#include "crt.h"

#define CXX_EXCEPTION 0xE06D7363u
#define CXX_MAGIC_FIRST 0x19930520u
#define CXX_MAGIC_LAST 0x19930522u
#ifdef _WIN64
#define CXX_PARAMETERS 4
#else
#define CXX_PARAMETERS 3
#endif

enum { RECORD_NONCONTINUABLE = 1, RECORD_UNWINDING = 2, RECORD_EXIT_UNWIND = 4, RECORD_TARGET_UNWIND = 0x20 };
enum { CONTINUE_EXECUTION, CONTINUE_SEARCH };

struct exception_record {
    uint32_t code, flags;
    struct exception_record *next;
    void *address;
    uint32_t count;
    uintptr_t information[15];
};

typedef uint32_t cxx_ref;

struct cxx_type {
    const void *table;
    char *spare; /* type_info::name() keeps its answer here */
    char name[]; /* ".?AVerror@@" */
};

/* Where a base class is in an object. */
struct cxx_place {
    int32_t member; /* bytes from the object */
    int32_t table;  /* of the pointer to the table of virtual bases; -1: none */
    int32_t in_table;
};

enum { TYPE_SIMPLE = 1, TYPE_BY_REFERENCE_ONLY = 2, TYPE_HAS_VIRTUAL_BASE = 4 };
struct cxx_catchable {
    uint32_t properties;
    cxx_ref type;
    struct cxx_place place;
    int32_t size;
    cxx_ref copy;
};
struct cxx_catchables {
    int32_t count;
    cxx_ref types[];
};

enum { CXX_CONST = 1, CXX_VOLATILE = 2, CXX_UNALIGNED = 4, CXX_REFERENCE = 8 };
struct cxx_throw {
    uint32_t attributes; /* CXX_CONST, ... of the thrown pointer */
    cxx_ref destructor, compatibility, catchables;
};

struct cxx_handler {
    uint32_t adjectives;
    cxx_ref type;
    int32_t object; /* where in the frame it goes; 0: nowhere */
    cxx_ref code;
#ifdef _WIN64
    uint32_t frame; /* in the frame of the handler: where its function's frame is kept */
#endif
};
struct cxx_try {
    int32_t low, high, catch_high;
    int32_t count;
    cxx_ref handlers;
};
struct cxx_unwind {
    int32_t to;
    cxx_ref action;
};
struct cxx_ip_state {
    cxx_ref ip;
    int32_t state;
};

enum { CXX_SYNCHRONOUS = 1 }; /* catch (...) is for C++ exceptions alone */
struct cxx_function {
    uint32_t magic; /* low 29 bits */
    int32_t states;
    cxx_ref unwind;
    uint32_t try_count;
    cxx_ref tries;
    uint32_t ip_count;
    cxx_ref ips;
#ifdef _WIN64
    int32_t unwind_help; /* in the frame: a state that overrides the one of the ip; -2: none */
#endif
    cxx_ref specification; /* from ..21 on */
    int32_t flags;         /* from ..22 on */
};

/* An exception whose handler runs; the thread's, innermost first. */
struct cxx_active {
    struct cxx_active *outer;
    struct exception_record record;
    const void *frame;        /* that the handler goes on in */
    const struct cxx_try *at; /* whose handler it is */
};

/* Is a try block inside the handlers of another? */
static inline bool cxx_is_inside(const struct cxx_try *inner, const struct cxx_try *outer)
{
    return inner->low > outer->high && inner->high <= outer->catch_high;
}

static inline void *cxx_at(uintptr_t image, cxx_ref ref)
{
    return ref ? (void *)(image + ref) : NULL;
}

/* Does the handler of a function in `image` catch what the record says?
 * => *ret_type: as which of its types; NULL: as anything. */
bool cxx_matches(const struct exception_record *record, const struct cxx_function *function,
                 const struct cxx_handler *handler, uintptr_t image, const struct cxx_catchable **ret_type);

/* The handler's copy of the object, or a reference to it, into its frame. */
void cxx_make_object(const struct exception_record *record, const struct cxx_handler *handler, uintptr_t image,
                     const struct cxx_catchable *type, char *frame);

/* A record of `throw;` stands for the innermost active exception.  => the record to work with. */
const struct exception_record *cxx_resolve(const struct exception_record *record);

bool cxx_is_exception(const struct exception_record *record);
bool cxx_has_magic(const struct cxx_function *function);

/* A handler begins; it ends by itself, or because `leaving` unwinds it (NULL: something that is no C++ exception). */
void cxx_enter(struct cxx_active *active, const struct exception_record *record, const void *frame,
               const struct cxx_try *at);
void cxx_leave(struct cxx_active *active, const struct exception_record *leaving);

/* what NULL: the exception whose handler runs, again. */
void WINAPI _CxxThrowException(void *object, const struct cxx_throw *what);

/* Call a member function of the program. */
void cxx_call_member(void *function, void *object);

#endif
