/* SPDX-License-Identifier: GPL-2.0-or-later */
/* user_libraries.c - what console programs call of user32, oleaut32 and shlwapi. */
#include "win32.h"

#include <oleauto.h>
#include <shlwapi.h>

static void show_user(void)
{
    char text[64] = "Gr\xFC\xDF"
                    "e 1";
    WCHAR wide[64];

    CharUpperA(text);
    printf("%02x%02x %s\n", (BYTE)text[2], (BYTE)text[3], text + 4);
    printf("%c %c\n", (char)(ULONG_PTR)CharUpperA((char *)(ULONG_PTR)'q'),
           (char)(ULONG_PTR)CharLowerA((char *)(ULONG_PTR)'Q'));
    check("next, previous", CharNextA("ab")[0] == 'b' && CharPrevExA(1252, text, text + 3, 0) == text + 2);
    check("at the ends", *CharNextA("") == '\0' && CharPrevA(text, text) == text);
    check("kinds", IsCharAlphaA('a') && !IsCharAlphaA('1') && IsCharAlphaNumericA('1') && IsCharUpperW(0xC4));
    printf("%d", wsprintfA(text, "%s|%5d|%-5d|%05u|%#x|%c|%ls|%%", "s", -42, 42, 7, 0xAB, 'z', L"w"));
    printf(" [%s]\n", text);
    printf("%d\n", wsprintfW(wide, L"%s %hs %I64d", L"w", "n", 1234567890123LL));
    printf("%ls\n", wide);
    CharToOemA("\xE9", text);
    printf("OEM %02x\n", (BYTE)text[0]);
    printf("string: %d\n", LoadStringA(NULL, 12345, text, sizeof text));
    TRY("class", UnregisterClassA("none", NULL));
}

static void show_strings(void)
{
    BSTR a = SysAllocString(L"text"), b = SysAllocStringLen(L"longer text", 6), c = SysAllocStringByteLen("odd", 3);
    VARIANT v, w;

    printf("%u %u %u %ls\n", SysStringLen(a), SysStringByteLen(a), SysStringLen(b), b);
    printf("%u %u, NULL %u\n", SysStringByteLen(c), SysStringLen(c), SysStringLen(NULL));
    VariantInit(&v);
    VariantInit(&w);
    v.vt = VT_BSTR;
    v.bstrVal = a;
    check("copy", VariantCopy(&w, &v) == S_OK && w.bstrVal != a && wcscmp(w.bstrVal, L"text") == 0);
    check("clear", VariantClear(&v) == S_OK && v.vt == VT_EMPTY && VariantClear(&w) == S_OK);
    v.vt = 0x7777;
    check("bad type", VariantClear(&v) == DISP_E_BADVARTYPE);
    SysFreeString(b);
    SysFreeString(c);
    SysFreeString(NULL);
}

static void show_combined(const WCHAR *folder, const WCHAR *file)
{
    WCHAR path[MAX_PATH];

    printf("%ls + %ls = %ls\n", folder, file, PathCombineW(path, folder, file) != NULL ? path : L"none");
}

static void show_paths(void)
{
    WCHAR path[MAX_PATH] = L"C:\\a\\b.txt";

    check("find", StrStrIW(L"one TWO", L"two") != NULL && StrStrIW(L"one", L"two") == NULL);
    printf("%ls %ls\n", PathFindFileNameW(path), PathFindExtensionW(path));
    while (PathRemoveFileSpecW(path))
        printf("%ls\n", path);
    show_combined(L"C:\\a", L"b");
    show_combined(L"C:\\a\\", L"..\\b");
    show_combined(L"C:\\a", L"D:\\b");
    show_combined(L"C:\\a", L"\\b");
    check("relative", PathIsRelativeW(L"a") && !PathIsRelativeW(L"\\a") && !PathIsRelativeW(L"C:\\"));
}

int main(void)
{
    show_user();
    show_strings();
    show_paths();
    return 0;
}
