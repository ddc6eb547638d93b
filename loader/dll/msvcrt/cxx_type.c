/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cxx_type.c - class type_info, and casts that ask an object what it is.
 *
 *   object --> table of virtual functions; in front of it the locator: where the whole object begins, and its class
 * with all its bases, in the order of a walk through the inheritance graph */
#include "cxx.h"

#ifdef _WIN64
#define THISCALL
#else
#define THISCALL __attribute__((thiscall))
#endif

struct locator {
    uint32_t signature; /* x64: 1 */
    uint32_t offset;    /* of this table's pointer in the whole object */
    uint32_t constructor_offset;
    cxx_ref type, hierarchy;
    cxx_ref self; /* x64 */
};
struct base {
    cxx_ref type;
    uint32_t contained; /* bases of its own, which follow it */
    struct cxx_place place;
    uint32_t attributes;
};
struct hierarchy {
    uint32_t signature, attributes, count;
    cxx_ref bases; /* of cxx_ref[count] */
};

enum { BASE_AMBIGUOUS = 2, BASE_NOT_VISIBLE = 1 };

/* --- type_info ----------------------------------------------------------------------------------------------- */

void THISCALL cxx_type_info_end(struct cxx_type *type);
int THISCALL cxx_type_info_equals(const struct cxx_type *type, const struct cxx_type *other);
int THISCALL cxx_type_info_differs(const struct cxx_type *type, const struct cxx_type *other);
int THISCALL cxx_type_info_before(const struct cxx_type *type, const struct cxx_type *other);
const char *THISCALL cxx_type_info_name(struct cxx_type *type);
const char *THISCALL cxx_type_info_raw_name(const struct cxx_type *type);

void THISCALL cxx_type_info_end(struct cxx_type *type)
{
    free(type->spare);
    type->spare = NULL;
}

/* The virtual destructor, as delete calls it: bit 0 frees the memory. */
static void *THISCALL delete_type_info(struct cxx_type *type, unsigned flags)
{
    cxx_type_info_end(type);
    if (flags & 1)
        free(type);
    return type;
}

void *const cxx_type_info_table[1] = {(void *)delete_type_info};

int THISCALL cxx_type_info_equals(const struct cxx_type *type, const struct cxx_type *other)
{
    return strcmp(type->name + 1, other->name + 1) == 0;
}

int THISCALL cxx_type_info_differs(const struct cxx_type *type, const struct cxx_type *other)
{
    return !cxx_type_info_equals(type, other);
}

int THISCALL cxx_type_info_before(const struct cxx_type *type, const struct cxx_type *other)
{
    return strcmp(type->name + 1, other->name + 1) < 0;
}

const char *THISCALL cxx_type_info_raw_name(const struct cxx_type *type)
{
    return type->name;
}

static const char *simple_name(const char *code)
{
    static const struct {
        char code[3];
        const char *name;
    } names[] = {{"C", "signed char"},  {"D", "char"},           {"E", "unsigned char"},
                 {"F", "short"},        {"G", "unsigned short"}, {"H", "int"},
                 {"I", "unsigned int"}, {"J", "long"},           {"K", "unsigned long"},
                 {"M", "float"},        {"N", "double"},         {"O", "long double"},
                 {"X", "void"},         {"_J", "__int64"},       {"_K", "unsigned __int64"},
                 {"_N", "bool"},        {"_W", "wchar_t"}};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(code, names[i].code) == 0)
            return names[i].name;
    return NULL;
}

/* ".?AVinner@outer@@" -> "class outer::inner"; NULL: another form. */
static char *class_name(const char *name)
{
    const char *kind = name[3] == 'V' ? "class " : name[3] == 'U' ? "struct " : name[3] == 'T' ? "union " : NULL;
    const char *scopes[16], *at = name + 4;
    unsigned count = 0;

    if (strncmp(name, ".?A", 3) != 0 || kind == NULL || strchr(name, '?') != name + 1 || strchr(name + 2, '?') != NULL)
        return NULL;
    while (*at != '@' && *at != '\0' && count < 16) {
        scopes[count++] = at;
        at = strchr(at, '@');
        if (at == NULL)
            return NULL;
        at++;
    }
    char *text = count == 0 ? NULL : malloc(strlen(name) + 2 * count + 8), *to = text;
    if (text == NULL)
        return NULL;
    strcpy(to, kind);
    to += strlen(kind);
    while (count-- > 0) {
        size_t length = (size_t)(strchr(scopes[count], '@') - scopes[count]);
        memcpy(to, scopes[count], length);
        to += length;
        if (count > 0) {
            *to++ = ':';
            *to++ = ':';
        }
    }
    *to = '\0';
    return text;
}

/* Classes, and the simple types; what is more is told as the compiler wrote it. */
const char *THISCALL cxx_type_info_name(struct cxx_type *type)
{
    const char *simple = type->name[0] == '.' ? simple_name(type->name + 1) : NULL;

    if (simple != NULL)
        return simple;
    if (type->spare == NULL)
        type->spare = class_name(type->name);
    return type->spare != NULL ? type->spare : type->name;
}

/* --- Casts --------------------------------------------------------------------------------------------------- */

static const struct locator *locator_of(void *object)
{
    return ((const struct locator **)*(void **)object)[-1];
}

static uintptr_t image_of(const struct locator *locator)
{
#ifdef _WIN64
    return (uintptr_t)locator - locator->self;
#else
    (void)locator;
    return 0;
#endif
}

static char *whole_object(void *object, const struct locator *locator)
{
    char *whole = (char *)object - locator->offset;
    if (locator->constructor_offset) /* a virtual base that moves while the object is made */
        whole -= *(int32_t *)((char *)object - locator->constructor_offset);
    return whole;
}

static char *base_at(char *whole, const struct cxx_place *place)
{
    char *at = whole + place->member;
    if (place->table >= 0)
        at = whole + place->member + place->table +
             *(const int32_t *)(*(char **)(whole + place->table) + place->in_table);
    return at;
}

static void throw_nothing(void)
{
    _CxxThrowException(NULL, NULL);
}

CRT_API(void *, __RTCastToVoid, void *object)
{
    return object == NULL ? NULL : whole_object(object, locator_of(object));
}

CRT_API(void *, __RTtypeid, void *object)
{
    if (object == NULL)
        throw_nothing(); /* bad_typeid */
    const struct locator *locator = locator_of(object);
    return cxx_at(image_of(locator), locator->type);
}

/* The base of that class, if there is exactly one that can be seen. */
static void *find_base(char *whole, const struct hierarchy *tree, uintptr_t image, const struct cxx_type *target)
{
    const cxx_ref *bases = cxx_at(image, tree->bases);
    void *found = NULL;

    for (uint32_t i = 0; i < tree->count; i++) {
        const struct base *base = cxx_at(image, bases[i]);
        const struct cxx_type *type = cxx_at(image, base->type);
        if (type != target && strcmp(type->name, target->name) != 0)
            continue;
        if (base->attributes & BASE_NOT_VISIBLE)
            continue;
        char *at = base_at(whole, &base->place);
        if (found != NULL && found != at)
            return NULL; /* ambiguous */
        found = at;
    }
    return found;
}

/* => NULL where the object is no target; for a reference that is an exception. */
CRT_API(void *, __RTDynamicCast, void *object, int32_t offset, const struct cxx_type *source,
        const struct cxx_type *target, int is_reference)
{
    (void)offset;
    (void)source;
    if (object == NULL)
        return NULL;
    const struct locator *locator = locator_of(object);
    void *found = find_base(whole_object(object, locator), cxx_at(image_of(locator), locator->hierarchy),
                            image_of(locator), target);
    if (found == NULL && is_reference)
        throw_nothing(); /* bad_cast */
    return found;
}
