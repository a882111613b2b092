/* Any bytes as RTF: no crash, and what is read is well-formed UTF-8 in paragraphs and whole pictures. */
#include <stdint.h>

#include "base/must.h"
#include "document/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = {(const char *)data, size};
    struct document *document = NULL;
    struct fault fault = {0};
    size_t pictures = 0;

    if (!document_read(bytes, DOCUMENT_RTF, &document, &fault)) {
        must(fault.kind == FAULT_BAD_INPUT && fault.text[0]);
        return 0;
    }
    for (size_t i = 0; i < document_block_count(document); i++) {
        struct document_block block = document_block_at(document, i);

        must((block.picture != NULL) != (block.text.data != NULL));
        pictures += block.picture != NULL;
        if (block.picture)
            must(block.picture->bytes != NULL || block.picture->size == 0);
        else
            must(utf8_valid(block.text.data, block.text.size));
    }
    must(pictures == document_picture_count(document));
    document_destroy(&document);
    return 0;
}
