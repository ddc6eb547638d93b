/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx_throw.c - throwing, and what a handler catches: common to both widths.  See cxx.h. */
#include "cxx.h"

K32 void WINAPI RaiseException(uint32_t code, uint32_t flags, uint32_t count, const uintptr_t *information);

#ifdef _WIN64
K32 void *WINAPI RtlPcToFileHeader(void *pc, void **ret_base);
#define THISCALL
#else
#define THISCALL __attribute__((thiscall))
#endif

enum { INFO_MAGIC, INFO_OBJECT, INFO_THROW, INFO_IMAGE };

void cxx_call_member(void *function, void *object)
{
    ((void(THISCALL *)(void *))function)(object);
}

bool cxx_has_magic(const struct cxx_function *function)
{
    uint32_t magic = function->magic & 0x1FFFFFFF;
    return magic >= CXX_MAGIC_FIRST && magic <= CXX_MAGIC_LAST;
}

bool cxx_is_exception(const struct exception_record *record)
{
    return record->code == CXX_EXCEPTION && record->count == CXX_PARAMETERS &&
           record->information[INFO_MAGIC] >= CXX_MAGIC_FIRST && record->information[INFO_MAGIC] <= CXX_MAGIC_LAST;
}

static uintptr_t image_of(const struct exception_record *record)
{
    return CXX_PARAMETERS > INFO_IMAGE ? record->information[INFO_IMAGE] : 0;
}

static const struct cxx_throw *throw_of(const struct exception_record *record)
{
    return cxx_is_exception(record) ? (const struct cxx_throw *)record->information[INFO_THROW] : NULL;
}

void WINAPI _CxxThrowException(void *object, const struct cxx_throw *what)
{
    uintptr_t information[4] = {CXX_MAGIC_FIRST, (uintptr_t)object, (uintptr_t)what, 0};

    if (what == NULL && crt_thread()->handlers == NULL)
        crt_terminate(); /* throw; with nothing to throw */
#ifdef _WIN64
    void *image = NULL;
    if (what != NULL)
        RtlPcToFileHeader((void *)what, &image);
    information[INFO_IMAGE] = (uintptr_t)image;
#endif
    RaiseException(CXX_EXCEPTION, RECORD_NONCONTINUABLE, CXX_PARAMETERS, information);
}

const struct exception_record *cxx_resolve(const struct exception_record *record)
{
    const struct cxx_active *active = crt_thread()->handlers;
    bool again = cxx_is_exception(record) && throw_of(record) == NULL;
    return again && active != NULL ? &active->record : record;
}

/* --- What is caught ------------------------------------------------------------------------------------------ */

static bool is_same_type(const struct cxx_type *a, const struct cxx_type *b)
{
    return a == b || strcmp(a->name, b->name) == 0;
}

static bool suits(const struct cxx_handler *handler, uintptr_t image, const struct cxx_throw *what,
                  const struct cxx_catchable *type, uintptr_t type_image)
{
    const struct cxx_type *wanted = cxx_at(image, handler->type), *has = cxx_at(type_image, type->type);

    if (!is_same_type(wanted, has))
        return false;
    if ((type->properties & TYPE_BY_REFERENCE_ONLY) && !(handler->adjectives & CXX_REFERENCE))
        return false;
    return !(what->attributes & ~handler->adjectives & (CXX_CONST | CXX_VOLATILE | CXX_UNALIGNED));
}

bool cxx_matches(const struct exception_record *record, const struct cxx_function *function,
                 const struct cxx_handler *handler, uintptr_t image, const struct cxx_catchable **ret_type)
{
    const struct cxx_type *wanted = cxx_at(image, handler->type);
    const struct cxx_throw *what = throw_of(record);
    bool synchronous = (function->magic & 0x1FFFFFFF) >= CXX_MAGIC_LAST && (function->flags & CXX_SYNCHRONOUS);

    *ret_type = NULL;
    if (wanted == NULL || wanted->name[0] == '\0')
        return what != NULL || !synchronous;
    if (what == NULL)
        return false;
    const struct cxx_catchables *types = cxx_at(image_of(record), what->catchables);
    for (int32_t i = 0; types != NULL && i < types->count; i++) {
        const struct cxx_catchable *type = cxx_at(image_of(record), types->types[i]);
        if (suits(handler, image, what, type, image_of(record))) {
            *ret_type = type;
            return true;
        }
    }
    return false;
}

static void *base_of(void *object, const struct cxx_place *place)
{
    char *at = (char *)object + place->member;
    if (place->table >= 0) {
        const char *table = *(const char **)((char *)object + place->table);
        at += place->table + *(const int32_t *)(table + place->in_table);
    }
    return at;
}

static void copy_object(void *to, void *from, void *copy, uint32_t properties)
{
    if (properties & TYPE_HAS_VIRTUAL_BASE) /* its constructor makes the virtual bases too */
        ((void(THISCALL *)(void *, void *, int))copy)(to, from, 1);
    else
        ((void(THISCALL *)(void *, void *))copy)(to, from);
}

void cxx_make_object(const struct exception_record *record, const struct cxx_handler *handler, uintptr_t image,
                     const struct cxx_catchable *type, char *frame)
{
    void **to = (void **)(frame + handler->object), *object = (void *)record->information[INFO_OBJECT];

    (void)image;
    if (type == NULL || handler->object == 0)
        return;
    if (handler->adjectives & CXX_REFERENCE) {
        *to = base_of(object, &type->place);
    } else if (type->properties & TYPE_SIMPLE) {
        memmove(to, object, (size_t)type->size);
        if (type->size == (int32_t)sizeof *to && *to != NULL)
            *to = base_of(*to, &type->place);
    } else if (type->copy == 0) {
        memmove(to, base_of(object, &type->place), (size_t)type->size);
    } else {
        copy_object(to, base_of(object, &type->place), cxx_at(image_of(record), type->copy), type->properties);
    }
}

/* --- Handlers that run --------------------------------------------------------------------------------------- */

void cxx_enter(struct cxx_active *active, const struct exception_record *record, const void *frame,
               const struct cxx_try *at)
{
    struct crt_thread *thread = crt_thread();

    active->outer = thread->handlers;
    active->record = *record;
    active->frame = frame;
    active->at = at;
    thread->handlers = active;
}

static bool has_object(const struct exception_record *record, uintptr_t object)
{
    return record != NULL && cxx_is_exception(record) && record->information[INFO_OBJECT] == object;
}

void cxx_leave(struct cxx_active *active, const struct exception_record *leaving)
{
    const struct exception_record *record = &active->record;
    const struct cxx_throw *what = throw_of(record);
    uintptr_t object = what != NULL ? record->information[INFO_OBJECT] : 0;

    crt_thread()->handlers = active->outer;
    if (object == 0 || what->destructor == 0 || has_object(leaving, object))
        return;
    for (const struct cxx_active *outer = active->outer; outer != NULL; outer = outer->outer)
        if (has_object(&outer->record, object)) /* it was thrown again, and caught here: theirs */
            return;
    cxx_call_member(cxx_at(image_of(record), what->destructor), (void *)object);
}

/* --- The end ------------------------------------------------------------------------------------------------- */

typedef void (*cxx_routine)(void);

cxx_routine cxx_set_terminate(cxx_routine routine);
cxx_routine cxx_set_unexpected(cxx_routine routine);
void cxx_unexpected(void);

void crt_terminate(void)
{
    cxx_routine routine = (cxx_routine)crt_thread()->terminate;
    if (routine != NULL)
        routine();
    abort();
}

cxx_routine cxx_set_terminate(cxx_routine routine)
{
    cxx_routine before = (cxx_routine)crt_thread()->terminate;
    crt_thread()->terminate = (void *)routine;
    return before;
}

cxx_routine cxx_set_unexpected(cxx_routine routine)
{
    cxx_routine before = (cxx_routine)crt_thread()->unexpected;
    crt_thread()->unexpected = (void *)routine;
    return before;
}

void cxx_unexpected(void)
{
    cxx_routine routine = (cxx_routine)crt_thread()->unexpected;
    if (routine != NULL)
        routine();
    crt_terminate();
}
