#include "document/rtf.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/codepage.h"
#include "document/rtf_parts.h"

enum {
    HEX_BYTES_MAX = DOCUMENT_BYTES_MAX,
    SMALL_TEXT_MAX = 64 * 1024, /* instructions of fields, items of lists, names */
};

void rtf_fail(struct rtf *rtf, const char *what)
{
    if (!rtf->failed)
        fault_set(rtf->fault, FAULT_BAD_INPUT, "RTF, byte %zu: %s", rtf->at, what);
    rtf->failed = true;
}

void rtf_enter(struct rtf *rtf, enum rtf_destination destination, enum rtf_closing closing)
{
    rtf->state->outer = rtf->state->destination;
    rtf->state->destination = (uint8_t)destination;
    rtf->state->closing = (uint8_t)closing;
    rtf->state->mark = rtf_pieces(rtf);
}

size_t rtf_pieces(const struct rtf *rtf)
{
    return document_text_size(rtf->flow) + document_picture_count(rtf->flow);
}

static void open_group(struct rtf *rtf)
{
    rtf_flush(rtf);
    rtf->star = false;
    rtf->to_skip = 0;
    if (rtf->depth == RTF_DEPTH_MAX) {
        rtf_fail(rtf, "groups are nested more than 10000 deep");
        return;
    }
    if (rtf->depth + 1 >= rtf->stack_room) {
        rtf->stack_room *= 2;
        rtf->stack = x_grow_array(rtf->stack, rtf->stack_room, sizeof *rtf->stack);
    }
    rtf->stack[rtf->depth + 1] = rtf->stack[rtf->depth];
    rtf->state = &rtf->stack[++rtf->depth];
    rtf->state->closing = RTF_CLOSE_NOTHING;
}

static void end_shape_text(struct rtf *rtf)
{
    document_break(rtf->aside);
    rtf->flow = rtf->body;
    rtf->cells = rtf->outer_cells;
    rtf->row_has_lines = rtf->outer_row_has_lines;
    rtf->numbered = rtf->outer_numbered;
}

static void close_destination(struct rtf *rtf, const struct rtf_state *closed)
{
    switch ((enum rtf_closing)closed->closing) {
    case RTF_CLOSE_NOTHING:
        break;
    case RTF_CLOSE_NOTE:
        rtf->notes--;
        rtf->note_begins = false;
        rtf->note_breaks = false;
        rtf_put_text(rtf, slice_of("]"));
        break;
    case RTF_CLOSE_SHAPE_TEXT:
        end_shape_text(rtf);
        break;
    case RTF_CLOSE_SHAPE_PICTURES:
        rtf->shape_shown = rtf_pieces(rtf) != closed->mark;
        break;
    case RTF_CLOSE_PICTURE:
        rtf_end_picture(rtf, closed);
        break;
    case RTF_CLOSE_OBJECT:
        rtf_end_object(rtf, closed);
        break;
    case RTF_CLOSE_OBJECT_DATA:
        rtf_end_object_data(rtf);
        break;
    case RTF_CLOSE_FIELD_CODE:
        rtf_end_field_code(rtf);
        break;
    case RTF_CLOSE_FIELD:
        rtf_end_field(rtf, closed);
        break;
    case RTF_CLOSE_FORM_ITEM:
        text_putc(&rtf->form_items, '\n');
        break;
    case RTF_CLOSE_LEVEL:
        rtf_end_level(rtf, closed);
        break;
    }
}

/* The state of the outermost group is kept: text may follow a brace too many. */
static void close_group(struct rtf *rtf)
{
    struct rtf_state closed = *rtf->state;

    rtf_flush(rtf);
    rtf->ended_at = rtf->at;
    rtf->star = false;
    rtf->to_skip = 0;
    if (rtf->depth <= 1) {
        rtf->closed = true;
        return;
    }
    rtf->state = &rtf->stack[--rtf->depth];
    close_destination(rtf, &closed);
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* \'xx: one byte. */
static void read_byte(struct rtf *rtf)
{
    int high = rtf->at + 1 < rtf->bytes.size ? hex_digit(rtf->bytes.data[rtf->at]) : -1;
    int low = high >= 0 ? hex_digit(rtf->bytes.data[rtf->at + 1]) : -1;

    if (low < 0)
        return;
    rtf->at += 2;
    rtf->star = false;
    rtf_put_byte(rtf, (unsigned char)(high * 16 + low));
}

/* \binN: N bytes as they are, behind the one blank that ends the word. */
static void read_binary(struct rtf *rtf, int size)
{
    struct slice bytes = {rtf->bytes.data + rtf->at, size > 0 ? (size_t)size : 0};

    if (bytes.size > rtf->bytes.size - rtf->at) {
        rtf_fail(rtf, "binary data are announced that go on beyond the end; the document is cut off");
        return;
    }
    rtf->at += bytes.size;
    if (rtf->to_skip)
        rtf->to_skip--;
    else
        rtf_put_binary(rtf, bytes);
}

/* The number behind a word, held within the range of an int. */
static bool read_parameter(struct rtf *rtf, int *ret)
{
    bool negative = rtf->at + 1 < rtf->bytes.size && rtf->bytes.data[rtf->at] == '-' &&
                    isdigit((unsigned char)rtf->bytes.data[rtf->at + 1]);
    int64_t value = 0;
    size_t digits = 0;

    rtf->at += negative;
    for (; rtf->at < rtf->bytes.size && isdigit((unsigned char)rtf->bytes.data[rtf->at]); rtf->at++, digits++)
        if (value <= INT_MAX)
            value = value * 10 + (rtf->bytes.data[rtf->at] - '0');
    value = value > INT_MAX ? INT_MAX : value;
    *ret = (int)(negative ? -value : value);
    return digits > 0;
}

static void read_word(struct rtf *rtf)
{
    char word[RTF_WORD_SIZE] = "";
    size_t size = 0;
    int parameter = 0;
    bool has_parameter = false;

    for (; rtf->at < rtf->bytes.size && isalpha((unsigned char)rtf->bytes.data[rtf->at]); rtf->at++)
        if (size < sizeof word - 1)
            word[size++] = rtf->bytes.data[rtf->at];
    has_parameter = read_parameter(rtf, &parameter);
    if (rtf->at < rtf->bytes.size && rtf->bytes.data[rtf->at] == ' ')
        rtf->at++;
    if (strcmp(word, "bin") == 0)
        read_binary(rtf, parameter);
    else
        rtf_word(rtf, word, has_parameter, parameter);
}

static void read_sign(struct rtf *rtf, char sign)
{
    rtf->star = false;
    switch (sign) {
    case '\\':
    case '{':
    case '}':
        rtf_put_literal(rtf, &sign, 1);
        break;
    case '~':
        rtf_put_codepoint(rtf, 0x00A0);
        break;
    case '_':
        rtf_put_codepoint(rtf, 0x2011);
        break;
    case '-': /* a place to part the word, seen only at the end of a line */
        rtf->to_skip -= rtf->to_skip > 0;
        break;
    case '\t':
        rtf_put_codepoint(rtf, '\t');
        break;
    case '\n':
        if (rtf->state->destination == RTF_TEXT)
            rtf_end_paragraph(rtf);
        break;
    default:
        break;
    }
}

/* Behind a backslash. */
static void read_control(struct rtf *rtf)
{
    char sign = '\0';

    if (rtf->at == rtf->bytes.size)
        return;
    sign = rtf->bytes.data[rtf->at];
    if (isalpha((unsigned char)sign)) {
        read_word(rtf);
        return;
    }
    rtf->at++;
    if (sign == '\'')
        read_byte(rtf);
    else if (sign == '*')
        rtf->star = true;
    else if (sign == '\r' || sign == '\n')
        read_sign(rtf, '\n');
    else
        read_sign(rtf, sign);
    if (sign == '\r' && rtf->at < rtf->bytes.size && rtf->bytes.data[rtf->at] == '\n')
        rtf->at++;
}

static bool is_literal(unsigned char byte)
{
    return (byte >= 0x20 && byte < 0x7F && byte != '{' && byte != '}' && byte != '\\') || byte == '\t';
}

/* A byte above 7F that is written as it is. UTF-8 is taken by whole characters; a character whose beginning belongs to
 * binary data is none. */
static void read_raw(struct rtf *rtf)
{
    const char *start = rtf->bytes.data + rtf->at;
    size_t size = 1;

    if (!rtf->raw_is_utf8) {
        rtf_put_byte(rtf, (unsigned char)*start);
        rtf->at++;
        return;
    }
    while (rtf->at + size < rtf->bytes.size && ((unsigned char)start[size] & 0xC0) == 0x80)
        size++;
    if (((unsigned char)*start & 0xC0) == 0xC0)
        rtf_put_character(rtf, (struct slice){start, size});
    rtf->at += size;
}

static void read_letters(struct rtf *rtf)
{
    size_t start = rtf->at;

    rtf->star = false;
    if ((unsigned char)rtf->bytes.data[rtf->at] >= 0x80) {
        read_raw(rtf);
        return;
    }
    while (rtf->at < rtf->bytes.size && is_literal((unsigned char)rtf->bytes.data[rtf->at]))
        rtf->at++;
    if (rtf->at > start)
        rtf_put_literal(rtf, rtf->bytes.data + start, rtf->at - start);
    else
        rtf->at++; /* line ends and other control characters mean nothing */
}

static void read_token(struct rtf *rtf)
{
    switch (rtf->bytes.data[rtf->at]) {
    case '{':
        rtf->at++;
        open_group(rtf);
        break;
    case '}':
        rtf->at++;
        close_group(rtf);
        break;
    case '\\':
        rtf->at++;
        read_control(rtf);
        break;
    default:
        read_letters(rtf);
    }
}

/* Behind the last brace: blanks, a NUL that ends all (what follows it is left over from a buffer), or more text, which
 * an unescaped brace cut off or another writer put there. */
static bool goes_on(struct rtf *rtf)
{
    if (!rtf->closed)
        return rtf->at < rtf->bytes.size;
    while (rtf->at < rtf->bytes.size && (isspace((unsigned char)rtf->bytes.data[rtf->at]) ||
                                         rtf->bytes.data[rtf->at] == '}' || rtf->bytes.data[rtf->at] == '\x1A'))
        rtf->at++;
    if (rtf->at == rtf->bytes.size || rtf->bytes.data[rtf->at] == '\0')
        return false;
    rtf->closed = false;
    rtf->reopened = true;
    return true;
}

/* A writer that forgets the last braces still ends a paragraph or a group; a text that is cut off rarely does. */
static void check_end(struct rtf *rtf)
{
    size_t end = rtf->bytes.size;

    if (rtf->failed || rtf->closed)
        return;
    for (size_t depth = 0; depth <= rtf->depth; depth++)
        if (rtf->stack[depth].destination != RTF_TEXT) {
            rtf_fail(rtf, "the document ends within a group that is no text; it is cut off");
            return;
        }
    while (end && (isspace((unsigned char)rtf->bytes.data[end - 1]) || rtf->bytes.data[end - 1] == '\0'))
        end--;
    if (!rtf->reopened && (rtf->ended_at < end || rtf_pieces(rtf) == 0))
        rtf_fail(rtf, "the document ends in the middle of a paragraph without its closing brace; it is cut off");
}

static void rtf_init(struct rtf *rtf, struct slice bytes, struct document *document, struct fault *fault)
{
    *rtf = (struct rtf){.bytes = bytes, .body = document, .flow = document, .fault = fault, .nibble = -1};
    rtf_check_words();
    rtf->aside = document_new();
    rtf->codepage = CODEPAGE_WESTERN;
    rtf->raw_is_utf8 = utf8_valid(bytes.data, bytes.size);
    rtf->stack_room = 16;
    rtf->stack = x_alloc_array(rtf->stack_room, sizeof *rtf->stack);
    rtf->state = rtf->stack;
    rtf->state->skips = 1;
    rtf->numbering = numbering_new();
    text_init(&rtf->run, SMALL_TEXT_MAX);
    text_init(&rtf->utf8, (size_t)SMALL_TEXT_MAX * 4);
    text_init(&rtf->hex, HEX_BYTES_MAX);
    text_init(&rtf->shape_name, SMALL_TEXT_MAX);
    text_init(&rtf->instruction, SMALL_TEXT_MAX);
    text_init(&rtf->field_text, SMALL_TEXT_MAX);
    text_init(&rtf->form_items, SMALL_TEXT_MAX);
}

static void rtf_release(struct rtf *rtf)
{
    document_destroy(&rtf->aside);
    text_decoder_destroy(&rtf->decoder);
    numbering_destroy(&rtf->numbering);
    free(rtf->object_picture.bytes);
    free(rtf->fonts);
    free(rtf->stack);
    text_release(&rtf->run);
    text_release(&rtf->utf8);
    text_release(&rtf->hex);
    text_release(&rtf->shape_name);
    text_release(&rtf->instruction);
    text_release(&rtf->field_text);
    text_release(&rtf->form_items);
}

static bool read_all(struct slice bytes, struct document *document, struct fault *fault)
{
    struct rtf rtf = {0};
    bool failed = false;

    rtf_init(&rtf, bytes, document, fault);
    while (!rtf.failed && goes_on(&rtf))
        read_token(&rtf);
    rtf_flush(&rtf);
    check_end(&rtf);
    document_append(document, rtf.aside);
    failed = rtf.failed;
    rtf_release(&rtf);
    return !failed;
}

bool rtf_read(struct slice bytes, struct document *document, struct fault *fault)
{
    const char *name = NULL;
    const char *start = memchr(bytes.data, '{', bytes.size);
    struct text utf8 = {0};
    size_t mark = 0;
    bool good = false;

    if (plain_is_utf16(bytes, &name, &mark)) {
        text_init(&utf8, (size_t)DOCUMENT_BYTES_MAX * 2);
        plain_put_utf8(bytes, &utf8);
        good = read_all(text_slice(&utf8), document, fault);
        text_release(&utf8);
        return good;
    }
    if (!start)
        return fault_set(fault, FAULT_BAD_INPUT, "RTF, byte 0: there is no group; this is no RTF");
    return read_all((struct slice){start, bytes.size - (size_t)(start - bytes.data)}, document, fault);
}
