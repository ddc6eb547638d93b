/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file_win32.c - the Win32 and C library calls on files: what they answer, and GetLastError or errno where they fail.
 */
#include <direct.h>
#include <errno.h>
#include <io.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

/* A call that says yes or no. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        SetLastError(0);                                                                                               \
        if (call)                                                                                                      \
            printf("%s\n", #call);                                                                                     \
        else                                                                                                           \
            printf("%s: error %lu\n", #call, GetLastError());                                                          \
    } while (0)

static HANDLE make(const char *name, const char *text)
{
    DWORD done;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                              CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    WriteFile(file, text, (DWORD)strlen(text), &done, NULL);
    return file;
}

static BOOL opens(const char *name, DWORD access, DWORD disposition, DWORD flags)
{
    HANDLE file = CreateFileA(name, access, 7, NULL, disposition, flags, NULL);
    DWORD error = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    SetLastError(error);
    if (file != INVALID_HANDLE_VALUE && error)
        printf("%lu of ", error);
    return file != INVALID_HANDLE_VALUE;
}

static void check_opening(void)
{
    CloseHandle(make("D:\\file", "text"));
    TRY(opens("D:\\file", GENERIC_READ, CREATE_NEW, 0));
    TRY(opens("D:\\file", GENERIC_READ, CREATE_ALWAYS, 0));
    TRY(opens("D:\\file", GENERIC_READ, OPEN_ALWAYS, 0));
    TRY(opens("D:\\none", GENERIC_READ, OPEN_EXISTING, 0));
    TRY(opens("D:\\none\\none", GENERIC_READ, OPEN_EXISTING, 0));
    TRY(opens("D:\\file", GENERIC_READ, TRUNCATE_EXISTING, 0));
    TRY(opens("D:\\file", GENERIC_WRITE, TRUNCATE_EXISTING, 0));
    TRY(opens("D:\\", GENERIC_READ, OPEN_EXISTING, 0));
    TRY(opens("D:\\", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    TRY(opens("D:\\a:b", GENERIC_WRITE, CREATE_NEW, 0));
    TRY(opens("E:\\new", GENERIC_WRITE, CREATE_NEW, 0));
    TRY(opens("D:\\file", GENERIC_READ, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE));
    TRY(opens("D:\\file", GENERIC_READ, OPEN_EXISTING, 0));
}

static void check_names(void)
{
    TRY(CreateDirectoryA("D:\\folder", NULL));
    TRY(CreateDirectoryA("D:\\folder", NULL));
    TRY(CreateDirectoryA("D:\\none\\folder", NULL));
    CloseHandle(make("D:\\folder\\a", "aaaa"));
    TRY(RemoveDirectoryA("D:\\folder"));
    TRY(RemoveDirectoryA("D:\\folder\\a"));
    TRY(DeleteFileA("D:\\folder"));
    TRY(DeleteFileA("D:\\none"));
    TRY(CopyFileA("D:\\folder\\a", "D:\\b", TRUE));
    TRY(CopyFileA("D:\\folder\\a", "D:\\b", TRUE));
    TRY(CopyFileA("D:\\folder\\a", "D:\\b", FALSE));
    TRY(CopyFileA("D:\\folder", "D:\\c", FALSE));
    TRY(MoveFileA("D:\\b", "D:\\folder\\a"));
    TRY(MoveFileExA("D:\\b", "D:\\folder\\a", MOVEFILE_REPLACE_EXISTING));
    TRY(MoveFileA("D:\\none", "D:\\c"));
    TRY(MoveFileA("E:\\old", "D:\\old"));
    TRY(MoveFileExA("D:\\folder\\a", "D:\\c", MOVEFILE_DELAY_UNTIL_REBOOT));
    TRY(SetFileAttributesA("D:\\folder\\a", FILE_ATTRIBUTE_READONLY));
    TRY(DeleteFileA("D:\\folder\\a"));
    TRY(CopyFileA("D:\\folder\\a", "D:\\copy", FALSE));
    printf("attributes of the copy: %lx\n", GetFileAttributesA("D:\\copy"));
    TRY(SetFileAttributesA("D:\\copy", 0));
    TRY(SetFileAttributesA("D:\\folder\\a", 0));
    TRY(DeleteFileA("D:\\copy"));
    HANDLE log = CreateFileA("D:\\folder\\a", GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    TRY(CopyFileA("D:\\folder\\a", "D:\\copy", FALSE)); /* somebody writes it, and shares it */
    CloseHandle(log);
    TRY(DeleteFileA("D:\\copy"));
    TRY(SetFileAttributesA("D:\\none", 0));
    TRY(GetFileAttributesA("D:\\none\\x") != INVALID_FILE_ATTRIBUTES);
}

static void check_handles(void)
{
    BY_HANDLE_FILE_INFORMATION info;
    WIN32_FILE_ATTRIBUTE_DATA data;
    FILETIME some = {0, 0x1C50000}, got;
    OVERLAPPED at = {.Offset = 2};
    char bytes[16] = "";
    DWORD done = 9;
    HANDLE file = make("D:\\held", "0123456789");
    TRY(GetFileInformationByHandle(file, &info));
    printf("size %lu, links %lu, attributes %lx, serial %lx\n", info.nFileSizeLow, info.nNumberOfLinks,
           info.dwFileAttributes, info.dwVolumeSerialNumber);
    TRY(SetFileTime(file, NULL, NULL, &some));
    TRY(GetFileTime(file, NULL, NULL, &got) && CompareFileTime(&some, &got) == 0);
    TRY(GetFileAttributesExA("D:\\held", GetFileExInfoStandard, &data));
    printf("size %lu, %s\n", data.nFileSizeLow, CompareFileTime(&some, &data.ftLastWriteTime) ? "other" : "that time");
    TRY(ReadFile(file, bytes, 3, &done, &at));
    printf("%lu bytes '%s', position %lu\n", done, bytes, SetFilePointer(file, 0, NULL, FILE_CURRENT));
    at.Offset = 100;
    TRY(ReadFile(file, bytes, 3, &done, &at));
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    TRY(SetEndOfFile(file));
    printf("size %lu\n", GetFileSize(file, NULL));
    TRY(SetFilePointer(file, -1, NULL, FILE_BEGIN) != INVALID_SET_FILE_POINTER);
    TRY(FlushFileBuffers(file));
    TRY(LockFile(file, 0, 0, 10, 0));
    HANDLE other = CreateFileA("D:\\held", GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    TRY(LockFile(other, 5, 0, 1, 0));
    TRY(ReadFile(other, bytes, 1, &done, NULL));
    TRY(UnlockFile(file, 0, 0, 9, 0));
    TRY(UnlockFile(file, 0, 0, 10, 0));
    at.Offset = 0;
    TRY(LockFileEx(other, LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at));
    TRY(UnlockFileEx(other, 0, 1, 0, &at));
    TRY(DeviceIoControl(file, 0x9C040, NULL, 0, NULL, 0, &done, NULL));
    CloseHandle(other);
    CloseHandle(file);
    TRY(DeleteFileA("D:\\held"));
}

static void CALLBACK completed(DWORD error, DWORD done, OVERLAPPED *overlapped)
{
    printf("completed: error %lu, %lu bytes at %lu\n", error, done, overlapped->Offset);
}

static void check_overlapped(void)
{
    OVERLAPPED at = {.Offset = 2};
    char bytes[16] = "";
    DWORD done = 0;
    CloseHandle(make("D:\\later", "0123456789"));
    HANDLE file = CreateFileA("D:\\later", GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    at.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    TRY(ReadFile(file, bytes, 3, &done, NULL));
    TRY(ReadFile(file, bytes, 3, NULL, &at));
    TRY(GetOverlappedResult(file, &at, &done, TRUE));
    printf("%lu bytes '%s', event %lu\n", done, bytes, WaitForSingleObject(at.hEvent, 0));
    TRY(ReadFileEx(file, bytes, 4, &at, completed));
    printf("before the wait\n");
    printf("wait: %lx\n", SleepEx(0, TRUE));
    CloseHandle(at.hEvent);
    CloseHandle(file);
    TRY(DeleteFileA("D:\\later"));
}

static void check_disks(void)
{
    DWORD sectors, bytes, free, total, serial, longest, flags;
    ULARGE_INTEGER for_caller, all, left;
    char text[64], *at = text;
    TRY(GetDiskFreeSpaceA("D:\\", &sectors, &bytes, &free, &total));
    printf("%lu sectors of %lu bytes, %lu of %lu\n", sectors, bytes, free, total);
    TRY(GetDiskFreeSpaceExA("D:\\folder", &for_caller, &all, &left));
    printf("%lu MB of %lu\n", (DWORD)(left.QuadPart >> 20), (DWORD)(all.QuadPart >> 20));
    TRY(GetDiskFreeSpaceExA("Q:\\", NULL, NULL, NULL));
    printf("drives %lx:", GetLogicalDrives());
    for (GetLogicalDriveStringsA(sizeof text, text); *at; at += strlen(at) + 1)
        printf(" %s", at);
    printf("\ntypes: %u %u %u %u\n", GetDriveTypeA("D:\\"), GetDriveTypeA("Q:\\"), GetDriveTypeA(NULL),
           GetDriveTypeA("D:\\folder"));
    TRY(GetVolumeInformationA("D:\\", text, sizeof text, &serial, &longest, &flags, text + 16, 16));
    printf("'%s' %lx %lu %lx '%s'\n", text, serial, longest, flags, text + 16);
    TRY(GetVolumeInformationA("D:\\", NULL, 0, NULL, NULL, NULL, text, 3));
    TRY(GetVolumeInformationA("D:", NULL, 0, NULL, NULL, NULL, text, 16));
}

static void check_spellings(void)
{
    char name[MAX_PATH] = "", again[MAX_PATH] = "";
    WORD date = 0, time = 0;
    FILETIME when;
    TRY(GetTempFileNameA("D:\\folder", "prefix", 0x1A2B, name));
    printf("'%s', %s\n", name, GetFileAttributesA(name) == INVALID_FILE_ATTRIBUTES ? "not made" : "made");
    TRY(GetTempFileNameA("D:\\folder\\", "x", 0, name));
    TRY(GetTempFileNameA("D:\\folder", "x", 0, again));
    printf("%.11s, %s, %s\n", name, GetFileAttributesA(name) == INVALID_FILE_ATTRIBUTES ? "not made" : "made",
           strcmp(name, again) ? "another each time" : "the same");
    DeleteFileA(name);
    DeleteFileA(again);
    TRY(GetTempFileNameA("D:\\none", "x", 0, name));
    TRY(GetShortPathNameA("D:\\folder", name, sizeof name));
    TRY(GetLongPathNameA("D:\\none", name, sizeof name));
    TRY(SetCurrentDirectoryA("D:\\folder"));
    TRY(GetCurrentDirectoryA(sizeof name, name));
    TRY(GetFullPathNameA("..\\x\\.\\y. ", sizeof again, again, NULL));
    printf("'%s' '%s'\n", name, again);
    TRY(SetCurrentDirectoryA("D:\\none"));
    TRY(SetCurrentDirectoryA("D:\\folder\\a"));
    TRY(SearchPathA("D:\\;D:\\folder", "A", NULL, sizeof name, name, NULL));
    printf("'%s'\n", name);
    TRY(DosDateTimeToFileTime(0x3221, 0x4A6B, &when));
    TRY(FileTimeToDosDateTime(&when, &date, &time));
    printf("%x %x\n", date, time);
    TRY(DosDateTimeToFileTime(0x3201, 0xFFFF, &when));
    TRY(AreFileApisANSI());
    SetFileApisToOEM();
    TRY(AreFileApisANSI());
    SetFileApisToANSI();
}

/* --- The C library -------------------------------------------------------------------------------------------- */

#define CRT(call)                                                                                                      \
    do {                                                                                                               \
        errno = 0;                                                                                                     \
        long result = (long)(call);                                                                                    \
        printf("%s: %ld, errno %d\n", #call, result, errno);                                                           \
    } while (0)

static void check_library(void)
{
    struct _stat plain;
    struct _stati64 wide;
    struct _finddata_t found;
    char text[MAX_PATH] = "";
    CRT(_mkdir("D:\\crt"));
    CRT(_mkdir("D:\\crt"));
    FILE *file = _wfopen(L"D:\\crt\\a.exe", L"wb");
    fputs("hello", file);
    fclose(file);
    CRT(_stat("D:\\crt\\a.exe", &plain));
    printf("%ld bytes, mode %o, drive %d\n", (long)plain.st_size, plain.st_mode, (int)plain.st_dev);
    CRT(_wstati64(L"D:\\crt", &wide));
    printf("%ld bytes, mode %o, links %d\n", (long)wide.st_size, wide.st_mode, wide.st_nlink);
    printf("written in %s\n", plain.st_mtime >= 1104537600 && plain.st_mtime < 1104537600 + 3600 ? "2005" : "?");
    CRT(_stat("D:\\crt\\*", &plain));
    CRT(_stat("D:\\none", &plain));
    CRT(_fstat(1, &plain));
    printf("mode %o\n", plain.st_mode);
    intptr_t find = _findfirst("D:\\crt\\*", &found);
    do
        printf("%s %x %lu\n", found.name, found.attrib, (unsigned long)found.size);
    while (_findnext(find, &found) == 0);
    CRT(_findclose(find));
    CRT(_findfirst("D:\\crt\\*.c", &found));
    CRT(_chdir("D:\\crt"));
    printf("%s\n", _getcwd(text, sizeof text));
    CRT(_getcwd(text, 3) != NULL);
    CRT(rename("a.exe", "b"));
    CRT(rename("a.exe", "b"));
    CRT(_access("b", 2));
    CRT(_chmod("b", _S_IREAD));
    CRT(_access("b", 2));
    CRT(_access("b", 4));
    CRT(remove("b"));
    CRT(_chmod("b", _S_IREAD | _S_IWRITE));
    CRT(_unlink("b"));
    CRT(_unlink("b"));
    CRT(_chdir("D:\\"));
    CRT(_rmdir("crt"));
}

int main(void)
{
    check_opening();
    check_names();
    check_handles();
    check_overlapped();
    check_disks();
    check_spellings();
    check_library();
    return 0;
}
