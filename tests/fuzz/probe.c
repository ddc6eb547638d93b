/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.c - does clang bring libFuzzer and the sanitizers? */
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return data && size ? 0 : 0;
}
