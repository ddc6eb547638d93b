/* SPDX-License-Identifier: GPL-2.0-or-later */
/* structured.c - __try, __except and __finally in Microsoft's form: _except_handler3 on x86, tables on x64. */
int printf(const char *format, ...);
unsigned long _exception_code(void);
void *_exception_info(void);

__declspec(noinline) static void fault(volatile int *where)
{
    *where = 1;
}

static int order;
static int filter(int answer, const char *name)
{
    printf("filter %s ", name);
    return answer;
}

static void nested(void)
{
    __try {
        __try {
            __try {
                fault((int *)0);
            } __finally {
                printf("finally %d ", ++order);
            }
        } __except (filter(0, "inner")) {
            printf("not here ");
        }
    } __except (filter(1, "outer")) {
        printf("handled ");
    }
    printf("| nested\n");
}

__declspec(noinline) static int leaves(int how)
{
    __try {
        if (how == 0)
            return 1;
        if (how == 1)
            __leave;
        fault((int *)16);
    } __finally {
        printf("finally ");
    }
    return 2;
}

static int code_of(unsigned long code)
{
    printf("code %08lx ", code);
    return 1;
}

int main(void)
{
    nested();
    printf("%d ", leaves(0));
    printf("%d ", leaves(1));
    __try {
        leaves(2);
    } __except (code_of(_exception_code())) {
        printf("handled ");
    }
    printf("| leaving\n");
    for (int i = 0; i < 3; i++) {
        __try {
            fault((int *)0);
        } __except (1) {
            printf("%d ", i);
            continue;
        }
    }
    printf("| loop\n");
    return 0;
}
