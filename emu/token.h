/* SPDX-License-Identifier: GPL-2.0-or-later */
/* token.h - access tokens: who a process is, and what it may do beyond what objects allow.
 *
 * There is one user, a member of Administrators; each process has a token of its own, a copy of its parent's, with the
 * privileges that 5.2 gives an administrator, and SeLockMemoryPrivilege.  All but three are disabled until the program
 * enables them.  Numbers are the low halves of the LUIDs (nt-reference 5.2). */
#ifndef SOFTFAULT_EMU_TOKEN_H
#define SOFTFAULT_EMU_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process;

enum privilege {
    SE_LOCK_MEMORY_PRIVILEGE = 4,
    SE_INCREASE_QUOTA_PRIVILEGE = 5,
    SE_SECURITY_PRIVILEGE = 8,
    SE_TAKE_OWNERSHIP_PRIVILEGE = 9,
    SE_LOAD_DRIVER_PRIVILEGE = 10,
    SE_SYSTEM_PROFILE_PRIVILEGE = 11,
    SE_SYSTEMTIME_PRIVILEGE = 12,
    SE_PROF_SINGLE_PROCESS_PRIVILEGE = 13,
    SE_INC_BASE_PRIORITY_PRIVILEGE = 14,
    SE_CREATE_PAGEFILE_PRIVILEGE = 15,
    SE_BACKUP_PRIVILEGE = 17,
    SE_RESTORE_PRIVILEGE = 18,
    SE_SHUTDOWN_PRIVILEGE = 19,
    SE_DEBUG_PRIVILEGE = 20,
    SE_SYSTEM_ENVIRONMENT_PRIVILEGE = 22,
    SE_CHANGE_NOTIFY_PRIVILEGE = 23,
    SE_REMOTE_SHUTDOWN_PRIVILEGE = 24,
    SE_UNDOCK_PRIVILEGE = 25,
    SE_MANAGE_VOLUME_PRIVILEGE = 28,
    SE_IMPERSONATE_PRIVILEGE = 29,
    SE_CREATE_GLOBAL_PRIVILEGE = 30,
    PRIVILEGE_COUNT
};

/* Sets of privileges: bit n is privilege n. */
struct token {
    uint32_t id;
    uint64_t present, enabled, by_default;
    uint64_t modified; /* how often it was */
};

void token_init(struct token *token, const struct token *parent, uint32_t id); /* parent NULL: the first */

/* May the process use the privilege now: it is there and enabled. */
bool token_has(const struct process *process, enum privilege privilege);

/* A SID in NT's form. */
struct sid {
    uint8_t revision, count;
    uint8_t authority[6]; /* big-endian */
    uint32_t sub[5];
};
static inline size_t sid_size(const struct sid *sid)
{
    return 8u + 4u * sid->count;
}

extern const struct sid token_user, token_primary_group;
enum { TOKEN_GROUPS = 7 };
extern const struct token_group {
    struct sid sid;
    uint32_t attributes; /* SE_GROUP_* */
} token_groups[TOKEN_GROUPS];

/* Is it the user or one of the groups that count? */
bool token_is(const uint8_t *sid, size_t room);

#endif
