#include "model/wording.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "model/letters.h"

enum { PARTS_MAX = 5, TAIL_CHARACTERS_MAX = 40, WHOLE_BYTES_MAX = 64 * 1024 };

struct part {
    const char *member;
    const char *before; /* what stands before it; NULL for nothing */
};

static const struct wording {
    enum entity entity;
    const char *kind; /* what it is, where the parts do not say; NULL for nothing */
    struct part parts[PARTS_MAX];
} wordings[] = {
    {ENTITY_NOTE_DOCUMENT, "Clinical note", {{.member = "title"}, {.member = "author"}, {.member = "notes"}}},
    {ENTITY_ATTACHMENT,
     NULL,
     {{.member = "file_name"}, {.member = "description"}, {.member = "category"}, {.member = "notes"}}},
    {ENTITY_XRAY,
     "X-ray",
     {{.member = "description"}, {.member = "author"}, {.member = "file_name"}, {.member = "notes"}}},
    {ENTITY_LETTER,
     "Letter",
     {{.member = "description"}, {"recipient", "to "}, {"author", "from "}, {.member = "notes"}}},
};

static void put(struct text *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        text_putc(out, text.data[i] == '\n' ? ' ' : text.data[i]);
}

/* `head` as far as there is room, then `tail` and the marker. */
static bool put_fitted(struct slice head, struct slice tail, const char *source_key, struct text *out)
{
    size_t needed = utf8_length(tail) + utf8_length(slice_of(source_key)) + strlen(" []");
    size_t room = needed < WORDING_CHARACTERS_MAX ? WORDING_CHARACTERS_MAX - needed : 0;
    bool whole = utf8_length(head) <= room;

    if (!whole)
        head = room ? letters_trim(utf8_cut(head, room - 1)) : (struct slice){0};
    text_put(out, head.data ? head.data : "", head.size);
    text_puts(out, whole || room == 0 ? "" : "…");
    text_put(out, tail.data ? tail.data : "", tail.size);
    text_printf(out, "%s[%s]", head.size || tail.size ? " " : "", source_key);
    return whole;
}

void wording_whole_title(wording_value_fn *value, const void *context, struct text *out)
{
    struct slice dated = value(context, "dated");
    struct slice author = value(context, "author");
    struct slice title = value(context, "title");

    put(out, dated);
    text_puts(out, dated.size && author.size ? ", " : "");
    put(out, author);
    text_puts(out, (dated.size || author.size) && title.size ? ": " : "");
    put(out, title);
}

bool wording_title(const char *source_key, wording_value_fn *value, const void *context, struct text *out)
{
    struct text whole;
    bool fits = false;

    text_init(&whole, WHOLE_BYTES_MAX);
    wording_whole_title(value, context, &whole);
    fits = put_fitted(text_slice(&whole), (struct slice){0}, source_key, out) && !whole.overflowed;
    text_release(&whole);
    return fits;
}

static const struct wording *wording_of(enum entity entity)
{
    for (size_t i = 0; i < array_length(wordings); i++)
        if (wordings[i].entity == entity)
            return &wordings[i];
    return NULL;
}

/* A description is often the name of the file once more. */
static bool is_said(const struct wording *wording, size_t number, wording_value_fn *value, const void *context)
{
    struct slice text = value(context, wording->parts[number].member);

    for (size_t i = 0; i < number; i++) {
        struct slice earlier = value(context, wording->parts[i].member);

        if (earlier.size == text.size && memcmp(earlier.data, text.data, text.size) == 0)
            return true;
    }
    return false;
}

static void put_parts(const struct wording *wording, wording_value_fn *value, const void *context, struct text *out)
{
    const char *between = wording->kind ? ": " : "";

    text_puts(out, wording->kind ? wording->kind : "");
    for (size_t i = 0; i < PARTS_MAX && wording->parts[i].member; i++) {
        struct slice text = value(context, wording->parts[i].member);

        if (text.size == 0 || is_said(wording, i, value, context))
            continue;
        text_puts(out, between);
        text_puts(out, wording->parts[i].before ? wording->parts[i].before : "");
        put(out, text);
        between = ", ";
    }
}

bool wording_description(enum entity entity, const char *source_key, wording_value_fn *value, const void *context,
                         struct text *out)
{
    const struct wording *wording = wording_of(entity);
    struct slice dated = value(context, "dated");
    struct text head;
    struct text tail;
    bool fits = false;

    must(wording);
    text_init(&head, WHOLE_BYTES_MAX);
    text_init(&tail, WHOLE_BYTES_MAX);
    put_parts(wording, value, context, &head);
    if (dated.size) {
        /* Only what looks like a date may take room from the rest. */
        struct text *place = utf8_length(dated) <= TAIL_CHARACTERS_MAX ? &tail : &head;

        text_puts(place, head.size ? ", " : "");
        put(place, dated);
    }
    fits = put_fitted(text_slice(&head), text_slice(&tail), source_key, out) && !head.overflowed;
    text_release(&head);
    text_release(&tail);
    return fits;
}
