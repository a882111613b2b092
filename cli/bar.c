#include "cli/bar.h"

#include <stdio.h>
#include <unistd.h>

enum { WIDTH = 30, WHOLE = 1000 };

void bar_move(struct bar *bar, double done)
{
    int now = done < 0 ? 0 : done > 1 ? WHOLE : (int)(done * WHOLE);

    if (now == bar->shown || !isatty(STDERR_FILENO))
        return;
    bar->shown = now;
    fprintf(stderr, "\r%s [", bar->title);
    for (int i = 0; i < WIDTH; i++)
        fputc(i * WHOLE < now * WIDTH ? '#' : '.', stderr);
    fprintf(stderr, "] %d.%d %% ", now / 10, now % 10);
    fflush(stderr);
}

void bar_move_bytes(void *bar, int64_t done, int64_t total)
{
    bar_move(bar, total > 0 ? (double)done / (double)total : 1);
}

void bar_end(struct bar *bar)
{
    if (bar->shown >= 0)
        fputs("\r\033[K", stderr);
    bar->shown = -1;
}
