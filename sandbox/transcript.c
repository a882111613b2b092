#include "sandbox/transcript.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

enum { LINE_MAX_SIZE = 96 * 1024 * 1024 };

struct transcript {
    FILE *file;
    struct text line;
};

bool transcript_open(const char *path, struct transcript **ret, struct fault *fault)
{
    struct transcript *transcript = x_alloc(sizeof *transcript);

    text_init(&transcript->line, LINE_MAX_SIZE);
    transcript->file = fopen(path, "ae");
    if (!transcript->file) {
        transcript_close(&transcript);
        return fault_errno(fault, FAULT_BAD_INPUT, "Cannot write to %s", path);
    }
    *ret = transcript;
    return true;
}

void transcript_close(struct transcript **place)
{
    struct transcript *transcript = *place;

    *place = NULL;
    if (!transcript)
        return;
    file_close(&transcript->file);
    text_release(&transcript->line);
    free(transcript);
}

/* JSON as it is, other bytes as a text, nothing as null. */
static void put_body(struct json_writer *writer, const char *name, struct slice body)
{
    scoped(json_destroy) struct json *json = NULL;
    struct fault ignored;

    json_key(writer, name);
    if (!body.size)
        json_put_null(writer);
    else if (json_parse(body.data, body.size, &json, &ignored))
        json_put_raw(writer, body);
    else
        json_put_slice(writer, body);
}

void transcript_add(struct transcript *transcript, const struct request *request, const struct answer *answer,
                    bool disturbed)
{
    const char *query = strchr(request->target, '?');
    struct slice path = {request->target, query ? (size_t)(query - request->target) : strlen(request->target)};
    struct json_writer writer;

    text_clear(&transcript->line);
    json_write_init(&writer, &transcript->line);
    json_begin_object(&writer);
    json_member_text(&writer, "method", request->method);
    json_key(&writer, "path");
    json_put_slice(&writer, path);
    json_member_text(&writer, "query", query ? query + 1 : "");
    put_body(&writer, "body", request->body);
    json_member_integer(&writer, "status", answer->end == ANSWER_CLOSE ? 0 : answer->status);
    json_member_text(&writer, "type", answer->content_type);
    put_body(&writer, "answer", text_slice(&answer->body));
    json_member_bool(&writer, "disturbed", disturbed);
    json_end_object(&writer);
    text_putc(&transcript->line, '\n');
    fwrite(transcript->line.data, 1, transcript->line.size, transcript->file);
    fflush(transcript->file);
}
