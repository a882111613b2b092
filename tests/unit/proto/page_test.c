/* What is committed beside the list of messages (the protocol page, the fuzz seeds) says the same as the list. With
 * WRITE_PROTOCOL_FILES=1 in the environment, and --jobs 1, the files are written anew instead of compared. */
#include <criterion/criterion.h>

#include "base/memory.h"
#include "proto/message.h"

enum { FILE_MAX = 256 * 1024 };

static bool writes(void)
{
    const char *value = getenv("WRITE_PROTOCOL_FILES");

    return value && strcmp(value, "1") == 0;
}

static char *read_file(const char *path)
{
    scoped(file_close) FILE *file = fopen(path, "r");
    scoped(string_free) char *content = x_alloc(FILE_MAX);
    size_t size = 0;

    cr_assert(file, "%s cannot be opened", path);
    size = fread(content, 1, FILE_MAX - 1, file);
    cr_assert(size < FILE_MAX - 1, "%s is too long", path);
    return steal(content);
}

static void write_file(const char *path, const char *content)
{
    scoped(file_close) FILE *file = fopen(path, "w");

    cr_assert(file && fputs(content, file) >= 0, "%s cannot be written", path);
}

/* The part of the page between `<!-- name -->` and `<!-- end -->`, as a slice of the page. */
static struct slice part_of(const char *page, const char *name)
{
    scoped(string_free) char *mark = x_sprintf("<!-- %s -->\n", name);
    const char *start = strstr(page, mark);
    const char *end = NULL;

    cr_assert(start, "PROTOCOL.md has no part %s", name);
    start += strlen(mark);
    end = strstr(start, "<!-- end -->");
    cr_assert(end, "the part %s of PROTOCOL.md has no end", name);
    return (struct slice){start, (size_t)(end - start)};
}

static void compare_part(const char *name, const struct text *want)
{
    const char *path = PROJECT_DIR "/proto/PROTOCOL.md";
    scoped(string_free) char *page = read_file(path);
    struct slice part = part_of(page, name);

    if (writes()) {
        scoped(string_free) char *changed =
            x_sprintf("%.*s%s%s", (int)(part.data - page), page, text_string(want), part.data + part.size);

        write_file(path, changed);
        return;
    }
    cr_expect(slice_equals(part, text_string(want)),
              "the part %s of proto/PROTOCOL.md differs from proto/messages.def; got\n%.*s\nwant\n%s", name,
              (int)part.size, part.data, text_string(want));
}

Test(page, has_the_table_of_messages)
{
    struct text table;

    text_init(&table, FILE_MAX);
    message_print_table(&table);
    compare_part("table of messages", &table);
    text_release(&table);
}

static void print_frame(struct slice frame, struct text *out)
{
    text_printf(out, "%3zu  ", frame.size);
    for (size_t i = 0; i < frame.size; i++)
        text_printf(out, "%02x ", (unsigned char)frame.data[i]);
    text_printf(out, " \"%.*s\"\n", (int)frame.size, frame.data);
}

Test(page, has_the_example_of_frames)
{
    static const enum message_type shown[] = {MESSAGE_READY, MESSAGE_CANCEL};
    struct text dump;

    text_init(&dump, FILE_MAX);
    text_puts(&dump, "```\n");
    for (size_t i = 0; i < array_length(shown); i++) {
        struct message message;
        struct message_frames frames;
        struct fault fault = {0};

        message_sample(shown[i], &message);
        cr_assert(message_encode(&message, &frames, &fault), "%s", fault.text);
        text_printf(&dump, "%s%s\n", i ? "\n" : "", message_name(shown[i]));
        for (size_t j = 0; j < frames.count; j++)
            print_frame(frames.frames[j], &dump);
    }
    text_puts(&dump, "```\n");
    compare_part("example of frames", &dump);
    text_release(&dump);
}

/* A seed has one frame on each line: frames of valid messages hold no line feeds. */
Test(seeds, are_the_samples_of_all_messages)
{
    for (int type = 0; type < MESSAGE_TYPE_COUNT; type++) {
        struct message message;
        struct message_frames frames;
        struct fault fault = {0};
        struct text want;
        scoped(string_free) char *path = NULL;
        scoped(string_free) char *got = NULL;

        message_sample((enum message_type)type, &message);
        cr_assert(message_encode(&message, &frames, &fault), "%s", fault.text);
        text_init(&want, FILE_MAX);
        for (size_t i = 0; i < frames.count; i++)
            text_printf(&want, "%s%.*s", i ? "\n" : "", (int)frames.frames[i].size, frames.frames[i].data);
        path = x_sprintf("%s/tests/fuzz/seeds/proto_message/%s", PROJECT_DIR, message_name(message.type));
        if (writes())
            write_file(path, text_string(&want));
        got = read_file(path);
        cr_expect_str_eq(got, text_string(&want), "%s: got '%s', want '%s'", path, got, text_string(&want));
        text_release(&want);
    }
}
