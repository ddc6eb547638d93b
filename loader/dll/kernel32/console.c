/* SPDX-License-Identifier: GPL-2.0-or-later */
/* console.c - the console is the three standard streams: they have a mode and a code page, no screen. */
#include "k32.h"

enum { INPUT_MODE = 0x1F, OUTPUT_MODE = 0x3 }; /* the bits that NT 5.2 knows */

static DWORD input_mode = ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_MOUSE_INPUT;
static DWORD output_mode = ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT;
static UINT input_code_page = 437, output_code_page = 437;

static bool is_console(HANDLE handle)
{
    if (k32_device(handle) == K32_DEVICE_CONSOLE)
        return true;
    k32_fail_with(ERROR_INVALID_HANDLE);
    return false;
}

static bool is_input(HANDLE handle)
{
    return k32_handle(handle) == NtCurrentPeb()->ProcessParameters->StandardInput;
}

BOOL WINAPI GetConsoleMode(HANDLE console, DWORD *mode)
{
    if (!is_console(console))
        return FALSE;
    *mode = is_input(console) ? input_mode : output_mode;
    return TRUE;
}

BOOL WINAPI SetConsoleMode(HANDLE console, DWORD mode)
{
    bool input = is_input(console);

    if (!is_console(console))
        return FALSE;
    if (mode & ~(DWORD)(input ? INPUT_MODE : OUTPUT_MODE))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    *(input ? &input_mode : &output_mode) = mode;
    return TRUE;
}

BOOL WINAPI WriteConsoleA(HANDLE console, const void *buffer, DWORD size, DWORD *ret_done, void *reserved)
{
    (void)reserved;
    return is_console(console) && WriteFile(console, buffer, size, ret_done, NULL);
}

BOOL WINAPI WriteConsoleW(HANDLE console, const void *buffer, DWORD size, DWORD *ret_done, void *reserved)
{
    enum { CHUNK = 256 };
    const WCHAR *text = buffer;
    char narrow[CHUNK * 3];
    DWORD done = 0, written;
    (void)reserved;

    if (!is_console(console))
        return FALSE;
    while (done < size) {
        DWORD n = size - done < CHUNK ? size - done : CHUNK;
        if (n > 1 && n < size - done && IS_HIGH_SURROGATE(text[done + n - 1]))
            n--; /* keep pairs together */
        int bytes = WideCharToMultiByte(CP_UTF8, 0, text + done, (int)n, narrow, sizeof narrow, NULL, NULL);
        if (!WriteFile(console, narrow, (DWORD)bytes, &written, NULL))
            break;
        done += n;
    }
    if (ret_done != NULL)
        *ret_done = done;
    return done == size;
}

BOOL WINAPI ReadConsoleA(HANDLE console, void *buffer, DWORD size, DWORD *ret_done, void *control)
{
    (void)control;
    return is_console(console) && ReadFile(console, buffer, size, ret_done, NULL);
}

UINT WINAPI GetConsoleCP(void)
{
    return input_code_page;
}

UINT WINAPI GetConsoleOutputCP(void)
{
    return output_code_page;
}

BOOL WINAPI SetConsoleCP(UINT code_page)
{
    if (!IsValidCodePage(code_page))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    input_code_page = code_page;
    return TRUE;
}

BOOL WINAPI SetConsoleOutputCP(UINT code_page)
{
    if (!IsValidCodePage(code_page))
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    output_code_page = code_page;
    return TRUE;
}
