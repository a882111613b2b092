#include "document/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "document/docx.h"
#include "document/html.h"
#include "document/plain.h"
#include "document/rtf.h"

enum { NO_PICTURE = -1 };

struct block {
    size_t start; /* in the document's text */
    size_t size;
    ptrdiff_t picture; /* index, or NO_PICTURE */
    bool continues;    /* of the same paragraph as the block before it */
};

struct document {
    struct text text;
    struct block *blocks;
    size_t block_count;
    size_t block_room;
    struct picture *pictures;
    size_t picture_count;
    size_t picture_room;
    size_t start; /* of the text that is in no block yet */
    bool midway;  /* the paragraph at hand has blocks already */
};

const char *document_format_name(enum document_format format)
{
    static const char *const names[] = {"nothing", "plain text", "RTF", "HTML", "DOCX", "DOC", "PDF", "another format"};

    return names[format];
}

struct document *document_new(void)
{
    struct document *document = x_alloc(sizeof *document);

    text_init(&document->text, DOCUMENT_BYTES_MAX);
    return document;
}

void document_destroy(struct document **document)
{
    if (!*document)
        return;
    for (size_t i = 0; i < (*document)->picture_count; i++)
        free((*document)->pictures[i].bytes);
    free((*document)->pictures);
    free((*document)->blocks);
    text_release(&(*document)->text);
    free(*document);
    *document = NULL;
}

static bool is_shown(unsigned char byte)
{
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

void document_put(struct document *document, const char *data, size_t size_bytes)
{
    size_t start = 0;

    for (size_t i = 0; i < size_bytes; i++) {
        if (is_shown((unsigned char)data[i]))
            continue;
        text_put(&document->text, data + start, i - start);
        start = i + 1;
    }
    text_put(&document->text, data + start, size_bytes - start);
}

void document_puts(struct document *document, const char *string)
{
    document_put(document, string, strlen(string));
}

void document_put_codepoint(struct document *document, unsigned codepoint)
{
    /* The C1 controls have no shape either. */
    if ((codepoint < 0x80 && !is_shown((unsigned char)codepoint)) || (codepoint >= 0x80 && codepoint < 0xA0))
        return;
    text_put_codepoint(&document->text, codepoint);
}

static void add_block(struct document *document, struct block block)
{
    if (document->block_count == document->block_room) {
        document->block_room = document->block_room ? document->block_room * 2 : 16;
        document->blocks = x_grow_array(document->blocks, document->block_room, sizeof *document->blocks);
    }
    document->blocks[document->block_count++] = block;
}

/* Makes a block of the text that is in none yet. */
static void close_text(struct document *document)
{
    add_block(document, (struct block){.start = document->start,
                                       .size = document->text.size - document->start,
                                       .picture = NO_PICTURE,
                                       .continues = document->midway});
    document->start = document->text.size;
    document->midway = true;
}

void document_end_paragraph(struct document *document)
{
    if (document->text.size > document->start || !document->midway)
        close_text(document);
    document->midway = false;
}

bool document_at_start(const struct document *document)
{
    return document->text.size == document->start && !document->midway;
}

void document_break(struct document *document)
{
    if (!document_at_start(document))
        document_end_paragraph(document);
}

void document_put_picture(struct document *document, struct picture picture)
{
    if (document->text.size > document->start)
        close_text(document);
    if (document->picture_count == document->picture_room) {
        document->picture_room = document->picture_room ? document->picture_room * 2 : 4;
        document->pictures = x_grow_array(document->pictures, document->picture_room, sizeof *document->pictures);
    }
    add_block(document, (struct block){.start = document->start,
                                       .picture = (ptrdiff_t)document->picture_count,
                                       .continues = document->midway});
    document->pictures[document->picture_count++] = picture;
    document->midway = true;
}

void document_append(struct document *document, struct document *other)
{
    document_break(document);
    document_break(other);
    for (size_t i = 0; i < other->block_count; i++) {
        struct block block = other->blocks[i];

        if (!block.continues)
            document_break(document);
        if (block.picture != NO_PICTURE)
            document_put_picture(document, other->pictures[block.picture]);
        else if (block.size)
            document_put(document, other->text.data + block.start, block.size);
        else
            document_end_paragraph(document);
    }
    document_break(document);
    text_clear(&other->text);
    other->block_count = 0;
    other->picture_count = 0;
    other->start = 0;
}

size_t document_text_size(const struct document *document)
{
    return document->text.size;
}

bool document_finish(struct document *document, struct fault *fault)
{
    document_break(document);
    if (document->text.overflowed)
        return fault_set(fault, FAULT_BAD_INPUT, "the document holds more than %d MiB of text",
                         DOCUMENT_BYTES_MAX / (1024 * 1024));
    return true;
}

bool document_read(struct slice bytes, enum document_format format, struct document **ret, struct fault *fault)
{
    scoped(document_destroy) struct document *document = document_new();
    bool good = false;

    if (bytes.size > DOCUMENT_BYTES_MAX)
        return fault_set(fault, FAULT_BAD_INPUT, "the document has %zu bytes; up to %d are read", bytes.size,
                         DOCUMENT_BYTES_MAX);
    switch (format) {
    case DOCUMENT_EMPTY:
        good = true;
        break;
    case DOCUMENT_PLAIN:
        good = plain_read(bytes, document, fault);
        break;
    case DOCUMENT_RTF:
        good = rtf_read(bytes, document, fault);
        break;
    case DOCUMENT_HTML:
        good = html_read(bytes, document, fault);
        break;
    case DOCUMENT_DOCX:
        good = docx_read(bytes, document, fault);
        break;
    case DOCUMENT_DOC:
    case DOCUMENT_PDF:
    case DOCUMENT_OTHER:
        return fault_set(fault, FAULT_BAD_INPUT, "text cannot be read out of %s; keep the file as it is",
                         document_format_name(format));
    }
    if (!good || !document_finish(document, fault))
        return false;
    *ret = steal(document);
    return true;
}

struct document *document_of_text(struct slice text)
{
    struct document *document = document_new();

    plain_put_lines(document, text);
    document_break(document);
    return document;
}

size_t document_block_count(const struct document *document)
{
    return document->block_count;
}

struct document_block document_block_at(const struct document *document, size_t index)
{
    const struct block *block = &document->blocks[index];
    struct slice text = {text_string(&document->text) + block->start, block->size};

    if (block->picture != NO_PICTURE)
        return (struct document_block){.picture = &document->pictures[block->picture]};
    /* What stood behind a picture on its line now begins one. */
    if (block->continues)
        text = slice_trim(text);
    return (struct document_block){.text = text};
}

size_t document_picture_count(const struct document *document)
{
    return document->picture_count;
}

void document_put_text(const struct document *document, struct text *out)
{
    size_t blank_lines = 0;
    bool any = false;

    for (size_t i = 0; i < document->block_count; i++) {
        const struct block *block = &document->blocks[i];
        struct slice text = {text_string(&document->text) + block->start, block->size};

        if (any && !block->continues)
            blank_lines++;
        if (block->picture != NO_PICTURE || slice_trim(text).size == 0)
            continue;
        for (; any && blank_lines > 0; blank_lines--)
            text_putc(out, '\n');
        blank_lines = 0;
        text_put(out, text.data, text.size);
        any = true;
    }
}
