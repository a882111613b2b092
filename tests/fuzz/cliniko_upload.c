/* What comes from outside around an upload: the presigned POST with its policy, S3's XML, names of files. A post that
 * is taken leads to S3 alone, and names are safe whatever they were. */
#include <stdint.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/upload.h"
#include "cliniko/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_post(const char *text, size_t size)
{
    scoped(json_destroy) struct json *json = NULL;
    scoped(upload_post_destroy) struct upload_post *post = NULL;
    struct fault fault = {0};

    if (!json_parse(text, size, &json, &fault))
        return;
    if (!upload_post_read(json, NULL, &post, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        return;
    }
    must(strncasecmp(json_text(json_member(json, "url"), ""), "https://", 8) == 0);
    must(upload_post_allows(post, 1, &fault) || fault.kind == FAULT_REFUSED);
    must(upload_post_seconds_left(post, 0) != INT64_MIN);
}

static void read_xml(struct slice xml)
{
    static const char *const names[] = {"Key", "ETag", "Code", "Message"};

    for (size_t i = 0; i < array_length(names); i++) {
        struct text value;

        text_init(&value, 1000);
        must(xml_element(xml, names[i], &value) || value.size == 0);
        text_release(&value);
    }
}

static void make_name(const char *text)
{
    struct text name;

    text_init(&name, 200);
    upload_safe_name(text, "file-FD-A1.bin", &name);
    must(name.size > 0 && name.size <= 100 && name.data[0] != '.' && name.data[0] != '-');
    must(strspn(name.data, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == name.size);
    text_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped(string_free) char *text = x_strndup((const char *)data, size);

    read_post(text, size);
    read_xml((struct slice){text, size});
    make_name(text);
    return 0;
}
