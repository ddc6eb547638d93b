/* SPDX-License-Identifier: GPL-2.0-or-later */
/* user.h - what the sources of our user32 share.
 *
 * There are no windows: what works is what console programs call, characters, wsprintf and strings from resources. */
#ifndef SOFTFAULT_DLL_USER32_USER_H
#define SOFTFAULT_DLL_USER32_USER_H

#define _USER32_
#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0502
#endif
#define WIN32_LEAN_AND_MEAN
#include <stdarg.h>
#include <stdbool.h>
#include <windows.h>

/* One line to whoever runs the program, once for each call: there is no window for what it asked. */
void user_refuse(const char *what);

#endif
