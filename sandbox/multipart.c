#include "sandbox/multipart.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/must.h"

enum { HEAD_MAX = 4096, MARK_MAX = MULTIPART_BOUNDARY_SIZE + 4, HELD_MAX = 2 * MARK_MAX };

enum multipart_state {
    IN_PREAMBLE, /* before the first boundary */
    AFTER_MARK,  /* two bytes say whether a part follows or it is the end */
    IN_HEAD,
    IN_PART,
    AT_END,
    BROKEN,
};

struct multipart {
    const struct multipart_events *events;
    void *argument;
    enum multipart_state state;
    char mark[MARK_MAX]; /* CR LF -- boundary */
    size_t mark_size;
    char held[HELD_MAX]; /* bytes that may be the start of a mark */
    size_t held_size;
    struct text head;
};

bool multipart_boundary(const char *content_type, char ret[MULTIPART_BOUNDARY_SIZE])
{
    const char *at = strcasestr(content_type, "boundary=");
    size_t size = 0;

    if (!at)
        return false;
    at += strlen("boundary=");
    size = strcspn(at, "; \t");
    if (*at == '"') {
        at++;
        size = strcspn(at, "\"");
    }
    if (size == 0 || size >= MULTIPART_BOUNDARY_SIZE)
        return false;
    memcpy(ret, at, size);
    ret[size] = '\0';
    return !strpbrk(ret, "\r\n");
}

struct multipart *multipart_new(const char *boundary, const struct multipart_events *events, void *argument)
{
    struct multipart *multipart = x_alloc(sizeof *multipart);

    multipart->events = events;
    multipart->argument = argument;
    multipart->mark_size = (size_t)snprintf(multipart->mark, sizeof multipart->mark, "\r\n--%s", boundary);
    must(multipart->mark_size < sizeof multipart->mark);
    text_init(&multipart->head, HEAD_MAX);
    /* The first boundary may stand at the very start, so a line end before it is taken for granted. */
    memcpy(multipart->held, "\r\n", 2);
    multipart->held_size = 2;
    return multipart;
}

void multipart_destroy(struct multipart **place)
{
    struct multipart *multipart = *place;

    *place = NULL;
    if (!multipart)
        return;
    text_release(&multipart->head);
    free(multipart);
}

static void emit(struct multipart *multipart, const char *data, size_t size)
{
    if (size && multipart->state == IN_PART)
        multipart->events->data(multipart->argument, data, size);
}

static void pass_mark(struct multipart *multipart)
{
    if (multipart->state == IN_PART)
        multipart->events->end(multipart->argument);
    multipart->state = AFTER_MARK;
    multipart->held_size = 0;
}

static void hold(struct multipart *multipart, const char *data, size_t size)
{
    memcpy(multipart->held + multipart->held_size, data, size);
    multipart->held_size += size;
}

/* What was held back and the bytes after it, which may be a mark together. Returns how many of the bytes were used. */
static size_t feed_held(struct multipart *multipart, const char *data, size_t size)
{
    size_t reach = multipart->mark_size - 1;
    size_t before = multipart->held_size;
    size_t added = size < reach ? size : reach;
    const char *found = NULL;

    hold(multipart, data, added);
    found = memmem(multipart->held, multipart->held_size, multipart->mark, multipart->mark_size);
    if (found) {
        size_t start = (size_t)(found - multipart->held);

        emit(multipart, multipart->held, start);
        pass_mark(multipart);
        return start + multipart->mark_size - before;
    }
    if (added < size) {
        /* The mark does not start in what was held; the rest is looked at as it came. */
        emit(multipart, multipart->held, before);
        multipart->held_size = 0;
        return 0;
    }
    if (multipart->held_size > reach) {
        size_t gone = multipart->held_size - reach;

        emit(multipart, multipart->held, gone);
        memmove(multipart->held, multipart->held + gone, reach);
        multipart->held_size = reach;
    }
    return added;
}

static size_t feed_content(struct multipart *multipart, const char *data, size_t size)
{
    size_t reach = multipart->mark_size - 1;
    const char *found = NULL;
    size_t kept = 0;

    if (multipart->held_size) {
        size_t used = feed_held(multipart, data, size);

        if (used || !size || multipart->held_size)
            return used;
    }
    found = memmem(data, size, multipart->mark, multipart->mark_size);
    if (found) {
        emit(multipart, data, (size_t)(found - data));
        pass_mark(multipart);
        return (size_t)(found - data) + multipart->mark_size;
    }
    kept = size < reach ? size : reach;
    emit(multipart, data, size - kept);
    hold(multipart, data + size - kept, kept);
    return size;
}

static size_t feed_after_mark(struct multipart *multipart, const char *data, size_t size)
{
    size_t used = size < 2 - multipart->held_size ? size : 2 - multipart->held_size;

    hold(multipart, data, used);
    if (multipart->held_size < 2)
        return used;
    multipart->held_size = 0;
    if (memcmp(multipart->held, "--", 2) == 0) {
        multipart->state = AT_END;
    } else if (memcmp(multipart->held, "\r\n", 2) == 0) {
        multipart->state = IN_HEAD;
        text_clear(&multipart->head);
    } else {
        multipart->state = BROKEN;
    }
    return used;
}

/* The value of a parameter such as name="…" in one header line. A backslash before a quote is taken away. */
static bool read_parameter(const char *line, const char *name, char ret[MULTIPART_NAME_SIZE])
{
    const char *at = strcasestr(line, name);
    size_t size = 0;

    if (!at)
        return false;
    for (at += strlen(name); *at && *at != '"'; at++) {
        if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        if (size < MULTIPART_NAME_SIZE - 1)
            ret[size++] = *at;
    }
    ret[size] = '\0';
    return *at == '"';
}

static bool read_head(char *head, struct multipart_part *part)
{
    static const char type[] = "Content-Type:";
    static const char disposition[] = "Content-Disposition:";
    bool named = false;

    *part = (struct multipart_part){.has_file_name = false};
    while (head && *head) {
        char *line = strsep(&head, "\n");

        line[strcspn(line, "\r")] = '\0';
        if (strncasecmp(line, disposition, strlen(disposition)) == 0) {
            named = read_parameter(line, " name=\"", part->name);
            part->has_file_name = read_parameter(line, " filename=\"", part->file_name);
        } else if (strncasecmp(line, type, strlen(type)) == 0) {
            snprintf(part->content_type, sizeof part->content_type, "%s",
                     line + strlen(type) + strspn(line + strlen(type), " "));
        }
    }
    return named;
}

static size_t feed_head(struct multipart *multipart, const char *data, size_t size)
{
    struct text *head = &multipart->head;
    struct multipart_part part;

    for (size_t i = 0; i < size; i++) {
        text_putc(head, data[i]);
        /* A part without any head has no name either. */
        if (head->overflowed || data[i] == '\0' || (head->size == 2 && memcmp(head->data, "\r\n", 2) == 0)) {
            multipart->state = BROKEN;
            return size;
        }
        if (head->size < 4 || memcmp(head->data + head->size - 4, "\r\n\r\n", 4) != 0)
            continue;
        if (!read_head(head->data, &part)) {
            multipart->state = BROKEN;
            return size;
        }
        multipart->state = IN_PART;
        multipart->events->begin(multipart->argument, &part);
        return i + 1;
    }
    return size;
}

bool multipart_feed(struct multipart *multipart, const char *data, size_t size)
{
    while (size && multipart->state != AT_END && multipart->state != BROKEN) {
        size_t used = 0;

        if (multipart->state == AFTER_MARK)
            used = feed_after_mark(multipart, data, size);
        else if (multipart->state == IN_HEAD)
            used = feed_head(multipart, data, size);
        else
            used = feed_content(multipart, data, size);
        data += used;
        size -= used;
    }
    return multipart->state != BROKEN;
}

bool multipart_is_complete(const struct multipart *multipart)
{
    return multipart->state == AT_END;
}
