/*
 * OLE 1 objects as RTF and old databases keep them (MS-OLEDS 2.2): a header with the class, the native data of the
 * program that made it, and a picture of it for who does not have the program.
 */
#include <string.h>
#include <strings.h>

#include "document/picture_parts.h"

enum {
    EMBEDDED = 2,     /* FormatID of an object with native data */
    PRESENTATION = 5, /* of a picture of one */
    STATIC = 3,       /* of a picture alone */
    METAFILEPICT_BYTES = 8,
};

struct reader {
    struct slice bytes;
    size_t at;
    bool bad;
};

static uint32_t next_u32(struct reader *reader)
{
    uint32_t value = picture_u32(reader->bytes, reader->at);

    reader->bad = reader->bad || reader->bytes.size - reader->at < 4;
    reader->at += reader->bad ? 0 : 4;
    return value;
}

static struct slice next_bytes(struct reader *reader, size_t size)
{
    struct slice bytes = {reader->bytes.data + reader->at, size};

    reader->bad = reader->bad || size > reader->bytes.size - reader->at;
    if (reader->bad)
        return (struct slice){"", 0};
    reader->at += size;
    return bytes;
}

/* A size and a text that ends with a NUL. */
static struct slice next_string(struct reader *reader)
{
    struct slice text = next_bytes(reader, next_u32(reader));

    if (text.size && text.data[text.size - 1] == '\0')
        text.size--;
    return text;
}

/* Text up to a NUL. */
static void skip_zero_ended(struct reader *reader)
{
    const char *end = memchr(reader->bytes.data + reader->at, '\0', reader->bytes.size - reader->at);

    reader->bad = reader->bad || !end;
    if (end)
        reader->at = (size_t)(end - reader->bytes.data) + 1;
}

static bool is_class(struct slice name, const char *wanted)
{
    return name.size == strlen(wanted) && strncasecmp(name.data, wanted, name.size) == 0;
}

static bool of_image(struct slice bytes, struct picture *ret)
{
    enum picture_format format = picture_detect(bytes);

    if (format == PICTURE_WMF || format == PICTURE_EMF)
        return picture_of_metafile(bytes, ret);
    if (format != PICTURE_UNKNOWN)
        *ret = picture_copy(bytes, format);
    return format != PICTURE_UNKNOWN || picture_of_dib(bytes, ret);
}

/* The object packager's file: 2, label, path, 0, 3, size and text of a path, size and bytes of the file. */
static bool of_package(struct slice bytes, struct picture *ret)
{
    struct reader reader = {.bytes = bytes, .at = 2};
    struct slice file = {0};

    if (bytes.size < 2)
        return false;
    skip_zero_ended(&reader);
    skip_zero_ended(&reader);
    next_bytes(&reader, 4);
    next_string(&reader);
    file = next_bytes(&reader, next_u32(&reader));
    return !reader.bad && of_image(file, ret);
}

/* Paint keeps its file within a compound file as one stream; the bitmap says its own size. */
static bool of_compound(struct slice bytes, struct picture *ret)
{
    for (size_t at = 0; at + 54 <= bytes.size; at += 2) {
        struct slice rest = {bytes.data + at, bytes.size - at};
        size_t size = picture_u32(rest, 2);

        if (rest.data[0] == 'B' && rest.data[1] == 'M' && size > 54 && size <= rest.size &&
            picture_of_dib((struct slice){rest.data + 14, size - 14}, ret))
            return true;
    }
    return false;
}

static bool of_native(struct slice class_name, struct slice data, struct picture *ret)
{
    if (is_class(class_name, "Package"))
        return of_package(data, ret);
    if (of_image(data, ret))
        return true;
    return data.size > 8 && memcmp(data.data, "\xD0\xCF\x11\xE0", 4) == 0 &&
           (is_class(class_name, "PBrush") || is_class(class_name, "Paint.Picture")) && of_compound(data, ret);
}

/* Behind the class of a picture: its width, height and data. */
static bool of_presentation(struct reader *reader, struct slice class_name, struct picture *ret)
{
    struct slice data = {0};

    next_u32(reader);
    next_u32(reader);
    data = next_bytes(reader, next_u32(reader));
    if (reader->bad)
        return false;
    if (is_class(class_name, "METAFILEPICT") && data.size > METAFILEPICT_BYTES)
        return picture_of_metafile((struct slice){data.data + METAFILEPICT_BYTES, data.size - METAFILEPICT_BYTES}, ret);
    if (is_class(class_name, "BITMAP"))
        return picture_of_ddb(data, ret);
    return of_image(data, ret);
}

bool picture_of_ole(struct slice object, struct picture *ret)
{
    struct reader reader = {.bytes = object};
    uint32_t kind = 0;
    struct slice class_name = {0};

    next_u32(&reader); /* version, of no meaning */
    kind = next_u32(&reader);
    class_name = next_string(&reader);
    if (reader.bad)
        return false;
    if (kind == STATIC || kind == PRESENTATION)
        return of_presentation(&reader, class_name, ret);
    if (kind != EMBEDDED)
        return false;
    next_string(&reader); /* topic */
    next_string(&reader); /* item */
    if (of_native(class_name, next_bytes(&reader, next_u32(&reader)), ret))
        return !reader.bad;
    next_u32(&reader);
    if (next_u32(&reader) != PRESENTATION)
        return false;
    class_name = next_string(&reader);
    return !reader.bad && of_presentation(&reader, class_name, ret);
}
