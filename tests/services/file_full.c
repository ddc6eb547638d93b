/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_full.c - a host that takes no more: the script lets files grow to 64 KB. */
#include "file_service.h"

int main(void)
{
    static char bytes[48 << 10];
    IO_STATUS_BLOCK io;
    LARGE_INTEGER end = {.QuadPart = 1 << 20};
    HANDLE file = open_file(L"D:\\full");
    memset(bytes, 'x', sizeof bytes);
    NTSTATUS status = NtWriteFile(file, NULL, NULL, NULL, &io, bytes, sizeof bytes, NULL, NULL);
    printf("48 KB: %s, %lu\n", status_name(status), (unsigned long)io.Information);
    status = NtWriteFile(file, NULL, NULL, NULL, &io, bytes, sizeof bytes, NULL, NULL);
    printf("48 KB more: %s, %lu\n", status_name(status), (unsigned long)io.Information);
    status = NtWriteFile(file, NULL, NULL, NULL, &io, bytes, 1, NULL, NULL);
    printf("a byte more: %s\n", status_name(status));
    say("an end at 1 MB", NtSetInformationFile(file, &io, &end, sizeof end, 20));
    end.QuadPart = 0x7FFFFFFFFFFFFFFF;
    say("an end at the last byte that there can be", NtSetInformationFile(file, &io, &end, sizeof end, 20));
    end.QuadPart = 1000;
    say("an end at 1000", NtSetInformationFile(file, &io, &end, sizeof end, 20));
    NtClose(file);
    file = CreateFileW(L"D:\\again", GENERIC_WRITE, 0, NULL, CREATE_NEW, 0, NULL);
    DWORD done = 0;
    for (unsigned i = 0; i < 2; i++) {
        BOOL wrote = WriteFile(file, bytes, sizeof bytes, &done, NULL);
        printf("WriteFile: %d, error %lu\n", wrote, wrote ? 0 : GetLastError());
    }
    CloseHandle(file);
    return 0;
}
