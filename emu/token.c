/* SPDX-License-Identifier: GPL-2.0-or-later */
/* token.c - see token.h. */
#include "emu/token.h"

#include <string.h>

#include "emu/kernel.h"

#define BIT(privilege) (1ull << (privilege))

static const uint64_t administrator =
    BIT(SE_LOCK_MEMORY_PRIVILEGE) | BIT(SE_INCREASE_QUOTA_PRIVILEGE) | BIT(SE_SECURITY_PRIVILEGE) |
    BIT(SE_TAKE_OWNERSHIP_PRIVILEGE) | BIT(SE_LOAD_DRIVER_PRIVILEGE) | BIT(SE_SYSTEM_PROFILE_PRIVILEGE) |
    BIT(SE_SYSTEMTIME_PRIVILEGE) | BIT(SE_PROF_SINGLE_PROCESS_PRIVILEGE) | BIT(SE_INC_BASE_PRIORITY_PRIVILEGE) |
    BIT(SE_CREATE_PAGEFILE_PRIVILEGE) | BIT(SE_BACKUP_PRIVILEGE) | BIT(SE_RESTORE_PRIVILEGE) |
    BIT(SE_SHUTDOWN_PRIVILEGE) | BIT(SE_DEBUG_PRIVILEGE) | BIT(SE_SYSTEM_ENVIRONMENT_PRIVILEGE) |
    BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_REMOTE_SHUTDOWN_PRIVILEGE) | BIT(SE_UNDOCK_PRIVILEGE) |
    BIT(SE_MANAGE_VOLUME_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | BIT(SE_CREATE_GLOBAL_PRIVILEGE);
static const uint64_t enabled_at_first =
    BIT(SE_CHANGE_NOTIFY_PRIVILEGE) | BIT(SE_IMPERSONATE_PRIVILEGE) | BIT(SE_CREATE_GLOBAL_PRIVILEGE);

void token_init(struct token *token, const struct token *parent, uint32_t id)
{
    *token = (struct token){.present = administrator, .enabled = enabled_at_first, .by_default = enabled_at_first};
    if (parent)
        *token = *parent;
    token->id = id;
}

bool token_has(const struct process *process, enum privilege privilege)
{
    return process->token->token.enabled >> privilege & 1;
}

/* --- Who it is ----------------------------------------------------------------------------------------------- */

#define NT_AUTHORITY                                                                                                   \
    {                                                                                                                  \
        0, 0, 0, 0, 0, 5                                                                                               \
    }
#define MANDATORY_ENABLED 7u /* SE_GROUP_MANDATORY, ENABLED_BY_DEFAULT, ENABLED */

const struct sid token_user = {1, 5, NT_AUTHORITY, {21, 1004336348, 1177238915, 682003330, 500}};
const struct sid token_primary_group = {1, 5, NT_AUTHORITY, {21, 1004336348, 1177238915, 682003330, 513}};

const struct token_group token_groups[TOKEN_GROUPS] = {
    {{1, 5, NT_AUTHORITY, {21, 1004336348, 1177238915, 682003330, 513}}, MANDATORY_ENABLED}, /* None */
    {{1, 1, {0, 0, 0, 0, 0, 1}, {0}}, MANDATORY_ENABLED},                                    /* Everyone */
    {{1, 2, NT_AUTHORITY, {32, 544}}, MANDATORY_ENABLED | 8},                                /* Administrators, owner */
    {{1, 2, NT_AUTHORITY, {32, 545}}, MANDATORY_ENABLED},                                    /* Users */
    {{1, 1, NT_AUTHORITY, {4}}, MANDATORY_ENABLED},                                          /* Interactive */
    {{1, 1, NT_AUTHORITY, {11}}, MANDATORY_ENABLED},                                         /* Authenticated Users */
    {{1, 1, {0, 0, 0, 0, 0, 2}, {0}}, MANDATORY_ENABLED},                                    /* Local */
};

static bool is_equal(const struct sid *sid, const uint8_t *bytes, size_t room)
{
    return sid_size(sid) <= room && memcmp(sid, bytes, sid_size(sid)) == 0;
}

bool token_is(const uint8_t *sid, size_t room)
{
    if (is_equal(&token_user, sid, room))
        return true;
    for (unsigned i = 0; i < TOKEN_GROUPS; i++)
        if (is_equal(&token_groups[i].sid, sid, room))
            return true;
    return false;
}
