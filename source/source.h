/*
 * The old system, whatever it is: tables with named columns, read row by row in constant memory. Behind it stand CSV
 * exports (a folder, one file, .csv.gz, .zip) and SQL Server backups (one .bak, a .zip with one, all files of a striped
 * set), and live SQL Servers (mssql://…).
 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "model/value.h"

struct source;
struct scan;

/* Told now and then how far a long piece of work is, in bytes. */
typedef void source_progress_fn(void *context, int64_t done, int64_t total);

/* What a profile may say about reading; zero means "find out". */
struct source_options {
    const char *encoding; /* of text files, any name that ICU knows; NULL: detect */
    char separator;       /* of text files; '\0': detect */
    bool salvage;         /* of backups: rows and pages that are damaged are stepped over and counted (scan_tally_of);
                           * otherwise they are faults */
    bool whole_values;    /* of backups: large values are read to their end with their row, not only measured */
    source_progress_fn *progress; /* of source_open and source_examine: while a backup is unpacked from a zip, all of
                                   * its parts must be looked at, or its log is read; NULL for none */
    void *progress_context;
};

/* Opens a source read-only and lists its tables. The path is a folder of *.csv files; one .csv, .txt, .tsv, .csv.gz or
 * .zip file; a .bak or a .zip that holds one; all files of a striped backup, joined by commas, or their folder. What is
 * to be read in a path with several answers stands behind it: "#set=2", "#member=FD.bak", see source_path.h. Faults
 * with FAULT_BAD_INPUT when there is nothing to read, a zip is damaged, password-protected or absurdly large, a backup
 * is of a kind that cannot be read, or the file is of another known kind (a workbook). */
MUST_CHECK bool source_open(const char *path, const struct source_options *options, struct source **ret,
                            struct fault *fault);
void source_close(struct source **source);

/* The path in full, as any process on this machine can open it from any folder; owned by the caller. */
MUST_CHECK bool source_resolve(const char *path, char **ret, struct fault *fault);

/* Whether all files of the path are there for this process; of a live server only opening it tells. */
bool source_is_there(const char *path);

struct source_table {
    const char *name;
    const char *origin;
    int64_t rows;        /* that the source itself counted; -1: it does not say */
    const char *trouble; /* NULL, or why its rows cannot be read */
};

/* Tables in name order. A CSV table is named after its file, without the ending; a table of a database by its name,
 * with its schema before it unless that is dbo. Borrowed from the source. */
size_t source_table_count(const struct source *source);
struct source_table source_table_at(const struct source *source, size_t table);
const char *source_table_name(const struct source *source, size_t table);

/* Where the table's rows stand, for messages: a CSV table's file name. */
const char *source_table_origin(const struct source *source, size_t table);

/* What a database says of a column on its own; keys of several columns count for none of them. */
struct source_keys {
    bool known;    /* the source knows its keys: where it does not, nothing below says anything */
    bool primary;  /* the primary key */
    bool unique;   /* no value occurs twice, that of the primary key included */
    bool refers;   /* a foreign key: its values are those of a column of another table, or of the same */
    size_t table;  /* of which, for `refers` */
    size_t column; /* as the scan of that table numbers it */
};

/* `column` as a scan of the table numbers it. */
void source_keys_of(const struct source *source, size_t table, size_t column, struct source_keys *ret);

/* Finds the one table that fits a name, ignoring case; the name may hold the wildcards * and ?, and "dbo." before it.
 * Faults when none or more than one fits, and lists what there is. */
MUST_CHECK bool source_find_table(const struct source *source, const char *name, size_t *ret, struct fault *fault);

/* Starts a pass over a table; several may be open at once. The scan borrows the source. */
MUST_CHECK bool source_scan(struct source *source, size_t table, struct scan **ret, struct fault *fault);
void scan_close(struct scan **scan);

/* What a pass has met so far. */
enum { SCAN_PROBLEM_SIZE = 200, SCAN_PROBLEMS_MAX = 16 };

struct scan_tally {
    int64_t rows;          /* given */
    int64_t expected;      /* that the source itself counted; -1: it does not say */
    int64_t damaged_rows;  /* could not be read */
    int64_t damaged_pages; /* their rows were given all the same */
    int64_t missing_pages; /* should be there and are not: rows are missing */
    size_t problem_count;  /* of all; the first SCAN_PROBLEMS_MAX are kept */
    char problems[SCAN_PROBLEMS_MAX][SCAN_PROBLEM_SIZE];
};

void scan_tally_of(const struct scan *scan, struct scan_tally *ret);

/* Column names with white space collapsed to single blanks. A repeated name is told apart by "#2", "#3"; a nameless
 * column is called "#" and its number. */
size_t scan_column_count(const struct scan *scan);
const char *scan_column_name(const struct scan *scan, size_t column);

/* Appends the column's type as its database has it, "nvarchar(40)"; "text" where a source knows no types. */
void scan_column_type(const struct scan *scan, size_t column, struct text *out);

/* Finds a column by its name, exactly or else ignoring ASCII case. A name that the header holds twice is refused unless
 * it says which one ("name#1", "name#2"). The fault names the table's origin and lists the columns there are. A column
 * whose values the source does not hold (FILESTREAM) is refused with their number. */
MUST_CHECK bool scan_find_column(const struct scan *scan, const char *name, size_t *ret, struct fault *fault);

/* Whether the source holds the values of a column; if not (FILESTREAM, xml), the fault has their number. */
MUST_CHECK bool scan_may_read(const struct scan *scan, size_t column, struct fault *fault);

/* The next row: as many values as there are columns, borrowed until the next call; NULL at the end. A backup that is
 * damaged, or holds fewer rows of the table than its server counted, is a fault, at the end of the pass at the latest.
 */
MUST_CHECK bool scan_next(struct scan *scan, const struct value **ret, struct fault *fault);

/* Number of the row that scan_next gave last, as people count: in a CSV file the header is row 1. */
uint64_t scan_row(const struct scan *scan);

/* Describes the value in a column of the current row so that it can be read later, by any process that has the source:
 * appends a locator (printable ASCII, at most 500 bytes) and gives its size in bytes. A cell of a CSV export holds the
 * path of a file beside it, relative to the export's folder; text may stand in the cell itself. *ret_found is false
 * when the value has no locator: its text is then all there is. A large text of a database is located as UTF-8.
 * FAULT_BAD_INPUT when it names a file that is missing, cannot be read or stands outside the folder. */
MUST_CHECK bool scan_locate(const struct scan *scan, size_t column, struct text *locator, int64_t *ret_size_bytes,
                            bool *ret_found, struct fault *fault);

/* A large value, read from its beginning to its end in pieces, in constant memory. */
struct blob;

/* FAULT_BAD_INPUT when the locator is not of this source, or what it names is gone or has another size by now. */
MUST_CHECK bool source_open_blob(struct source *source, const char *locator, struct blob **ret, struct fault *fault);
void blob_close(struct blob **blob);
int64_t blob_size(const struct blob *blob);

/* Reads up to `size` bytes; *ret_size is 0 at the end. */
MUST_CHECK bool blob_read(struct blob *blob, void *buffer, size_t size, size_t *ret_size, struct fault *fault);

/* What a source says of itself, for people and machines, and what there is to warn about. */
struct source_fact {
    const char *name;  /* "server_version" */
    const char *title; /* "Server" */
    char *text;
    bool in_list;   /* there may be several of that name */
    bool is_number; /* the text is one, and nothing else */
};

struct source_facts {
    struct source_fact *facts;
    size_t count;
    char **warnings; /* a sentence each; those that are faults come first */
    size_t warning_count;
    size_t fault_count; /* of the warnings: something is damaged, missing or doubtful. The others are good to know */
};

void source_describe(const struct source *source, struct source_facts *facts);
void source_facts_release(struct source_facts *facts);

/* Looks closer, once for a transfer: a backup's log tells which tables were changed while it was taken. Appends facts
 * and warnings, which are faults of the source. */
MUST_CHECK bool source_examine(struct source *source, struct source_facts *facts, struct fault *fault);

/* Checks everything that can be without reading rows, in steps: each call looks at some more, *ret_done goes from 0
 * to 1. Facts and warnings are appended at the end; they are faults: damage. A source without anything to check is at
 * its end at once. */
MUST_CHECK bool source_check_step(struct source *source, struct source_facts *facts, double *ret_done, bool *ret_end,
                                  struct fault *fault);

/* How a text file is read, for people: "UTF-8 with byte order mark, separated by ;". */
const char *scan_format(const struct scan *scan);

#endif
