/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.c - page faults for a Unicorn engine of your own: raw machine code touches memory that comes into being under
 * its hands, runs off its end, and goes on once there is more.
 *
 *     gcc plugin.c $(pkg-config --cflags --libs softfault) -o plugin            the whole library, or
 *     gcc plugin.c $(pkg-config --cflags --libs softfault-plugin) -o plugin     the plugin alone
 */
#include <inttypes.h>
#include <softfault/plugin.h>
#include <stdio.h>
#include <unicorn/unicorn.h>

#define CODE 0x1000u      /* the caller's own memory */
#define RAM 0x40000000u   /* physical: for softfault */
#define CLAIM 0x10000000u /* virtual: softfault's */
#define CLAIM_END 0x20000000u
#define PAGES 256u

/*      mov edi, 10000000h
 *      mov ecx, 257
 *  l:  mov [edi+8], ecx       a store to each page, and one page too many
 *      add edi, 1000h
 *      dec ecx
 *      jnz l                                                                  */
static const uint8_t code[] = {0xBF, 0,    0,    0,    0x10, 0xB9, 1, 1, 0,    0,    0x89,
                               0x4F, 0x08, 0x81, 0xC7, 0x00, 0x10, 0, 0, 0x49, 0x75, 0xF4};

static void count_fault(void *context, const struct sf_fault *fault)
{
    unsigned *resolved = context;
    if (fault->status < 0x80000000u)
        ++*resolved;
}

static int fail(const char *what)
{
    fprintf(stderr, "plugin: %s\n", what);
    return 1;
}

static int run(uc_engine *uc, struct sf_plugin *plugin)
{
    unsigned resolved = 0;
    uint64_t va = CLAIM, bytes = PAGES * 4096;
    struct sf_fault fault;

    sf_on_fault(plugin, count_fault, &resolved);
    if (sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE) != 0)
        return fail("no memory");

    if (sf_run(plugin, CODE, CODE + sizeof code, 0, 0, &fault) != SF_STOP_FAULT)
        return fail("the last page should not be there");
    printf("%u faults resolved; then %s: %s of %#" PRIx64 " at pc %#" PRIx64 ", status %#" PRIx32 "\n", resolved,
           fault.type, fault.access, fault.va, fault.pc, fault.status);

    va += bytes;
    bytes = 4096;
    if (sf_alloc(plugin, &va, &bytes, SF_MEM_RESERVE | SF_MEM_COMMIT, SF_PAGE_READWRITE) != 0)
        return fail("no memory");
    if (sf_run(plugin, fault.pc, CODE + sizeof code, 0, 0, &fault) != SF_STOP_UNTIL)
        return fail("it should have gone on");

    uint32_t last = 0, edi = 0;
    sf_read(plugin, va + 8, &last, sizeof last);
    uc_reg_read(uc, UC_X86_REG_EDI, &edi);
    printf("%u faults resolved; the last store was %" PRIu32 ", edi is %#" PRIx32 "\n", resolved, last, edi);
    return sf_check(plugin) ? fail(sf_check(plugin)) : 0;
}

int main(void)
{
    char error[SF_ERROR_SIZE] = "";
    struct sf_claim claim = {
        .size = sizeof claim, .ram_base = RAM, .ram_bytes = 16 << 20, .va_begin = CLAIM, .va_end = CLAIM_END};
    uc_engine *uc;

    if (uc_open(UC_ARCH_X86, UC_MODE_32, &uc) != UC_ERR_OK)
        return fail("no engine");
    uc_mem_map(uc, CODE, 4096, UC_PROT_ALL);
    uc_mem_write(uc, CODE, code, sizeof code);

    struct sf_plugin *plugin = sf_attach(uc, &claim, error);
    int status = plugin ? run(uc, plugin) : fail(error);
    sf_detach(plugin);
    uc_close(uc);
    return status;
}
