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

/* The host's bytes are UTF-8.  A character is taken whole, and one of two units only where both have room.
 * => its units; 0: the end. */
static DWORD read_char(HANDLE console, WCHAR units[2])
{
    char bytes[4];
    DWORD n = 0, got = 0;

    do {
        if (!ReadFile(console, bytes + n, 1, &got, NULL) || got == 0)
            break;
        n++;
    } while (n < sizeof bytes && ((UCHAR)bytes[0] >= 0xC2) &&
             n < ((UCHAR)bytes[0] >= 0xF0   ? 4u
                  : (UCHAR)bytes[0] >= 0xE0 ? 3u
                                            : 2u));
    return n != 0 ? (DWORD)MultiByteToWideChar(CP_UTF8, 0, bytes, (int)n, units, 2) : 0;
}

/* A line, or as much of it as there is room for. */
BOOL WINAPI ReadConsoleW(HANDLE console, void *buffer, DWORD size, DWORD *ret_done, void *control)
{
    WCHAR *text = buffer, units[2];
    DWORD done = 0;
    (void)control;

    if (!is_console(console))
        return FALSE;
    while (done < size) {
        DWORD n = read_char(console, units);
        for (DWORD i = 0; i < n && done < size; i++)
            text[done++] = units[i];
        if (n == 0 || units[0] == L'\n')
            break;
    }
    if (ret_done != NULL)
        *ret_done = done;
    return TRUE;
}

/* ---- the screen: there is none, but programs ask how wide it is ---- */

enum { COLUMNS = 80, ROWS = 25, WHITE_ON_BLACK = 7 };

BOOL WINAPI GetConsoleScreenBufferInfo(HANDLE console, CONSOLE_SCREEN_BUFFER_INFO *info)
{
    if (!is_console(console))
        return FALSE;
    if (is_input(console))
        return k32_fail_with(ERROR_INVALID_HANDLE);
    *info = (CONSOLE_SCREEN_BUFFER_INFO){.dwSize = {COLUMNS, ROWS},
                                         .wAttributes = WHITE_ON_BLACK,
                                         .srWindow = {0, 0, COLUMNS - 1, ROWS - 1},
                                         .dwMaximumWindowSize = {COLUMNS, ROWS}};
    return TRUE;
}

enum { TITLE_MAX = 1024 };

static WCHAR title[TITLE_MAX]; /* empty: what the process was started with */

static const WCHAR *current_title(DWORD *ret_length)
{
    const UNICODE_STRING *started = &NtCurrentPeb()->ProcessParameters->WindowTitle;

    *ret_length = title[0] != L'\0' ? (DWORD)k32_wcslen(title) : started->Length / sizeof(WCHAR);
    return title[0] != L'\0' ? title : started->Buffer;
}

DWORD WINAPI GetConsoleTitleW(WCHAR *buffer, DWORD size)
{
    DWORD length;
    const WCHAR *text = current_title(&length);

    if (buffer == NULL || size == 0)
        return 0;
    DWORD fits = length < size ? length : size - 1;
    k32_memcpy(buffer, text, fits * sizeof(WCHAR));
    buffer[fits] = L'\0';
    return length;
}

DWORD WINAPI GetConsoleTitleA(char *buffer, DWORD size)
{
    DWORD length;
    const WCHAR *text = current_title(&length);

    if (buffer == NULL || size == 0)
        return 0;
    k32_give_narrow(text, length < size ? length : size - 1, buffer, size);
    return length;
}

BOOL WINAPI SetConsoleTitleW(const WCHAR *text)
{
    if (text == NULL || k32_wcslen(text) >= TITLE_MAX)
        return k32_fail_with(ERROR_INVALID_PARAMETER);
    k32_memcpy(title, text, (k32_wcslen(text) + 1) * sizeof(WCHAR));
    return TRUE;
}

BOOL WINAPI SetConsoleTitleA(const char *text)
{
    WCHAR *wide = k32_wide(text);
    BOOL done = wide != NULL ? SetConsoleTitleW(wide) : k32_fail_with(ERROR_INVALID_PARAMETER);

    k32_free(wide);
    return done;
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
