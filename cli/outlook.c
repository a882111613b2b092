#include "cli/outlook.h"

#include <inttypes.h>
#include <stdio.h>

#include "db/transfer.h"

enum { ANSWER_MS = 60000, PATIENTS_MANY = 10000, DAY_SECONDS = 24 * 60 * 60 };

struct reading {
    struct outlook *outlook;
    struct fault fault;
};

static void on_extent(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct reading *reading = argument;
    const char *oldest = NULL;

    if (fault) {
        reading->fault = *fault;
        return;
    }
    oldest = db_text(rows, 0, EXTENT_OLDEST);
    reading->outlook->past = db_integer(rows, 0, EXTENT_PAST);
    reading->outlook->to_come = db_integer(rows, 0, EXTENT_TO_COME);
    reading->outlook->is_long = db_is_true(rows, 0, EXTENT_IS_LONG);
    snprintf(reading->outlook->oldest, sizeof reading->outlook->oldest, "%s", oldest ? oldest : "");
}

bool outlook_read(struct db *db, int64_t transfer, struct outlook *ret, struct fault *fault)
{
    struct reading reading = {.outlook = ret};

    *ret = (struct outlook){0};
    transfer_extent(db, transfer, on_extent, &reading);
    if (!db_wait(db, ANSWER_MS, fault)) {
        db_forget(db, &reading);
        return false;
    }
    if (reading.fault.kind == FAULT_NONE)
        return true;
    *fault = reading.fault;
    return false;
}

static int64_t staged(const struct progress *progress, enum entity entity)
{
    for (int i = 0; i < progress->entity_count; i++)
        if (progress->entities[i].entity == entity)
            return progress->entities[i].staged;
    return 0;
}

static void put_time(int64_t seconds, struct text *out)
{
    int64_t minutes = (seconds + 59) / 60;

    if (minutes < 120)
        text_printf(out, "%" PRId64 " minute%s", minutes, minutes == 1 ? "" : "s");
    else
        text_printf(out, "%" PRId64 " hours", (minutes + 59) / 60);
}

void outlook_put_forecast(const struct outlook *outlook, const struct progress *progress, struct text *out)
{
    int64_t requests = progress_requests_left(progress);
    int64_t seconds = progress->rate_per_minute > 0 ? requests * 60 / progress->rate_per_minute : 0;
    int64_t patients = staged(progress, ENTITY_PATIENT);

    if (requests == 0)
        return;
    text_printf(out, "Forecast: about %" PRId64 " requests", requests);
    if (progress->rate_per_minute > 0) {
        text_puts(out, ", ");
        put_time(seconds, out);
        text_printf(out, " at %" PRId64 " a minute", progress->rate_per_minute);
    }
    text_puts(out, "; the uploading of large files may take longer.\n");
    if (seconds > DAY_SECONDS)
        text_puts(out, "That is more than a day: tell the clinic before, and keep it informed.\n");
    if (patients > PATIENTS_MANY)
        text_printf(out,
                    "There are %" PRId64 " patients, more than 10,000: such a transfer may take more than a day.\n",
                    patients);
    if (outlook->is_long)
        text_printf(out,
                    "The oldest record is of %s, more than 10 years ago: such a transfer may take more than a day.\n",
                    outlook->oldest);
}

void outlook_put_diary(const struct outlook *outlook, struct text *out)
{
    if (outlook->past + outlook->to_come > 0)
        text_printf(out, "Of the appointments %" PRId64 " are past and %" PRId64 " are to come.\n", outlook->past,
                    outlook->to_come);
}

void outlook_put_afterwards(const struct progress *progress, struct text *out)
{
    int64_t types = staged(progress, ENTITY_APPOINTMENT_TYPE);

    text_puts(out, "\nTo be done in Cliniko now:\n");
    if (types > 0)
        text_puts(out,
                  "  Review the appointment types: assign practitioners to each, look at its colour, relate it to its "
                  "billable items, and add what is missing.\n"
                  "  Assign reminder and confirmation templates to the appointment types: they came without, so "
                  "that nobody got a message during the transfer.\n");
    text_puts(out, "  Set up templates of treatment notes and of letters: they were not transferred.");
    text_puts(out, types > 0 ? " Relate the former to appointment types.\n" : "\n");
    if (staged(progress, ENTITY_TREATMENT_NOTE) > 0)
        text_puts(out, "  Tell those who read notes: they are plain text, most of their formatting is lost. Notes with "
                       "pictures are a PDF among the patient's files as well.\n");
    if (staged(progress, ENTITY_LETTER) > 0)
        text_puts(out, "  Tell those who read letters: they are PDFs of plain text among the patient's files, without "
                       "formatting and pictures.\n");
}
