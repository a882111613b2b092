#include "sandbox/clinic/sheet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/must.h"

struct sheet {
    FILE *file;
    char *path;
    const char *const *columns;
    size_t next; /* column of the next cell */
};

static void write_header(struct sheet *sheet)
{
    size_t i;

    for (i = 0; sheet->columns[i] != NULL; i++) {
        fprintf(sheet->file, "%s%s", i > 0 ? "," : "", sheet->columns[i]);
    }
    fputs("\r\n", sheet->file);
}

bool sheet_create(const char *folder, const char *name, const char *const *columns, struct sheet **ret,
                  struct fault *fault)
{
    struct sheet *sheet = x_alloc(sizeof(*sheet));

    sheet->columns = columns;
    sheet->path = x_sprintf("%s/%s.csv", folder, name);
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
    must(sheet->columns[sheet->next] != NULL && strcmp(sheet->columns[sheet->next], column) == 0);
    if (sheet->next > 0) {
        fputc(',', sheet->file);
    }
}

static void end_cell(struct sheet *sheet)
{
    sheet->next++;
    if (sheet->columns[sheet->next] == NULL) {
        fputs("\r\n", sheet->file);
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

void sheet_text(struct sheet *sheet, const char *column, const char *text)
{
    begin_cell(sheet, column);
    if (text != NULL && needs_quotes(text)) {
        write_quoted(sheet->file, text);
    } else if (text != NULL) {
        fputs(text, sheet->file);
    }
    end_cell(sheet);
}

void sheet_integer(struct sheet *sheet, const char *column, int64_t value)
{
    begin_cell(sheet, column);
    fprintf(sheet->file, "%" PRId64, value);
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
    begin_cell(sheet, column);
    if (days != DAY_NONE) {
        write_date(sheet->file, days);
    }
    end_cell(sheet);
}

void sheet_moment(struct sheet *sheet, const char *column, int64_t minutes)
{
    int64_t minute_of_day;

    begin_cell(sheet, column);
    if (minutes != MOMENT_NONE) {
        minute_of_day = ((minutes % 1440) + 1440) % 1440;
        write_date(sheet->file, (minutes - minute_of_day) / 1440);
        fprintf(sheet->file, " %02d:%02d:00", (int)(minute_of_day / 60), (int)(minute_of_day % 60));
    }
    end_cell(sheet);
}

int64_t moment_of(int64_t days, int64_t minute_of_day)
{
    return days * 1440 + minute_of_day;
}

bool sheet_finish(struct sheet **sheet, struct fault *fault)
{
    FILE *file = steal((*sheet)->file);
    bool written = fflush(file) == 0 && !ferror(file);

    must((*sheet)->next == 0);
    if (fclose(file) != 0 || !written) {
        fault_errno(fault, FAULT_BAD_INPUT, "cannot write all of %s; is the disk full?", (*sheet)->path);
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
    file_close(&(*sheet)->file);
    string_free(&(*sheet)->path);
    free(*sheet);
    *sheet = NULL;
}
