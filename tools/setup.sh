#!/bin/sh
# setup.sh - install what softfault needs to build, once, on Debian 12 and newer.
#
# Says what it installs before it does. Does nothing, in well under a second, where all is there.
# Unicorn older than 2.1.3 has no UC_HOOK_TLB_FILL we can use: where the system's own is older, the two
# Unicorn packages (and nothing else) are fetched from a newer Debian suite through a private apt
# configuration; the user's own sources are left alone.
set -eu

UNICORN_MIN=2.1.3
PACKAGES="meson ninja-build gcc libc6-dev pkg-config check libcapstone-dev libjansson-dev libpopt-dev \
gcc-mingw-w64-i686-win32 gcc-mingw-w64-x86-64-win32 binutils-mingw-w64-i686 binutils-mingw-w64-x86-64"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else die "must install packages: run this as root, or install sudo"
    fi
}

apt_get() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends "$@"; }

missing_packages() {
    for package in $PACKAGES "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
    done
}

unicorn_is_new_enough() { pkg-config --atleast-version=$UNICORN_MIN unicorn 2>/dev/null; }

# The newest suites carry 2.1.4, whose packages need only libc6 >= 2.34.
unicorn_from_newer_suite() {
    base=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | sort -u | head -n 1)
    [ -n "$base" ] || die "apt knows no Debian mirror: cannot find Unicorn >= $UNICORN_MIN"
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    for suite in trixie forky sid; do
        private=$(mktemp -d)
        chmod 755 "$private"
        mkdir -p "$private/sources.d" "$private/lists/partial"
        printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$base" "$suite" >"$private/sources.d/newer.list"
        set -- -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$private/sources.d" \
            -o Dir::State::Lists="$private/lists" -o APT::Get::List-Cleanup=0
        if as_root apt-get -qq "$@" update >/dev/null 2>&1 &&
            version=$(apt-cache "$@" policy libunicorn-dev | sed -n 's/^ *Candidate: //p') &&
            dpkg --compare-versions "${version:-0}" ge "$UNICORN_MIN"; then
            say "Unicorn $version from Debian $suite (this system's is older than $UNICORN_MIN)"
            (cd "$private" && apt-get -qq "$@" download libunicorn-dev "$(unicorn_library "$@")")
            apt_get install "$private"/*.deb >/dev/null
            rm -rf "$private"
            return 0
        fi
        rm -rf "$private"
    done
    die "no Debian suite at hand has Unicorn >= $UNICORN_MIN: install it by hand and try again"
}

unicorn_library() {
    apt-cache "$@" depends libunicorn-dev | sed -n 's/^ *Depends: \(libunicorn[^ ]*\)$/\1/p' | head -n 1
}

command -v apt-get >/dev/null 2>&1 || {
    unicorn_is_new_enough && exit 0
    die "this is no Debian: install $PACKAGES and Unicorn >= $UNICORN_MIN by hand"
}

want=$(missing_packages "$@")
if [ -n "$want" ]; then
    say "installing: $want"
    apt_get update
    # shellcheck disable=SC2086
    apt_get install $want >/dev/null
fi
if ! unicorn_is_new_enough; then
    if dpkg --compare-versions "$(apt-cache policy libunicorn-dev | sed -n 's/^ *Candidate: //p')" ge $UNICORN_MIN; then
        say "installing: libunicorn-dev"
        apt_get install libunicorn-dev >/dev/null
    else
        unicorn_from_newer_suite
    fi
fi
