/* start.c - where such a program begins: the arguments from msvcrt, then main. */
int __getmainargs(int *argc, char ***argv, char ***environment, int glob, int *mode);
void exit(int status);
int main(int argc, char **argv);
void mainCRTStartup(void)
{
    int argc, mode = 0;
    char **argv, **environment;
    __getmainargs(&argc, &argv, &environment, 0, &mode);
    exit(main(argc, argv));
}
int _fltused;

/* Every type descriptor refers to it; Microsoft's import library has it too. */
const void *const type_info_table[1] __asm__("??_7type_info@@6B@") = {0};
