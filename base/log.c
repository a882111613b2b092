#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { LINE_MAX_BYTES = 2000, VALUE_MAX_BYTES = 200 };

static struct {
    const char *program;
    enum log_level least;
} state = {"handover", LOG_INFO};

static const char level_names[][6] = {"debug", "info", "warn", "error"};

void log_open(const char *program, enum log_level least)
{
    state.program = program;
    state.least = least;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
    for (size_t i = 0; i < array_length(level_names); i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

bool log_wants(enum log_level level)
{
    return level >= state.least;
}

static void put_context(struct text *line, const struct log_context *context)
{
    if (context->transfer)
        text_printf(line, " transfer=%" PRId64, context->transfer);
    if (context->task)
        text_printf(line, " task=%" PRId64, context->task);
    if (context->account)
        text_printf(line, " account=%.*s", VALUE_MAX_BYTES, context->account);
    if (context->entity)
        text_printf(line, " entity=%.*s", VALUE_MAX_BYTES, context->entity);
    if (context->record)
        text_printf(line, " record=%.*s", VALUE_MAX_BYTES, context->record);
}

void log_event(enum log_level level, const struct log_context *context, const char *event, const char *format, ...)
{
    struct text line;
    char instant[INSTANT_SIZE];
    int64_t now_ms = 0;
    va_list arguments;

    if (!log_wants(level))
        return;
    now_ms = clock_wall_ms();
    text_init(&line, LINE_MAX_BYTES);
    instant_format(now_ms / 1000, instant);
    text_printf(&line, "%.19s.%03dZ %s[%d] %s %s", instant, (int)(now_ms % 1000), state.program, (int)getpid(),
                level_names[level], event);
    if (context)
        put_context(&line, context);
    if (format[0]) {
        char rest[LINE_MAX_BYTES];

        va_start(arguments, format);
        vsnprintf(rest, sizeof rest - 1, format, arguments);
        va_end(arguments);
        text_putc(&line, ' ');
        text_put(&line, rest, strlen(rest) < line.cap - line.size ? strlen(rest) : line.cap - line.size);
    }
    /* Source keys and faults may hold anything; a line feed in them would forge lines. */
    for (size_t i = 0; i < line.size; i++)
        if ((unsigned char)line.data[i] < 0x20 || line.data[i] == 0x7F)
            line.data[i] = ' ';
    fprintf(stderr, "%s\n", text_string(&line));
    text_release(&line);
}

void log_fault(enum log_level level, const struct log_context *context, const char *event, const struct fault *fault)
{
    log_event(level, context, event, "kind=%s code=%d text=\"%s\"", fault_kind_name(fault->kind), fault->code,
              fault->text);
}
