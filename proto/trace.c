#include "proto/trace.h"

#include "base/log.h"

enum { LINE_SIZE = 1500 };

void trace_message(const char *event, const struct message *message)
{
    struct text line;

    if (!log_wants(LOG_DEBUG))
        return;
    text_init(&line, LINE_SIZE);
    message_print(message, &line);
    log_event(LOG_DEBUG, NULL, event, "%s", text_string(&line));
    text_release(&line);
}
