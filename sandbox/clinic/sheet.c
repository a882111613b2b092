#include "sandbox/clinic/sheet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"

enum { STREAM_PIECE = 1 << 20 };

struct sheet {
    FILE *file;
    char *path;
    char *bytes_folder; /* for files beside the table; NULL until there is one */
    const char *folder;
    const struct table *table;
    void *to;           /* of the sink, which then takes the rows; or NULL */
    size_t next;        /* column of the next cell */
    struct fault fault; /* the first file that could not be written */
};

static const struct sheet_sink *sink;
static void *sink_context;

void sheet_redirect(const struct sheet_sink *new_sink, void *context)
{
    sink = new_sink;
    sink_context = context;
}

static void write_header(struct sheet *sheet)
{
    size_t i;

    for (i = 0; sheet->table->columns[i].name != NULL; i++) {
        fprintf(sheet->file, "%s%s", i > 0 ? "," : "", sheet->table->columns[i].name);
    }
    fputs("\r\n", sheet->file);
}

bool sheet_create(const char *folder, const struct table *table, struct sheet **ret, struct fault *fault)
{
    struct sheet *sheet = x_alloc(sizeof(*sheet));

    sheet->folder = folder;
    sheet->table = table;
    if (sink != NULL && !sink->create(sink_context, table, &sheet->to, fault)) {
        sheet_destroy(&sheet);
        return false;
    }
    if (sheet->to != NULL) {
        *ret = sheet;
        return true;
    }
    sheet->path = x_sprintf("%s/%s.csv", folder, table->name);
    sheet->file = fopen(sheet->path, "wb");
    if (sheet->file == NULL) {
        fault_errno(fault, FAULT_BAD_INPUT, "cannot write %s", sheet->path);
        sheet_destroy(&sheet);
        return false;
    }
    write_header(sheet);
    *ret = sheet;
    return true;
}

static void begin_cell(struct sheet *sheet, const char *column)
{
    const char *expected = sheet->table->columns[sheet->next].name;

    must(expected != NULL && strcmp(expected, column) == 0);
    if (sheet->to != NULL && sheet->next == 0) {
        sink->begin_row(sheet->to);
    } else if (sheet->to == NULL && sheet->next > 0) {
        fputc(',', sheet->file);
    }
}

static void end_cell(struct sheet *sheet)
{
    sheet->next++;
    if (sheet->table->columns[sheet->next].name == NULL) {
        if (sheet->to != NULL) {
            sink->end_row(sheet->to);
        } else {
            fputs("\r\n", sheet->file);
        }
        sheet->next = 0;
    }
}

static void write_quoted(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', file);
        }
        fputc(*text, file);
    }
    fputc('"', file);
}

/* Blanks at the ends are quoted too, since some readers trim bare fields. */
static bool needs_quotes(const char *text)
{
    size_t size = strlen(text);

    return size == 0 || text[0] == ' ' || text[size - 1] == ' ' || strpbrk(text, ",\"\r\n") != NULL;
}

/* A type such as nvarchar(60) holds so many UTF-16 units; one without a number, or with (max), any. */
static bool fits(const char *type, const char *text)
{
    const char *width = strchr(type, '(');
    long most = width != NULL ? strtol(width + 1, NULL, 10) : 0;
    long units = 0;

    for (; most > 0 && *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        units += byte >= 0xF0 ? 2 : byte >= 0xC0 || byte < 0x80;
    }
    return units <= most;
}

void sheet_text(struct sheet *sheet, const char *column, const char *text)
{
    must(text == NULL || fits(sheet->table->columns[sheet->next].type, text));
    begin_cell(sheet, column);
    if (sheet->to != NULL && text != NULL) {
        sink->text(sheet->to, text);
    } else if (sheet->to != NULL) {
        sink->null(sheet->to);
    } else if (text != NULL && needs_quotes(text)) {
        write_quoted(sheet->file, text);
    } else if (text != NULL) {
        fputs(text, sheet->file);
    }
    end_cell(sheet);
}

void sheet_integer(struct sheet *sheet, const char *column, int64_t value)
{
    begin_cell(sheet, column);
    if (sheet->to != NULL) {
        sink->integer(sheet->to, value);
    } else {
        fprintf(sheet->file, "%" PRId64, value);
    }
    end_cell(sheet);
}

void sheet_key(struct sheet *sheet, const char *column, int64_t key)
{
    if (key == 0) {
        sheet_text(sheet, column, NULL);
    } else {
        sheet_integer(sheet, column, key);
    }
}

void sheet_bit(struct sheet *sheet, const char *column, bool value)
{
    sheet_integer(sheet, column, value ? 1 : 0);
}

static void write_date(FILE *file, int64_t days)
{
    int64_t year;
    unsigned month;
    unsigned day;

    date_from_days(days, &year, &month, &day);
    fprintf(file, "%04" PRId64 "-%02u-%02u", year, month, day);
}

void sheet_date(struct sheet *sheet, const char *column, int64_t days)
{
    if (days == DAY_NONE) {
        sheet_text(sheet, column, NULL);
        return;
    }
    begin_cell(sheet, column);
    if (sheet->to != NULL) {
        sink->date(sheet->to, days);
    } else {
        write_date(sheet->file, days);
    }
    end_cell(sheet);
}

static void write_minute(FILE *file, int64_t minutes)
{
    int64_t minute_of_day = ((minutes % 1440) + 1440) % 1440;

    write_date(file, (minutes - minute_of_day) / 1440);
    fprintf(file, " %02d:%02d", (int)(minute_of_day / 60), (int)(minute_of_day % 60));
}

void sheet_moment(struct sheet *sheet, const char *column, int64_t minutes)
{
    if (minutes == MOMENT_NONE) {
        sheet_text(sheet, column, NULL);
        return;
    }
    begin_cell(sheet, column);
    if (sheet->to != NULL) {
        sink->moment(sheet->to, minutes, 0);
    } else {
        write_minute(sheet->file, minutes);
        fputs(":00", sheet->file);
    }
    end_cell(sheet);
}

void sheet_ticks(struct sheet *sheet, const char *column, int64_t minutes, int milliseconds)
{
    must(minutes != MOMENT_NONE && milliseconds > -60000 && milliseconds < 60000);
    begin_cell(sheet, column);
    if (milliseconds < 0) {
        minutes--;
        milliseconds += 60000;
    }
    if (sheet->to != NULL) {
        sink->moment(sheet->to, minutes, milliseconds);
    } else {
        write_minute(sheet->file, minutes);
        fprintf(sheet->file, ":%02d.%03d", milliseconds / 1000, milliseconds % 1000);
    }
    end_cell(sheet);
}

void sheet_decimal(struct sheet *sheet, const char *column, int64_t hundredths)
{
    const char *type = sheet->table->columns[sheet->next].type;

    if (hundredths == DECIMAL_NONE) {
        sheet_text(sheet, column, NULL);
        return;
    }
    begin_cell(sheet, column);
    if (sheet->to != NULL) {
        sink->decimal(sheet->to, hundredths);
    } else {
        int64_t size = hundredths < 0 ? -hundredths : hundredths;

        fprintf(sheet->file, "%s%" PRId64 ".%02d%s", hundredths < 0 ? "-" : "", size / 100, (int)(size % 100),
                strstr(type, "money") != NULL ? "00" : "");
    }
    end_cell(sheet);
}

/* Opens the file and writes its cell; NULL when it cannot be written. */
static FILE *begin_file(struct sheet *sheet, const char *column, const char *name)
{
    scoped(string_free) char *path = NULL;
    FILE *file;

    begin_cell(sheet, column);
    if (sheet->bytes_folder == NULL) {
        sheet->bytes_folder = x_sprintf("%s/%s.files", sheet->folder, sheet->table->name);
        if (mkdir(sheet->bytes_folder, 0700) != 0 && errno != EEXIST) {
            fault_errno(&sheet->fault, FAULT_BAD_INPUT, "cannot make the folder %s", sheet->bytes_folder);
        }
    }
    path = x_sprintf("%s/%s", sheet->bytes_folder, name);
    file = fopen(path, "wb");
    if (file == NULL && sheet->fault.kind == FAULT_NONE) {
        fault_errno(&sheet->fault, FAULT_BAD_INPUT, "cannot write %s", path);
    }
    fprintf(sheet->file, "%s.files/%s", sheet->table->name, name);
    end_cell(sheet);
    return file;
}

static void end_file(struct sheet *sheet, const char *name, FILE *file, bool written)
{
    if (file == NULL) {
        return;
    }
    if ((fclose(file) != 0 || !written) && sheet->fault.kind == FAULT_NONE) {
        fault_errno(&sheet->fault, FAULT_BAD_INPUT, "cannot write all of %s/%s; is the disk full?", sheet->bytes_folder,
                    name);
    }
}

void sheet_bytes(struct sheet *sheet, const char *column, const char *name, struct slice bytes)
{
    FILE *file;

    if (name == NULL) {
        sheet_text(sheet, column, NULL);
        return;
    }
    if (sheet->to != NULL) {
        begin_cell(sheet, column);
        sink->bytes(sheet->to, bytes);
        end_cell(sheet);
        return;
    }
    file = begin_file(sheet, column, name);
    end_file(sheet, name, file,
             file != NULL && (bytes.size == 0 || fwrite(bytes.data, 1, bytes.size, file) == bytes.size));
}

void sheet_stream(struct sheet *sheet, const char *column, const char *name, int64_t size,
                  void (*fill)(void *context, unsigned char *buffer, size_t size), void *context)
{
    unsigned char *buffer;
    FILE *file;
    bool written;

    if (sheet->to != NULL) {
        begin_cell(sheet, column);
        sink->stream(sheet->to, size, fill, context);
        end_cell(sheet);
        return;
    }
    file = begin_file(sheet, column, name);
    buffer = x_alloc_raw(STREAM_PIECE);
    written = file != NULL;
    while (written && size > 0) {
        size_t piece = size < STREAM_PIECE ? (size_t)size : STREAM_PIECE;

        fill(context, buffer, piece);
        written = fwrite(buffer, 1, piece, file) == piece;
        size -= (int64_t)piece;
    }
    free(buffer);
    end_file(sheet, name, file, written);
}

int64_t moment_of(int64_t days, int64_t minute_of_day)
{
    return days * 1440 + minute_of_day;
}

bool sheet_finish(struct sheet **sheet, struct fault *fault)
{
    FILE *file = steal((*sheet)->file);
    bool written;

    must((*sheet)->next == 0);
    if ((*sheet)->to != NULL) {
        written = sink->finish((*sheet)->to, fault);
        sheet_destroy(sheet);
        return written;
    }
    written = fflush(file) == 0 && !ferror(file);
    if (fclose(file) != 0 || !written) {
        fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of %s; is the disk full?", (*sheet)->path);
        sheet_destroy(sheet);
        return false;
    }
    if ((*sheet)->fault.kind != FAULT_NONE) {
        *fault = (*sheet)->fault;
        sheet_destroy(sheet);
        return false;
    }
    sheet_destroy(sheet);
    return true;
}

void sheet_destroy(struct sheet **sheet)
{
    if (*sheet == NULL) {
        return;
    }
    if ((*sheet)->to != NULL) {
        sink->destroy((*sheet)->to);
    }
    file_close(&(*sheet)->file);
    string_free(&(*sheet)->path);
    string_free(&(*sheet)->bytes_folder);
    free(*sheet);
    *sheet = NULL;
}
