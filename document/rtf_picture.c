#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/picture_parts.h"
#include "document/rtf_parts.h"

enum {
    TWIPS_PER_POINT = 20,
    CHUNK_BYTES = 4096,
    DDB_HEADER_BYTES = 14,
};

#define METAFILE_UNITS_PER_POINT (2540.0 / 72.0)

void rtf_begin_picture(struct rtf *rtf)
{
    rtf->picture = (struct rtf_picture){.scale_x = 100, .scale_y = 100};
    text_clear(&rtf->hex);
    rtf->nibble = -1;
}

static int digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* What is no digit lies between the digits and means nothing. */
void rtf_put_hex(struct rtf *rtf, const char *data, size_t size_bytes)
{
    char chunk[CHUNK_BYTES];
    size_t size = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        int value = digit(data[i]);

        if (value < 0)
            continue;
        if (rtf->nibble < 0) {
            rtf->nibble = value;
            continue;
        }
        chunk[size++] = (char)(rtf->nibble * 16 + value);
        rtf->nibble = -1;
        if (size == sizeof chunk) {
            text_put(&rtf->hex, chunk, size);
            size = 0;
        }
    }
    text_put(&rtf->hex, chunk, size);
}

void rtf_put_binary(struct rtf *rtf, struct slice bytes)
{
    if (rtf->state->destination == RTF_PICTURE || rtf->state->destination == RTF_OBJECT_DATA)
        text_put(&rtf->hex, bytes.data, bytes.size);
}

static void put_u16(struct text *out, unsigned value)
{
    text_putc(out, (char)(value & 0xFF));
    text_putc(out, (char)(value >> 8 & 0xFF));
}

/* The bits of \wbitmap with the header that its words stand for (BITMAP of Windows, 14 bytes). */
static bool picture_of_bits(const struct rtf *rtf, struct picture *ret)
{
    const struct rtf_picture *words = &rtf->picture;
    struct text ddb = {0};
    bool good = false;

    text_init(&ddb, rtf->hex.size + DDB_HEADER_BYTES);
    put_u16(&ddb, 0);
    put_u16(&ddb, (unsigned)words->width);
    put_u16(&ddb, (unsigned)words->height);
    put_u16(&ddb, (unsigned)words->ddb_row_bytes);
    text_putc(&ddb, (char)(words->ddb_planes ? words->ddb_planes : 1));
    text_putc(&ddb, (char)(words->ddb_bits ? words->ddb_bits : 1));
    text_put(&ddb, "\0\0\0\0", 4);
    text_put(&ddb, rtf->hex.data, rtf->hex.size);
    good = picture_of_ddb(text_slice(&ddb), ret);
    text_release(&ddb);
    return good;
}

static struct picture decode(const struct rtf *rtf)
{
    struct slice bytes = text_slice(&rtf->hex);
    enum picture_format format = picture_detect(bytes);
    struct picture picture = {0};

    if ((format == PICTURE_WMF || format == PICTURE_EMF) && picture_of_metafile(bytes, &picture))
        return picture;
    if (format == PICTURE_UNKNOWN && rtf->picture.ddb && picture_of_bits(rtf, &picture))
        return picture;
    if (format == PICTURE_UNKNOWN && picture_of_dib(bytes, &picture))
        return picture;
    return picture_copy(bytes, format);
}

static double points(int goal, int scale, double crop, int metafile_units)
{
    double natural = goal > 0 ? (double)goal / TWIPS_PER_POINT : metafile_units / METAFILE_UNITS_PER_POINT;
    double size = (natural - crop / TWIPS_PER_POINT) * (scale > 0 ? scale : 100) / 100;

    return size > 0 && size < 100000 ? size : 0;
}

static bool can_be_shown(enum picture_format format)
{
    return format != PICTURE_UNKNOWN && format != PICTURE_WMF && format != PICTURE_EMF;
}

static void place(struct rtf *rtf, struct picture picture)
{
    /* Only the tabs and the number that stand before it. */
    for (; rtf->cells; rtf->cells--)
        document_puts(rtf->flow, "\t");
    rtf_put_number(rtf);
    document_put_picture(rtf->flow, picture);
}

static bool is_wanted(const struct rtf *rtf, const struct rtf_state *closed)
{
    if (closed->hidden || closed->deleted)
        return false;
    return closed->outer == RTF_TEXT ||
           (closed->outer == RTF_SHAPE_VALUE && slice_equals(text_slice(&rtf->shape_name), "pib"));
}

void rtf_end_picture(struct rtf *rtf, const struct rtf_state *closed)
{
    const struct rtf_picture *words = &rtf->picture;
    struct picture picture = {0};

    if (rtf->hex.overflowed)
        rtf_fail(rtf, "a picture is too large");
    if (rtf->failed || rtf->hex.size == 0 || !is_wanted(rtf, closed))
        return;
    picture = decode(rtf);
    /* The result of an object is the picture of it that was drawn last; the object's own bytes serve where that picture
     * is a drawing that cannot be shown. */
    if (rtf->object_picture.bytes && !can_be_shown(picture.format)) {
        free(picture.bytes);
        picture = rtf->object_picture;
        rtf->object_picture.bytes = NULL;
    }
    picture.width_points = points(words->goal_width, words->scale_x, (double)words->crop_left + words->crop_right,
                                  words->metafile ? words->width : 0);
    picture.height_points = points(words->goal_height, words->scale_y, (double)words->crop_top + words->crop_bottom,
                                   words->metafile ? words->height : 0);
    if (picture.width_points <= 0 || picture.height_points <= 0)
        picture.width_points = picture.height_points = 0;
    place(rtf, picture);
}

void rtf_end_object_data(struct rtf *rtf)
{
    struct picture picture = {0};

    if (rtf->hex.overflowed) {
        rtf_fail(rtf, "an object is too large");
        return;
    }
    if (rtf->in_object && picture_of_ole(text_slice(&rtf->hex), &picture)) {
        free(rtf->object_picture.bytes);
        rtf->object_picture = picture;
    }
    text_clear(&rtf->hex);
}

void rtf_end_object(struct rtf *rtf, const struct rtf_state *closed)
{
    bool showed_nothing = rtf_pieces(rtf) == closed->mark;

    rtf->in_object = false;
    if (!rtf->object_picture.bytes)
        return;
    if (showed_nothing && rtf_is_shown(rtf))
        place(rtf, rtf->object_picture);
    else
        free(rtf->object_picture.bytes);
    rtf->object_picture.bytes = NULL;
}
