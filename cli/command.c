#include "cli/command.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "db/migrate.h"

enum { ANSWER_MS = 60000 };

struct command_settings command_settings;

const struct setting command_rows[] = {
    {.name = "database-url",
     .type = SETTING_TEXT,
     .target = &command_settings.database_url,
     .fallback = "",
     .help = "PostgreSQL, as a libpq URL. Empty: 'handover run' starts its own."},
    {.name = "database-password-file",
     .type = SETTING_FILE,
     .target = &command_settings.database_password_file,
     .help = "File whose first line is the password of PostgreSQL."},
    {.name = "seal-key-file",
     .type = SETTING_FILE,
     .target = &command_settings.seal_key_file,
     .help = "File with the key under which API keys are sealed: 64 hexadecimal digits, readable by its owner only."},
    {.name = "cliniko-url",
     .type = SETTING_TEXT,
     .target = &command_settings.cliniko_url,
     .help = "Base URL of a local Cliniko, for trying and testing. Empty: the shard that a key names."},
    {.name = "cliniko-ca-file",
     .type = SETTING_FILE,
     .target = &command_settings.cliniko_ca_file,
     .help = "Certificate authority of a local Cliniko (PEM). Empty: the system's authorities."},
    {.name = "json",
     .type = SETTING_SWITCH,
     .target = &command_settings.json,
     .fallback = "0",
     .help = "Print JSON, one object a line."},
    {.name = NULL},
};

bool command_connect(struct loop *loop, struct db **ret, struct fault *fault)
{
    char actor[64];

    if (!command_settings.database_url[0])
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "No database is configured: set HANDOVER_DATABASE_URL or --database-url. ('handover run' alone "
            "brings its own.)");
    snprintf(actor, sizeof actor, "handover@%.40s", "cli");
    return migrate_check(command_settings.database_url, command_settings.database_password_file, fault) &&
           db_open(loop, command_settings.database_url, command_settings.database_password_file, actor, ret, fault);
}

void reply_take(void *argument, const struct db_rows *rows, const struct fault *fault)
{
    struct reply *reply = argument;
    struct fault ignored;

    *reply = (struct reply){.has_row = rows && db_rows_count(rows) > 0};
    if (fault)
        reply->fault = *fault;
    if (!reply->has_row)
        return;
    snprintf(reply->text, sizeof reply->text, "%s", db_text(rows, 0, 0) ? db_text(rows, 0, 0) : "");
    if (!number_parse(slice_of(reply->text), INT64_MIN, INT64_MAX, &reply->number, &ignored))
        reply->number = 0;
}

bool reply_wait(struct db *db, struct reply *reply, struct fault *fault)
{
    if (!db_wait(db, ANSWER_MS, fault))
        return false;
    if (reply->fault.kind == FAULT_NONE)
        return true;
    *fault = reply->fault;
    return false;
}
