#include "sandbox/answer.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"

enum { BODY_MAX = 64 * 1024 * 1024, MESSAGE_SIZE = 512 };

void answer_init(struct answer *answer)
{
    *answer = (struct answer){.reset = -1};
    text_init(&answer->body, BODY_MAX);
}

void answer_clear(struct answer *answer)
{
    struct text body = answer->body;

    string_free(&answer->file);
    *answer = (struct answer){.reset = -1, .body = body};
    text_clear(&answer->body);
}

void answer_release(struct answer *answer)
{
    text_release(&answer->body);
    string_free(&answer->file);
}

void answer_empty(struct answer *answer, int status)
{
    text_clear(&answer->body);
    answer->status = status;
    answer->content_type = NULL;
}

void answer_json(struct answer *answer, int status)
{
    answer->status = status;
    answer->content_type = "application/json; charset=utf-8";
}

void answer_message(struct answer *answer, int status, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    struct json_writer writer;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    text_clear(&answer->body);
    json_write_init(&writer, &answer->body);
    json_begin_object(&writer);
    json_member_text(&writer, "message", message);
    json_end_object(&writer);
    answer_json(answer, status);
}

void answer_html(struct answer *answer, int status, const char *title)
{
    text_clear(&answer->body);
    text_printf(&answer->body,
                "<!DOCTYPE html>\n<html>\n<head><title>%s (%d)</title></head>\n<body><h1>%s</h1></body>\n</html>\n",
                title, status, title);
    answer->status = status;
    answer->content_type = "text/html; charset=utf-8";
}
