#include "sandbox/wall_clock.h"

#include <time.h>

#include "base/clock.h"
#include "base/must.h"

static int64_t ahead_ms;

void wall_clock_set_ahead(int64_t seconds)
{
    ahead_ms = seconds * 1000;
}

int64_t wall_clock_ms(void)
{
    return clock_wall_ms() + ahead_ms;
}

void wall_clock_date(char ret[WALL_CLOCK_DATE_SIZE])
{
    time_t seconds = (time_t)(wall_clock_ms() / 1000);
    struct tm parts;

    must(gmtime_r(&seconds, &parts));
    must(strftime(ret, WALL_CLOCK_DATE_SIZE, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
}
