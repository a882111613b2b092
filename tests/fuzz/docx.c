/* Any bytes as DOCX, and as the main part of one: no crash, and what is read is well-formed UTF-8 in paragraphs and
 * whole pictures. */
#include <archive.h>
#include <archive_entry.h>
#include <stdint.h>

#include "base/must.h"
#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_it(struct slice bytes)
{
    struct document *document = NULL;
    struct fault fault = {0};
    size_t pictures = 0;

    if (!document_read(bytes, DOCUMENT_DOCX, &document, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        return;
    }
    for (size_t i = 0; i < document_block_count(document); i++) {
        struct document_block block = document_block_at(document, i);

        must((block.picture != NULL) != (block.text.data != NULL));
        pictures += block.picture != NULL;
        if (!block.picture)
            must(utf8_valid(block.text.data, block.text.size));
    }
    must(pictures == document_picture_count(document));
    document_destroy(&document);
}

static void put_part(struct archive *zip, const char *name, const void *bytes, size_t size)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    must(archive_write_header(zip, entry) == ARCHIVE_OK);
    must(archive_write_data(zip, bytes, size) == (la_ssize_t)size);
    archive_entry_free(entry);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char links[] = "<R><Relationship Id='rId1' Type='/image' Target='media/a.png'/>"
                                "<Relationship Id='rId2' Type='/footnotes' Target='document.xml'/>"
                                "<Relationship Id='rId3' Type='/numbering' Target='document.xml'/>"
                                "<Relationship Id='rId4' Type='/styles' Target='document.xml'/></R>";
    static char room[1 << 20];
    struct archive *zip = archive_write_new();
    size_t used = 0;

    read_it((struct slice){(const char *)data, size});
    must(archive_write_set_format_zip(zip) == ARCHIVE_OK);
    must(archive_write_set_options(zip, "zip:compression=store") == ARCHIVE_OK);
    must(archive_write_open_memory(zip, room, sizeof room, &used) == ARCHIVE_OK);
    put_part(zip, "word/_rels/document.xml.rels", links, sizeof links - 1);
    put_part(zip, "word/media/a.png", "\x89PNG\r\n\x1A\n", 8);
    put_part(zip, "word/document.xml", data, size);
    archive_write_close(zip);
    read_it((struct slice){room, used});
    archive_write_free(zip);
    return 0;
}
