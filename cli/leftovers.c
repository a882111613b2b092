#include "cli/leftovers.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/process.h"

enum {
    DRAIN_LIMIT_MS = 35000, /* the programs give themselves 30 s */
    REDIS_LIMIT_MS = 5000,
    FAST_LIMIT_MS = 60000,
    FORCE_LIMIT_MS = 10000,
    STEP_MS = 20,
};

static const char file_name[] = "children";

void leftovers_add(struct leftovers *leftovers, const char *name, pid_t pid)
{
    struct leftover *row = &leftovers->rows[leftovers->count];

    if (leftovers->count == LEFTOVERS_MOST || strlen(name) >= sizeof row->name)
        return;
    *row = (struct leftover){.pid = pid, .started = process_start_time(pid)};
    memcpy(row->name, name, strlen(name) + 1);
    leftovers->count++;
}

void leftovers_write(const struct data_folder *folder, const struct leftovers *leftovers)
{
    scoped(string_free) char *path = data_folder_path(folder, file_name);
    scoped(string_free) char *draft = x_sprintf("%s.new", path);
    FILE *file = fopen(draft, "we");
    bool written = file != NULL;

    for (size_t i = 0; written && i < leftovers->count; i++)
        written = fprintf(file, "%s %d %" PRIu64 "\n", leftovers->rows[i].name, (int)leftovers->rows[i].pid,
                          leftovers->rows[i].started) > 0;
    if (file && fclose(file) != 0)
        written = false;
    if (written && rename(draft, path) != 0)
        unlink(draft);
}

static void read_rows(const struct data_folder *folder, struct leftovers *ret)
{
    scoped(string_free) char *path = data_folder_path(folder, file_name);
    scoped(file_close) FILE *file = fopen(path, "re");
    char line[128];

    ret->count = 0;
    while (file && ret->count < LEFTOVERS_MOST && fgets(line, sizeof line, file)) {
        struct leftover *row = &ret->rows[ret->count];

        if (sscanf(line, "%23s %d %" SCNu64, row->name, &row->pid, &row->started) == 3 && row->pid > 1)
            ret->count++;
    }
}

static bool lives(const struct leftover *row)
{
    return row->started && process_start_time(row->pid) == row->started;
}

static bool ends_within(const struct leftover *row, int limit_ms)
{
    int64_t until_ms = clock_monotonic_ms() + limit_ms;

    while (lives(row)) {
        if (clock_monotonic_ms() >= until_ms)
            return false;
        pause_ms(STEP_MS);
    }
    return true;
}

/* Tells it by a signal (0 for none) and waits. */
static bool ends_by(const struct leftover *row, int number, int limit_ms)
{
    if (lives(row) && number)
        kill(row->pid, number);
    return ends_within(row, limit_ms);
}

static bool stop_row(const struct leftover *row)
{
    if (strcmp(row->name, "postgresql") == 0)
        return ends_by(row, SIGINT, FAST_LIMIT_MS) || ends_by(row, SIGQUIT, FORCE_LIMIT_MS) ||
               ends_by(row, SIGKILL, FORCE_LIMIT_MS);
    if (strcmp(row->name, "redis") == 0)
        return ends_by(row, SIGTERM, REDIS_LIMIT_MS) || ends_by(row, SIGKILL, FORCE_LIMIT_MS);
    return ends_by(row, 0, DRAIN_LIMIT_MS) || ends_by(row, SIGTERM, FORCE_LIMIT_MS) ||
           ends_by(row, SIGKILL, FORCE_LIMIT_MS);
}

bool leftovers_stop(const struct data_folder *folder, struct fault *fault)
{
    struct leftovers leftovers;

    read_rows(folder, &leftovers);
    for (size_t i = leftovers.count; i-- > 0;) {
        const struct leftover *row = &leftovers.rows[i];

        if (!lives(row))
            continue;
        log_event(LOG_INFO, NULL, "leftover_found", "name=%s pid=%d", row->name, (int)row->pid);
        if (!stop_row(row))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "%s of an earlier run (process %d) is still there and cannot be stopped: %s. Stop it "
                             "first.",
                             row->name, (int)row->pid, errno == EPERM ? "no permission" : "it does not react");
    }
    return true;
}
