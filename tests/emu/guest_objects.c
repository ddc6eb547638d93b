// SPDX-License-Identifier: GPL-2.0-or-later
/* guest_objects.c - names, tokens and access lists by native services, a case for each letter: see test_threads.c. */
#include "guest_nt.h"

NTSYSAPI NTSTATUS NTAPI NtOpenEvent(HANDLE *, ACCESS_MASK, void *);
NTSYSAPI NTSTATUS NTAPI NtOpenMutant(HANDLE *, ACCESS_MASK, void *);
NTSYSAPI NTSTATUS NTAPI NtOpenKeyedEvent(HANDLE *, ACCESS_MASK, void *);
NTSYSAPI NTSTATUS NTAPI NtOpenDirectoryObject(HANDLE *, ACCESS_MASK, void *);
NTSYSAPI NTSTATUS NTAPI NtCreateDirectoryObject(HANDLE *, ACCESS_MASK, void *);
NTSYSAPI NTSTATUS NTAPI NtOpenProcessToken(HANDLE, ACCESS_MASK, HANDLE *);
NTSYSAPI NTSTATUS NTAPI NtOpenThreadToken(HANDLE, ACCESS_MASK, BOOLEAN, HANDLE *);
NTSYSAPI NTSTATUS NTAPI NtQueryInformationToken(HANDLE, ULONG, void *, ULONG, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE, BOOLEAN, void *, ULONG, void *, ULONG *);
NTSYSAPI NTSTATUS NTAPI NtPrivilegeCheck(HANDLE, void *, BOOLEAN *);

enum { CASE_INSENSITIVE = 0x40, OPEN_IF = 0x80, LOCK_MEMORY = 4, DEBUG = 20, CHANGE_NOTIFY = 23, TCB = 7 };

/* OBJECT_ATTRIBUTES for one call. */
struct named {
    WCHAR text[100];
    struct unicode_string string;
    struct object_attributes attributes;
};

static void *name(struct named *named, HANDLE root, const char *text, ULONG flags)
{
    USHORT length = 0;
    for (; text[length]; length++)
        named->text[length] = text[length];
    named->string = (struct unicode_string){(USHORT)(2 * length), (USHORT)(2 * length), named->text};
    named->attributes = (struct object_attributes){
        .length = sizeof named->attributes, .root = root, .name = &named->string, .attributes = flags};
    return &named->attributes;
}

static NTSTATUS create(HANDLE root, const char *text, ULONG flags, HANDLE *ret_event)
{
    static struct named n;
    return NtCreateEvent(ret_event, EVENT_ALL_ACCESS, name(&n, root, text, flags), 0, FALSE);
}

static NTSTATUS open(HANDLE root, const char *text, ULONG flags, HANDLE *ret_event)
{
    static struct named n;
    return NtOpenEvent(ret_event, EVENT_ALL_ACCESS, name(&n, root, text, flags));
}

static void names(void)
{
    struct named n;
    HANDLE base, first = NULL, second = NULL, other, mine;
    say("directory %x", (ULONG)NtOpenDirectoryObject(&base, 0xF, name(&n, NULL, "\\BaseNamedObjects", 0)));
    say("nothing there %x", (ULONG)open(base, "one", 0, &other));
    say("create %x", (ULONG)create(base, "one", 0, &first));
    say("again %x", (ULONG)create(base, "one", 0, &other));
    say("or open %x", (ULONG)create(base, "one", OPEN_IF, &second));
    NtSetEvent(first, NULL);
    say("the same one %x", (ULONG)NtWaitForSingleObject(second, FALSE, MS(0)));
    say("whole path %x", (ULONG)open(NULL, "\\BaseNamedObjects\\one", 0, &other));
    NtClose(other);
    say("global %x", (ULONG)open(base, "Global\\one", 0, &other));
    NtClose(other);
    say("other case %x", (ULONG)open(base, "ONE", 0, &other));
    say("any case %x", (ULONG)open(base, "ONE", CASE_INSENSITIVE, &other));
    NtClose(other);
    say("other type %x", (ULONG)NtOpenMutant(&other, MAXIMUM_ALLOWED, name(&n, base, "one", 0)));
    say("other type or open %x", (ULONG)NtCreateMutant(&other, MAXIMUM_ALLOWED, name(&n, base, "one", OPEN_IF), FALSE));
    say("no directory %x", (ULONG)create(NULL, "\\Nowhere\\one", 0, &other));
    say("in an event %x", (ULONG)create(base, "one\\two", 0, &other));
    say("relative to nothing %x", (ULONG)create(NULL, "one", 0, &other));
    say("relative to an event %x", (ULONG)create(first, "two", 0, &other));
    say("no component %x", (ULONG)create(base, "one\\\\two", 0, &other));
    say("own directory %x", (ULONG)NtCreateDirectoryObject(&mine, 0xF, name(&n, base, "mine", 0)));
    say("in it %x", (ULONG)create(mine, "one", 0, &other));
    NtClose(other);
    NtClose(second);
    say("still there %x", (ULONG)open(base, "one", 0, &second));
    NtClose(first);
    NtClose(second);
    say("gone with the last handle %x", (ULONG)open(base, "one", 0, &other));
    say("system's own %x",
        (ULONG)NtOpenKeyedEvent(&other, 3, name(&n, NULL, "\\KernelObjects\\CritSecOutOfMemoryEvent", 0)));
}

/* A name lives on in a child that has a handle, and both see one object. */
static void names_of_two(void)
{
    struct named n;
    HANDLE event, thread, process;
    NtCreateEvent(&event, EVENT_ALL_ACCESS, name(&n, NULL, "\\BaseNamedObjects\\shared", 0), 0, FALSE);
    process = start_child("1", FALSE, &thread);
    NtResumeThread(thread, NULL);
    say("set by the child %x", (ULONG)WAIT(event));
    NtClose(event);
    say("kept by the child %x",
        (ULONG)NtOpenEvent(&event, EVENT_ALL_ACCESS, name(&n, NULL, "\\BaseNamedObjects\\shared", 0)));
    NtTerminateProcess(process, 0);
    NtClose(event);
    say("gone %x", (ULONG)NtOpenEvent(&event, EVENT_ALL_ACCESS, name(&n, NULL, "\\BaseNamedObjects\\shared", 0)));
}

static void child_of_names(void)
{
    HANDLE event;
    if (open(NULL, "\\BaseNamedObjects\\shared", 0, &event) == 0)
        NtSetEvent(event, NULL);
    NtDelayExecution(FALSE, MS(100000));
}

/* --- Tokens ---------------------------------------------------------------------------------------------------- */

struct privileges {
    ULONG count;
    struct {
        ULONG low, high, attributes;
    } entry[2];
};

static ULONG attributes_of(HANDLE token, ULONG privilege)
{
    static struct {
        ULONG count;
        struct {
            ULONG low, high, attributes;
        } entry[40];
    } all;
    ULONG needed;
    NtQueryInformationToken(token, 3, &all, sizeof all, &needed);
    for (ULONG i = 0; i < all.count; i++)
        if (all.entry[i].low == privilege)
            return all.entry[i].attributes;
    return 0xFF;
}

static BOOLEAN has(HANDLE token, ULONG privilege)
{
    struct {
        ULONG count, control, low, high, attributes;
    } set = {1, 1, privilege, 0, 0};
    BOOLEAN result = 9;
    NtPrivilegeCheck(token, &set, &result);
    return result;
}

static void tokens(void)
{
    HANDLE token, weak;
    ULONG needed = 0;
    UCHAR user[64];
    struct privileges previous = {0}, both = {2, {{LOCK_MEMORY, 0, 2}, {TCB, 0, 2}}}, one = {1, {{DEBUG, 0, 2}}};
    say("open %x", (ULONG)NtOpenProcessToken(THIS_PROCESS, TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token));
    NtOpenProcessToken(THIS_PROCESS, TOKEN_QUERY, &weak);
    say("none of its own %x", (ULONG)NtOpenThreadToken(THIS_THREAD, TOKEN_QUERY, TRUE, &weak));
    say("too short %x", (ULONG)NtQueryInformationToken(token, 1, user, 4, &needed));
    say("needs %u", needed - 2 * (ULONG)sizeof(void *));
    say("user %x", (ULONG)NtQueryInformationToken(token, 1, user, sizeof user, &needed));
    const UCHAR *sid = *(UCHAR **)(void *)user;
    say("revision %u, %u parts, the last %u", sid[0], sid[1], *(const ULONG *)(const void *)(sid + 8 + 4 * 4));
    say("change notify %x, debug %x, tcb %x", attributes_of(token, CHANGE_NOTIFY), attributes_of(token, DEBUG),
        attributes_of(token, TCB));
    say("adjust %x", (ULONG)NtAdjustPrivilegesToken(token, FALSE, &one, sizeof previous, &previous, &needed));
    say("before %u: %u %x", previous.count, previous.entry[0].low, previous.entry[0].attributes);
    say("debug %x, has %u", attributes_of(token, DEBUG), has(token, DEBUG));
    say("not all %x", (ULONG)NtAdjustPrivilegesToken(token, FALSE, &both, 0, NULL, NULL));
    say("lock memory %x", attributes_of(token, LOCK_MEMORY));
    say("no right %x", (ULONG)NtAdjustPrivilegesToken(weak, FALSE, &one, 0, NULL, NULL));
    say("none %x", (ULONG)NtAdjustPrivilegesToken(token, TRUE, NULL, 0, NULL, NULL));
    say("debug %x, has %u", attributes_of(token, DEBUG), has(token, DEBUG));
}

/* --- Access lists ------------------------------------------------------------------------------------------------ */

/* One entry for Everyone, in an absolute or self-relative descriptor. */
struct descriptor {
    UCHAR revision, zero;
    USHORT control;
    void *owner, *group, *sacl, *dacl;
};

struct list {
    UCHAR revision, zero;
    USHORT size, count, zero_too;
    UCHAR type, flags;
    USHORT entry_size;
    ULONG mask;
    UCHAR sid[12];
};

static NTSTATUS create_with(HANDLE *event, struct named *n, const char *text, struct list *list, UCHAR type, ULONG mask)
{
    static struct descriptor descriptor;
    *list = (struct list){2, 0, sizeof *list, 1, 0, type, 0, 20, mask, {1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}};
    descriptor = (struct descriptor){1, 0, 4, NULL, NULL, NULL, list};
    name(n, NULL, text, 0);
    n->attributes.security = &descriptor;
    return NtCreateEvent(event, EVENT_ALL_ACCESS, &n->attributes, 0, FALSE);
}

static void lists(void)
{
    static struct list list;
    struct named n;
    HANDLE event, other;
    say("readable %x", (ULONG)create_with(&event, &n, "\\BaseNamedObjects\\read", &list, 0, SYNCHRONIZE | 1));
    say("its maker may %x", (ULONG)NtSetEvent(event, NULL));
    n.attributes.security = NULL;
    say("wait %x", (ULONG)NtOpenEvent(&other, SYNCHRONIZE, &n.attributes));
    say("change %x", (ULONG)NtOpenEvent(&other, EVENT_MODIFY_STATE, &n.attributes));
    say("all %x", (ULONG)NtOpenEvent(&other, EVENT_ALL_ACCESS, &n.attributes));
    say("what there is %x", (ULONG)NtOpenEvent(&other, MAXIMUM_ALLOWED, &n.attributes));
    say("no more than that %x", (ULONG)NtSetEvent(other, NULL));
    say("nor by a copy %x",
        (ULONG)NtDuplicateObject(THIS_PROCESS, other, THIS_PROCESS, &other, EVENT_MODIFY_STATE, 0, 0));
    say("denied %x", (ULONG)create_with(&event, &n, "\\BaseNamedObjects\\none", &list, 1, SYNCHRONIZE));
    n.attributes.security = NULL;
    say("wait %x", (ULONG)NtOpenEvent(&other, SYNCHRONIZE, &n.attributes));
    list.size = 12;
    n.attributes.security = &(struct descriptor){1, 0, 4, NULL, NULL, NULL, &list};
    say("bad list %x", (ULONG)NtCreateEvent(&other, EVENT_ALL_ACCESS, &n.attributes, 0, FALSE));
    n.attributes.security = &(struct descriptor){9, 0, 4, NULL, NULL, NULL, &list};
    say("bad descriptor %x", (ULONG)NtCreateEvent(&other, EVENT_ALL_ACCESS, &n.attributes, 0, FALSE));
}

/* --- Privileges at work ---------------------------------------------------------------------------------------- */

static void priorities(void)
{
    struct privileges increase = {1, {{14, 0, 2}}};
    UCHAR realtime[2] = {0, 4}, high[2] = {0, 3};
    LONG level = 20;
    struct process_basic basic;
    HANDLE token;
    NtOpenProcessToken(THIS_PROCESS, TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token);
    say("high %x", (ULONG)NtSetInformationProcess(THIS_PROCESS, 18, high, sizeof high));
    NtQueryInformationProcess(THIS_PROCESS, 0, &basic, sizeof basic, NULL);
    say("base %u", (ULONG)basic.base_priority);
    say("real time %x", (ULONG)NtSetInformationProcess(THIS_PROCESS, 18, realtime, sizeof realtime));
    say("thread %x", (ULONG)NtSetInformationThread(THIS_THREAD, 2, &level, sizeof level));
    NtAdjustPrivilegesToken(token, FALSE, &increase, 0, NULL, NULL);
    say("real time %x", (ULONG)NtSetInformationProcess(THIS_PROCESS, 18, realtime, sizeof realtime));
    say("thread %x", (ULONG)NtSetInformationThread(THIS_THREAD, 2, &level, sizeof level));
    NtQueryInformationProcess(THIS_PROCESS, 0, &basic, sizeof basic, NULL);
    say("base %u", (ULONG)basic.base_priority);
}

void run(const char *arguments)
{
    static void (*const cases[])(void) = {
        ['a'] = names, ['b'] = names_of_two, ['c'] = tokens, ['d'] = lists, ['e'] = priorities, ['1'] = child_of_names,
    };
    run_case(cases, sizeof cases / sizeof *cases, arguments);
}
