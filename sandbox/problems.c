#include "sandbox/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

void problems_add(struct problems *problems, const char *field, const char *format, ...)
{
    struct problem *problem = &problems->list[problems->count];
    va_list arguments;

    for (int i = 0; i < problems->count; i++)
        if (strcmp(problems->list[i].field, field) == 0)
            return;
    if (problems->count == PROBLEMS_MAX)
        return;
    problem->field = field;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    problems->count++;
}

void problems_write(const struct problems *problems, struct text *out)
{
    struct json_writer writer;

    json_write_init(&writer, out);
    json_begin_object(&writer);
    json_member_text(&writer, "message", "Validation Failed");
    json_key(&writer, "errors");
    json_begin_object(&writer);
    for (int i = 0; i < problems->count; i++)
        json_member_text(&writer, problems->list[i].field, problems->list[i].text);
    json_end_object(&writer);
    json_end_object(&writer);
}
