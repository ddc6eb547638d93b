// SPDX-License-Identifier: GPL-2.0-or-later
// exceptions.cpp - C++ exceptions in Microsoft's form (clang --target=*-pc-windows-msvc), through msvcrt.dll.  Each
// line follows from the language.
extern "C" int printf(const char *, ...);
extern "C" void exit(int);
extern "C" void *memcpy(void *, const void *, unsigned);
typedef decltype(sizeof 0) size_type;
void *operator new(size_type);
void operator delete(void *) noexcept;

static int live;
struct thing {
    int id;
    explicit thing(int i) : id(i)
    {
        live++;
        printf("+%d ", id);
    }
    thing(const thing &o) : id(o.id + 100)
    {
        live++;
        printf("+%d ", id);
    }
    ~thing()
    {
        live--;
        printf("-%d ", id);
    }
};

struct base {
    int b;
    virtual int who()
    {
        return 1;
    }
    virtual ~base()
    {
    }
    base(int x) : b(x)
    {
    }
};
struct left : virtual base {
    int l;
    left(int x) : base(x), l(x + 1)
    {
    }
    int who()
    {
        return 2;
    }
};
struct right : virtual base {
    int r;
    right(int x) : base(x), r(x + 2)
    {
    }
};
struct both : left, right {
    both(int x) : base(x), left(x), right(x)
    {
    }
    int who()
    {
        return 3;
    }
};
struct error {
    int code;
    error(int c) : code(c)
    {
    }
    error(const error &o) : code(o.code)
    {
    }
};
struct more : error {
    more(int c) : error(c)
    {
    }
};

static void line(const char *what)
{
    printf("| %s, live %d\n", what, live);
}
__declspec(noinline) static void thrower(int kind)
{
    thing local(10 + kind);
    switch (kind) {
    case 0: throw 42;
    case 1: throw more(7);
    case 2: throw both(5);
    case 3: throw &local;
    case 4: throw "text";
    case 5: throw 3.5;
    case 6: throw thing(50);
    }
}

static void by_type(int kind)
{
    try {
        thing here(1);
        thrower(kind);
        printf("not here\n");
    } catch (int value) {
        printf("int %d ", value);
    } catch (error &e) {
        printf("error %d ", e.code);
    } catch (base &b) {
        printf("base %d %d ", b.b, b.who());
    } catch (const char *text) {
        printf("text %s ", text);
    } catch (thing t) {
        printf("thing %d ", t.id);
    } catch (...) {
        printf("any ");
    }
    line("by type");
}

static void again()
{
    try {
        try {
            thing a(1);
            throw thing(2);
        } catch (thing &t) {
            thing b(3);
            printf("inner %d ", t.id);
            throw;
        }
    } catch (const thing &t) {
        printf("outer %d ", t.id);
    }
    line("again");
}

static void other()
{
    try {
        try {
            throw thing(1);
        } catch (thing &t) {
            printf("first %d ", t.id);
            thing local(4);
            throw 9;
        }
    } catch (int value) {
        printf("second %d ", value);
    }
    line("another one");
}

static void inside()
{
    try {
        throw 1;
    } catch (int outer) {
        try {
            thing t(1);
            throw outer + 1;
        } catch (int inner) {
            printf("%d in %d ", inner, outer);
        }
        try {
            throw thing(8);
        } catch (...) {
            try {
                throw;
            } catch (thing &t) {
                printf("same %d ", t.id);
            }
        }
    }
    line("inside a handler");
}

__declspec(noinline) static int deep(int n)
{
    thing t(n);
    if (n == 0)
        throw n;
    return deep(n - 1) + 1;
}

static void through()
{
    try {
        deep(4);
    } catch (int n) {
        printf("from %d ", n);
    }
    line("through frames");
}

__declspec(noinline) static int returns(int n)
{
    for (int i = 0; i < 3; i++) {
        try {
            thing t(i);
            if (i == n)
                throw i;
        } catch (int v) {
            if (v == 1)
                return v + 10;
            continue;
        }
    }
    return -1;
}

static int recursive(int n)
{
    try {
        if (n == 0)
            throw 1;
        recursive(n - 1);
    } catch (int v) {
        if (n < 3)
            throw v + 1;
        return v;
    }
    return 0;
}

struct half {
    thing a;
    half() : a(1)
    {
        throw 5;
    }
};
static void constructing()
{
    try {
        half h;
    } catch (int v) {
        printf("half %d ", v);
    }
    try {
        half *h = new half;
        (void)h;
    } catch (int v) {
        printf("new %d ", v);
    }
    line("constructing");
}

static unsigned seed = 12345;
static unsigned chance(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}
static unsigned long sum;
static void wander(int depth)
{
    thing *t = 0;
    try {
        unsigned what = chance(6);
        if (depth == 0 || what == 0)
            throw(int) chance(100);
        if (what == 1)
            throw more((int)chance(100));
        if (what == 2) {
            wander(depth - 1);
            wander(depth - 1);
        } else {
            wander(depth - 1);
        }
    } catch (error &e) {
        sum = sum * 31 + e.code;
        if (chance(3) == 0)
            throw;
    } catch (int v) {
        sum = sum * 37 + v;
        switch (chance(4)) {
        case 0: throw;
        case 1: throw more(v);
        }
    }
    (void)t;
}

extern "C" int main(int argc, char **argv)
{
    for (int kind = 0; kind < 7; kind++)
        by_type(kind);
    again();
    other();
    inside();
    through();
    printf("%d %d %d ", returns(0), returns(1), returns(5));
    line("returns");
    printf("recursive %d ", recursive(3));
    line("recursive");
    constructing();
    unsigned long caught = 0;
    for (int i = 0; i < 300; i++) {
        try {
            wander(8);
        } catch (...) {
            caught++;
        }
    }
    printf("wandered %lu %lu\n", sum & 0xffffffff, caught);
    if (argc > 1)
        throw more(3);
    return 0;
}
