#include "document/docx_package.h"

#include <archive.h>
#include <archive_entry.h>
#include <libxml/xmlreader.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum {
    PARTS_MAX = 10000,
    CHUNK_BYTES = 64 * 1024,
    SMALL_BYTES = 16 * 1024 * 1024, /* always allowed */
    GREATEST_RATIO = 200,
};

#define UNPACKED_BYTES_MAX ((size_t)512 * 1024 * 1024)

struct part {
    char *name;
    struct text bytes;
};

struct relationship {
    char *id;
    char *type;
    char *target; /* name of a part */
};

struct docx_package {
    struct part *parts;
    size_t part_count;
    struct relationship *relationships; /* of the main part */
    size_t relationship_count;
    char *main;
    size_t unpacked;
};

void docx_package_destroy(struct docx_package **package)
{
    if (!*package)
        return;
    for (size_t i = 0; i < (*package)->part_count; i++) {
        free((*package)->parts[i].name);
        text_release(&(*package)->parts[i].bytes);
    }
    for (size_t i = 0; i < (*package)->relationship_count; i++) {
        free((*package)->relationships[i].id);
        free((*package)->relationships[i].type);
        free((*package)->relationships[i].target);
    }
    free((*package)->parts);
    free((*package)->relationships);
    free((*package)->main);
    free(*package);
    *package = NULL;
}

static bool is_needed(const char *name)
{
    const char *ending = strrchr(name, '.');

    return strstr(name, "media/") || (ending && (strcasecmp(ending, ".xml") == 0 || strcasecmp(ending, ".rels") == 0));
}

static bool fault_zip(struct archive *zip, const char *name, struct fault *fault)
{
    const char *why = archive_error_string(zip);

    return fault_set(fault, FAULT_BAD_INPUT, "DOCX, part %.80s: %s; the file is damaged", name,
                     why ? why : "unreadable");
}

static bool read_part(struct docx_package *package, struct archive *zip, const char *name, size_t allowed,
                      struct fault *fault)
{
    struct part *part = &package->parts[package->part_count++];
    scoped(string_free) char *chunk = x_alloc_raw(CHUNK_BYTES);
    la_ssize_t size = 0;

    *part = (struct part){.name = x_strdup(name)};
    text_init(&part->bytes, UNPACKED_BYTES_MAX);
    while ((size = archive_read_data(zip, chunk, CHUNK_BYTES)) > 0) {
        package->unpacked += (size_t)size;
        if (package->unpacked > allowed)
            return fault_set(fault, FAULT_BAD_INPUT, "DOCX, part %.80s: the file unpacks to more than %zu bytes", name,
                             allowed);
        text_put(&part->bytes, chunk, (size_t)size);
    }
    return size == 0 ? true : fault_zip(zip, name, fault);
}

static bool read_parts(struct docx_package *package, struct archive *zip, size_t allowed, struct fault *fault)
{
    struct archive_entry *entry = NULL;
    int result = ARCHIVE_OK;

    while ((result = archive_read_next_header(zip, &entry)) == ARCHIVE_OK || result == ARCHIVE_WARN) {
        const char *name = archive_entry_pathname_utf8(entry);

        if (!name || !is_needed(name))
            continue;
        if (package->part_count == PARTS_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "DOCX: the file has more than %d parts", PARTS_MAX);
        package->parts = x_grow_array(package->parts, package->part_count + 1, sizeof *package->parts);
        if (!read_part(package, zip, name + (name[0] == '/'), allowed, fault))
            return false;
    }
    return result == ARCHIVE_EOF ? true : fault_zip(zip, "list", fault);
}

static bool unzip(struct docx_package *package, struct slice bytes, struct fault *fault)
{
    struct archive *zip = archive_read_new();
    size_t allowed =
        bytes.size < UNPACKED_BYTES_MAX / GREATEST_RATIO ? bytes.size * GREATEST_RATIO : UNPACKED_BYTES_MAX;
    bool good = false;

    if (allowed < SMALL_BYTES)
        allowed = SMALL_BYTES;
    archive_read_support_format_zip(zip);
    if (archive_read_open_memory(zip, bytes.data, bytes.size) == ARCHIVE_OK)
        good = read_parts(package, zip, allowed, fault);
    else
        fault_zip(zip, "list", fault);
    archive_read_free(zip);
    return good;
}

struct slice docx_part(const struct docx_package *package, const char *name)
{
    for (size_t i = 0; i < package->part_count; i++)
        if (strcasecmp(package->parts[i].name, name) == 0)
            return text_slice(&package->parts[i].bytes);
    return (struct slice){0};
}

/* "word/document.xml" and "media/a.png" give "word/media/a.png"; "/word/a.png" and "../a.png" are understood. */
static char *resolve(const char *source, const char *target)
{
    const char *slash = strrchr(source, '/');
    size_t folder = slash ? (size_t)(slash - source) : 0;

    if (target[0] == '/')
        return x_strdup(target + 1);
    while (strncmp(target, "../", 3) == 0) {
        target += 3;
        while (folder && source[folder - 1] != '/')
            folder--;
        folder -= folder > 0;
    }
    return folder ? x_sprintf("%.*s/%s", (int)folder, source, target) : x_strdup(target);
}

static char *attribute(xmlTextReaderPtr reader, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
    char *copy = x_strdup(value ? (const char *)value : "");

    xmlFree(value);
    return copy;
}

/* Appends the relationships of the part with that name ("" for the package). */
static void read_relationships(struct docx_package *package, const char *source, const char *name)
{
    struct slice part = docx_part(package, name);
    xmlTextReaderPtr reader = part.size ? xmlReaderForMemory(part.data, (int)part.size, NULL, NULL,
                                                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
                                        : NULL;

    while (reader && xmlTextReaderRead(reader) == 1) {
        struct relationship *one = NULL;
        scoped(string_free) char *target = NULL;

        if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT ||
            strcmp((const char *)xmlTextReaderConstLocalName(reader), "Relationship") != 0)
            continue;
        if (package->relationship_count == PARTS_MAX)
            break;
        package->relationships =
            x_grow_array(package->relationships, package->relationship_count + 1, sizeof *package->relationships);
        one = &package->relationships[package->relationship_count++];
        target = attribute(reader, "Target");
        *one = (struct relationship){attribute(reader, "Id"), attribute(reader, "Type"), resolve(source, target)};
    }
    xmlFreeTextReader(reader);
}

static const struct relationship *by_type(const struct docx_package *package, const char *ending)
{
    for (size_t i = 0; i < package->relationship_count; i++) {
        const char *type = package->relationships[i].type;

        if (strlen(type) >= strlen(ending) && strcmp(type + strlen(type) - strlen(ending), ending) == 0)
            return &package->relationships[i];
    }
    return NULL;
}

static void find_main(struct docx_package *package)
{
    scoped(string_free) char *name = NULL;
    const struct relationship *main = NULL;
    const char *file = NULL;
    size_t own = 0;

    read_relationships(package, "", "_rels/.rels");
    main = by_type(package, "/officeDocument");
    package->main = x_strdup(main ? main->target : "word/document.xml");
    own = package->relationship_count;
    file = strrchr(package->main, '/');
    file = file ? file + 1 : package->main;
    name = x_sprintf("%.*s_rels/%s.rels", (int)(file - package->main), package->main, file);
    read_relationships(package, package->main, name);
    /* Those of the package have done their work; ids are unique in one part only. */
    for (size_t i = 0; i < own; i++) {
        string_free(&package->relationships[i].id);
        string_free(&package->relationships[i].type);
        package->relationships[i].id = x_strdup("");
        package->relationships[i].type = x_strdup("");
    }
}

bool docx_package_new(struct slice zip, struct docx_package **ret, struct fault *fault)
{
    scoped(docx_package_destroy) struct docx_package *package = x_alloc(sizeof *package);

    if (!unzip(package, zip, fault))
        return false;
    find_main(package);
    *ret = steal(package);
    return true;
}

const char *docx_main_part(const struct docx_package *package)
{
    return package->main;
}

struct slice docx_related_by_id(const struct docx_package *package, const char *id)
{
    for (size_t i = 0; i < package->relationship_count && *id; i++)
        if (strcmp(package->relationships[i].id, id) == 0)
            return docx_part(package, package->relationships[i].target);
    return (struct slice){0};
}

struct slice docx_related_by_type(const struct docx_package *package, const char *type_ending)
{
    const struct relationship *found = by_type(package, type_ending);

    return found ? docx_part(package, found->target) : (struct slice){0};
}
