#include "workers/documents.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/must.h"
#include "cliniko/upload.h"
#include "document/document.h"
#include "document/pdf.h"
#include "workers/content.h"
#include "workers/file_type.h"

enum {
    READ_MOST_MB = 64, /* what is larger is no document: it goes as it is */
    HEAD_SIZE = 64 * 1024,
    WARNING_MAX = 600,
    LINES_MOST = 5,
    NAME_MAX_BYTES = 400,
};

struct document_bytes {
    struct blob *blob; /* exactly one of the three: blob, descriptor, text */
    int descriptor;
    struct slice text;
    int64_t at;
};

struct making {
    struct source *source;
    enum entity entity;
    const char *key;
    const struct json *payload;
    struct documents *made;
    struct text warning;
};

/* ---- reading a file ---- */

bool document_bytes_open(struct source *source, const struct json *payload, const struct document_file *file,
                         struct document_bytes **ret, struct fault *fault)
{
    const struct json *value = file->member ? json_member(payload, file->member) : NULL;
    const char *locator = json_text(json_member(value, "locator"), NULL);
    struct blob *blob = NULL;

    if (locator && !source_open_blob(source, locator, &blob, fault))
        return false;
    *ret = x_alloc(sizeof **ret);
    (*ret)->blob = blob;
    (*ret)->descriptor = file->member ? -1 : file->descriptor;
    (*ret)->text = slice_of(json_text(json_member(value, "text"), ""));
    return true;
}

void document_bytes_close(struct document_bytes **bytes)
{
    if (!*bytes)
        return;
    blob_close(&(*bytes)->blob);
    free(*bytes);
    *bytes = NULL;
}

static bool read_descriptor(struct document_bytes *bytes, void *buffer, size_t size, size_t *ret_size,
                            struct fault *fault)
{
    ssize_t got = pread(bytes->descriptor, buffer, size, bytes->at);

    if (got < 0)
        return fault_errno(fault, FAULT_RETRY, "cannot read the PDF that was made");
    bytes->at += got;
    *ret_size = (size_t)got;
    return true;
}

bool document_bytes_read(void *argument, void *buffer, size_t size, size_t *ret_size, struct fault *fault)
{
    struct document_bytes *bytes = argument;

    if (bytes->blob)
        return blob_read(bytes->blob, buffer, size, ret_size, fault);
    if (bytes->descriptor >= 0)
        return read_descriptor(bytes, buffer, size, ret_size, fault);
    *ret_size = bytes->text.size < size ? bytes->text.size : size;
    memcpy(buffer, bytes->text.data, *ret_size);
    bytes->text = (struct slice){bytes->text.data + *ret_size, bytes->text.size - *ret_size};
    return true;
}

/* ---- names ---- */

static const char *member(const struct making *making, const char *name)
{
    const char *value = json_text(json_member(making->payload, name), NULL);

    return value && value[0] ? value : NULL;
}

/* "YYYY-MM-DD" at the beginning of `dated`; false when it does not begin so. */
static bool date_of(const struct making *making, char ret[11])
{
    static const char form[] = "0000-00-00";
    const char *dated = member(making, "dated");

    for (size_t i = 0; i < 10; i++)
        if (!dated || (form[i] == '0' ? dated[i] < '0' || dated[i] > '9' : dated[i] != form[i]))
            return false;
    memcpy(ret, dated, 10);
    ret[10] = '\0';
    return true;
}

static const char *kind_of(enum entity entity)
{
    return entity == ENTITY_LETTER          ? "letter"
           : entity == ENTITY_XRAY          ? "x-ray"
           : entity == ENTITY_NOTE_DOCUMENT ? "note"
                                            : "file";
}

/* The name without its ending. */
static char *stem_of(const char *name)
{
    const char *ending = file_type_ending_of(name);

    return x_strndup(name, ending ? (size_t)(ending - 1 - name) : strlen(name));
}

/* The original's name, with this ending where one is given; else "letter-2021-03-04-FD-L12.pdf". */
static char *name_of(const struct making *making, const char *original, const char *part, const char *ending)
{
    char date[11] = "";
    bool dated = date_of(making, date);
    scoped(string_free) char *fallback =
        x_sprintf("%s%s%s-%s%s%s%s%s", kind_of(making->entity), dated ? "-" : "", date, making->key, part[0] ? "-" : "",
                  part, ending ? "." : "", ending ? ending : "");
    scoped(string_free) char *stem = original ? stem_of(original) : NULL;
    scoped(string_free) char *complete = original && ending ? x_sprintf("%s.%s", stem, ending) : x_strdup(original);
    struct text name;

    text_init(&name, NAME_MAX_BYTES);
    upload_safe_name(complete, fallback, &name);
    return text_take(&name);
}

/* ---- files as they are ---- */

static void warn(struct making *making, const char *format, ...) PRINTF_LIKE(2, 3);

static void warn(struct making *making, const char *format, ...)
{
    char sentence[FAULT_TEXT_SIZE + 100];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_printf(&making->warning, "%s%s", making->warning.size ? "; " : "", sentence);
}

static int64_t size_of(const struct json *value)
{
    const char *text = json_text(json_member(value, "text"), NULL);
    double size = json_number(json_member(value, "size"), 0);

    return text ? (int64_t)strlen(text) : size > 0 && size < 9e15 ? (int64_t)size : 0;
}

static bool read_head(struct making *making, const struct document_file *file, char *head, size_t *ret_size,
                      struct fault *fault)
{
    scoped(document_bytes_close) struct document_bytes *bytes = NULL;
    size_t got = 1;

    *ret_size = 0;
    if (!document_bytes_open(making->source, making->payload, file, &bytes, fault))
        return false;
    while (got > 0 && *ret_size < HEAD_SIZE) {
        if (!document_bytes_read(bytes, head + *ret_size, HEAD_SIZE - *ret_size, &got, fault))
            return false;
        *ret_size += got;
    }
    return true;
}

/* The ending that the name of a file as it is gets; NULL for its own. */
static const char *ending_for(struct making *making, const char *original, struct slice head)
{
    const char *own = file_type_ending_of(original);
    const char *better = own ? file_type_true_ending(original, head) : file_type_ending_by(head);

    if (own && better)
        warn(making, "its name ends in .%s, but it is a file of the kind .%s: it is attached under that ending", own,
             better);
    return better;
}

static bool add_as_is(struct making *making, const char *part, const char *name_of_member, const char *original,
                      struct fault *fault)
{
    struct document_file *file = &making->made->files[making->made->count];
    scoped(string_free) char *head = x_alloc_raw(HEAD_SIZE);
    size_t head_size = 0;

    must(making->made->count < DOCUMENTS_MOST);
    *file = (struct document_file){.part = part,
                                   .member = name_of_member,
                                   .descriptor = -1,
                                   .size_bytes = size_of(json_member(making->payload, name_of_member))};
    if (!read_head(making, file, head, &head_size, fault))
        return false;
    if (file->size_bytes == 0 || head_size == 0)
        return fault_set(fault, FAULT_BAD_INPUT, "The file is empty.");
    file->name = name_of(making, original, part, ending_for(making, original, (struct slice){head, head_size}));
    file->content_type = file_type_of_name(file->name);
    making->made->count++;
    return true;
}

/* ---- PDFs ---- */

static int temporary_file(struct fault *fault)
{
    const char *folder = getenv("TMPDIR");
    scoped(string_free) char *name = NULL;
    int descriptor = -1;

    if (!folder || !folder[0])
        folder = "/tmp";
    descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor < 0) { /* not every file system can do that */
        name = x_sprintf("%s/handover-XXXXXX", folder);
        descriptor = mkostemp(name, O_CLOEXEC);
        if (descriptor >= 0)
            unlink(name);
    }
    if (descriptor < 0)
        fault_errno(fault, FAULT_RETRY, "cannot make a file for a PDF in %s", folder);
    return descriptor;
}

static char *title_of(const struct making *making)
{
    const char *description = member(making, making->entity == ENTITY_NOTE_DOCUMENT ? "title" : "description");

    if (making->entity == ENTITY_XRAY)
        return x_sprintf("X-ray%s%s", description ? ": " : "", description ? description : "");
    return x_strdup(description ? description : making->entity == ENTITY_NOTE_DOCUMENT ? "Clinical note" : "Letter");
}

/* What stands under the heading. */
struct heading {
    char *lines[LINES_MOST];
    size_t count;
};

static void heading_release(struct heading *heading)
{
    for (size_t i = 0; i < heading->count; i++)
        free(heading->lines[i]);
}

static void fill_heading(const struct making *making, const char *beside, struct heading *heading)
{
    static const char *const labels[][2] = {{"dated", "Date"}, {"author", "Author"}, {"recipient", "To"}};

    for (size_t i = 0; i < array_length(labels); i++)
        if (member(making, labels[i][0]))
            heading->lines[heading->count++] = x_sprintf("%s: %s", labels[i][1], member(making, labels[i][0]));
    heading->lines[heading->count++] = x_sprintf("Reference: %s", making->key);
    if (beside)
        heading->lines[heading->count++] = x_sprintf("The original image is attached beside: %s", beside);
}

static bool write_pdf(struct making *making, const struct pdf_request *content, const char *beside,
                      struct pdf_report *report, struct document_file *file, struct fault *fault)
{
    scoped(string_free) char *title = title_of(making);
    scoped(heading_release) struct heading heading = {0};
    struct pdf_request request = *content;
    struct stat facts = {0};
    char date[11];

    fill_heading(making, beside, &heading);
    request.title = title;
    request.lines = (const char *const *)heading.lines;
    request.line_count = heading.count;
    request.created = date_of(making, date) ? date : NULL;
    file->descriptor = temporary_file(fault);
    if (file->descriptor < 0 || !pdf_write(&request, file->descriptor, report, fault))
        return false;
    if (fstat(file->descriptor, &facts) != 0)
        return fault_errno(fault, FAULT_RETRY, "cannot measure a PDF");
    file->size_bytes = facts.st_size;
    return true;
}

/* Makes the record's own file. What it cannot show goes along as it was, before it. */
static bool add_pdf(struct making *making, const struct pdf_request *content, const char *source_member,
                    const char *beside, struct fault *fault)
{
    struct document_file file = {.part = "", .descriptor = -1};
    struct pdf_report report;
    bool good = false;

    pdf_report_init(&report);
    good = write_pdf(making, content, beside, &report, &file, fault);
    if (good && report.pictures_missing > 0)
        warn(making, "%zu of its pictures cannot be shown in the PDF: the original is attached too",
             report.pictures_missing);
    if (good && report.missing.size > 0)
        warn(making, "the fonts lack the characters %s: the original is attached too", text_string(&report.missing));
    if (good && (report.pictures_missing > 0 || report.missing.size > 0))
        good = add_as_is(making, "original", source_member, NULL, fault);
    pdf_report_release(&report);
    if (!good) {
        descriptor_close(&file.descriptor);
        return false;
    }
    must(making->made->count < DOCUMENTS_MOST);
    file.name = name_of(making, NULL, "", "pdf");
    file.content_type = file_type_of_name(file.name);
    making->made->files[making->made->count++] = file;
    return true;
}

/* ---- what becomes of each entity ---- */

static bool is_text(enum document_format format)
{
    return format == DOCUMENT_PLAIN || format == DOCUMENT_RTF || format == DOCUMENT_HTML || format == DOCUMENT_DOCX;
}

/* Reads a member as a document. *ret stays NULL when it has to go as it is, for the reason that was warned of. */
static bool read_document(struct making *making, const char *name, const char *what, struct content *content,
                          struct document **ret, struct fault *fault)
{
    const struct json *value = json_member(making->payload, name);
    enum document_format format = DOCUMENT_EMPTY;
    struct fault why = {0};

    if (size_of(value) > (int64_t)READ_MOST_MB * 1024 * 1024) {
        warn(making, "the %s is larger than %d MB: it is attached as it was", what, READ_MOST_MB);
        return true;
    }
    if (!content_read(&making->source, NULL, value, content, fault))
        return false;
    format = document_detect(content->bytes);
    if (format == DOCUMENT_EMPTY)
        return fault_set(fault, FAULT_BAD_INPUT, "The %s is empty.", what);
    if (format == DOCUMENT_OTHER && document_looks_encrypted(content->bytes))
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The %s looks encrypted: a decrypted copy of the old system is needed.", what);
    if (format == DOCUMENT_DOC)
        warn(making, "the %s is a Word 97 document: it is attached as it was", what);
    if (is_text(format) && !document_read(content->bytes, format, ret, &why))
        warn(making, "the %s cannot be read (%s): it is attached as it was", what, why.text);
    return true;
}

static bool make_letter(struct making *making, struct fault *fault)
{
    scoped(content_release) struct content content = {0};
    scoped(document_destroy) struct document *document = NULL;
    struct text text;
    size_t pictures = 0;

    if (!read_document(making, "content", "letter", &content, &document, fault))
        return false;
    if (!document)
        return add_as_is(making, "", "content", NULL, fault);
    text_init(&text, (size_t)READ_MOST_MB * 4 * 1024 * 1024);
    document_put_text(document, &text);
    pictures = document_picture_count(document);
    /* A letter that is nothing but pictures, a scan for instance, would be an empty page. */
    if (pictures > 0 && text.size > 0)
        warn(making, "its %zu pictures do not go over: letters become plain text", pictures);
    pictures = text.size == 0 ? pictures : 0;
    text_release(&text);
    return add_pdf(making, &(struct pdf_request){.document = document, .pictures = pictures > 0}, "content", NULL,
                   fault);
}

static bool make_note(struct making *making, struct fault *fault)
{
    scoped(content_release) struct content content = {0};
    scoped(document_destroy) struct document *document = NULL;

    if (!read_document(making, "body", "note", &content, &document, fault))
        return false;
    if (!document)
        return add_as_is(making, "", "body", NULL, fault);
    return add_pdf(making, &(struct pdf_request){.document = document, .pictures = true}, "body", NULL, fault);
}

/* One PDF with image and report. A DICOM image is drawn, but holds more than a page can show: it goes along as it is
 * too. Of a JPEG that is cut off a page would show a part. */
static bool make_reported_xray(struct making *making, const struct document *report, struct fault *fault)
{
    scoped(content_release) struct content content = {0};
    const struct json *value = json_member(making->payload, "content");
    struct picture image = {0};
    const char *beside = NULL;
    bool shown = false;

    if (size_of(value) <= (int64_t)READ_MOST_MB * 1024 * 1024) {
        if (!content_read(&making->source, NULL, value, &content, fault))
            return false;
        image = (struct picture){.format = picture_detect(content.bytes),
                                 .bytes = (unsigned char *)(uintptr_t)content.bytes.data,
                                 .size = content.bytes.size};
    }
    shown = image.format != PICTURE_UNKNOWN && !picture_is_cut(&image) && pdf_can_show(&image);
    if (!shown || image.format == PICTURE_DICOM) {
        if (!add_as_is(making, "image", "content", member(making, "file_name"), fault))
            return false;
        beside = making->made->files[making->made->count - 1].name;
    }
    return add_pdf(making, &(struct pdf_request){.image = shown ? &image : NULL, .document = report, .pictures = true},
                   "report", beside, fault);
}

static bool make_xray(struct making *making, struct fault *fault)
{
    scoped(content_release) struct content content = {0};
    scoped(document_destroy) struct document *report = NULL;
    const char *name = member(making, "file_name");

    if (size_of(json_member(making->payload, "report")) == 0)
        return add_as_is(making, "", "content", name, fault);
    if (!read_document(making, "report", "report", &content, &report, fault))
        return false;
    if (report)
        return make_reported_xray(making, report, fault);
    return add_as_is(making, "report", "report", NULL, fault) && add_as_is(making, "", "content", name, fault);
}

static bool make(struct making *making, struct fault *fault)
{
    if (making->entity == ENTITY_LETTER)
        return make_letter(making, fault);
    if (making->entity == ENTITY_NOTE_DOCUMENT)
        return make_note(making, fault);
    if (making->entity == ENTITY_XRAY)
        return make_xray(making, fault);
    must(making->entity == ENTITY_ATTACHMENT);
    return add_as_is(making, "", "content", member(making, "file_name"), fault);
}

bool documents_make(struct source *source, enum entity entity, const char *key, const struct json *payload,
                    struct documents **ret, struct fault *fault)
{
    scoped(documents_destroy) struct documents *made = x_alloc(sizeof *made);
    struct making making = {.source = source, .entity = entity, .key = key, .payload = payload, .made = made};
    bool good = false;

    text_init(&making.warning, WARNING_MAX);
    good = make(&making, fault);
    if (making.warning.size)
        made->warning = x_strdup(text_string(&making.warning));
    text_release(&making.warning);
    if (good)
        *ret = steal(made);
    return good;
}

void documents_destroy(struct documents **place)
{
    struct documents *documents = *place;

    *place = NULL;
    if (!documents)
        return;
    for (size_t i = 0; i < documents->count; i++) {
        free(documents->files[i].name);
        descriptor_close(&documents->files[i].descriptor);
    }
    free(documents->warning);
    free(documents);
}
