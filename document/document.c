#include "document/document.h"

const char *document_format_name(enum document_format format)
{
    static const char *const names[] = {"nothing", "plain text", "RTF", "HTML", "DOCX", "DOC", "PDF", "another format"};

    return names[format];
}
