#include "cliniko/xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "base/memory.h"

enum { XML_MAX = 64 * 1024 };

static void document_free(xmlDoc **document)
{
    xmlFreeDoc(*document);
}

bool xml_element(struct slice xml, const char *name, struct text *out)
{
    scoped(document_free) xmlDoc *document = NULL;
    const xmlNode *node = NULL;

    if (xml.size == 0 || xml.size > XML_MAX)
        return false;
    document = xmlReadMemory(xml.data, (int)xml.size, "answer", NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    node = document ? xmlDocGetRootElement(document) : NULL;
    node = node ? node->children : NULL;
    while (node && (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, name) != 0))
        node = node->next;
    if (!node || (node->children && (node->children->next || node->children->type != XML_TEXT_NODE)))
        return false;
    if (node->children)
        text_puts(out, (const char *)node->children->content);
    return true;
}
