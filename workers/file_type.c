#include "workers/file_type.h"

#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "document/document.h"
#include "document/picture.h"

/* Kinds that begin alike are one family: a workbook and a text document are both packages. */
enum family {
    FAMILY_NONE,
    FAMILY_PDF,
    FAMILY_JPEG,
    FAMILY_PNG,
    FAMILY_GIF,
    FAMILY_BMP,
    FAMILY_TIFF,
    FAMILY_DICOM,
    FAMILY_RTF,
    FAMILY_OLE,
    FAMILY_ZIP,
    FAMILY_TEXT,
    FAMILY_MEDIA,
};

static const struct type {
    const char *ending;
    const char *content_type;
    enum family family;
} types[] = {
    {"pdf", "application/pdf", FAMILY_PDF},
    {"jpg", "image/jpeg", FAMILY_JPEG},
    {"jpeg", "image/jpeg", FAMILY_JPEG},
    {"png", "image/png", FAMILY_PNG},
    {"gif", "image/gif", FAMILY_GIF},
    {"bmp", "image/bmp", FAMILY_BMP},
    {"tif", "image/tiff", FAMILY_TIFF},
    {"tiff", "image/tiff", FAMILY_TIFF},
    {"dcm", "application/dicom", FAMILY_DICOM},
    {"txt", "text/plain", FAMILY_TEXT},
    {"csv", "text/csv", FAMILY_TEXT},
    {"htm", "text/html", FAMILY_TEXT},
    {"html", "text/html", FAMILY_TEXT},
    {"rtf", "application/rtf", FAMILY_RTF},
    {"doc", "application/msword", FAMILY_OLE},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", FAMILY_ZIP},
    {"xls", "application/vnd.ms-excel", FAMILY_OLE},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", FAMILY_ZIP},
    {"zip", "application/zip", FAMILY_ZIP},
    {"mp4", "video/mp4", FAMILY_MEDIA},
    {"mov", "video/quicktime", FAMILY_MEDIA},
    {"mp3", "audio/mpeg", FAMILY_MEDIA},
    {"wav", "audio/wav", FAMILY_MEDIA},
};

const char *file_type_ending_of(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;
    size_t size = dot ? strlen(dot + 1) : 0;

    for (size_t i = 0; i < size; i++)
        if (!memchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", dot[1 + i], 62))
            return NULL;
    return size > 0 && size <= 5 ? dot + 1 : NULL;
}

static const struct type *type_of(const char *ending)
{
    for (size_t i = 0; ending && i < array_length(types); i++)
        if (strcasecmp(ending, types[i].ending) == 0)
            return &types[i];
    return NULL;
}

const char *file_type_of_name(const char *name)
{
    const struct type *type = type_of(file_type_ending_of(name));

    return type ? type->content_type : "application/octet-stream";
}

const char *file_type_ending_by(struct slice head)
{
    enum picture_format picture = picture_detect(head);

    if (picture != PICTURE_UNKNOWN)
        return picture_format_ending(picture);
    switch (document_detect(head)) {
    case DOCUMENT_PLAIN:
        return "txt";
    case DOCUMENT_RTF:
        return "rtf";
    case DOCUMENT_HTML:
        return "html";
    case DOCUMENT_DOCX:
        return "docx";
    case DOCUMENT_DOC:
        return "doc";
    case DOCUMENT_PDF:
        return "pdf";
    case DOCUMENT_EMPTY:
    case DOCUMENT_OTHER:
        break;
    }
    return NULL;
}

/* Old Office programs open RTF, HTML and plain text under their own endings, and people save them so. */
static bool may_hold(enum family said, enum family found)
{
    return said == found || (said == FAMILY_OLE && (found == FAMILY_TEXT || found == FAMILY_RTF));
}

const char *file_type_true_ending(const char *name, struct slice head)
{
    const struct type *said = type_of(file_type_ending_of(name));
    const char *ending = file_type_ending_by(head);
    const struct type *found = NULL;

    if (!ending && head.size >= 4 && memcmp(head.data, "PK\3\4", 4) == 0)
        ending = "zip";
    found = type_of(ending);
    return said && found && !may_hold(said->family, found->family) ? ending : NULL;
}
