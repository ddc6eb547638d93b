/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suite.h - what the Check programs of tests/mmu share: the run, and random words. */
#ifndef SOFTFAULT_TESTS_MMU_SUITE_H
#define SOFTFAULT_TESTS_MMU_SUITE_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#define N_ELEMENTS(array) ((int)(sizeof(array) / sizeof *(array)))

/* Run a suite; the log goes where the environment says (CK_TAP_LOG_FILE_NAME).
 * => returns the exit status. */
static inline int suite_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* splitmix64. */
static inline uint64_t random_word(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

#endif
