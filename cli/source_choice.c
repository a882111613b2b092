#include "cli/source_choice.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/source_password.h"
#include "source/tds_settings.h"

enum { PATH_BYTES_MAX = 64 * 1024 };

static struct {
    int64_t set;
    const char *member;
    bool with_password;
    const char *spool;
} choice;

const struct setting source_choice_rows[] = {
    {.name = "set",
     .type = SETTING_INTEGER,
     .target = &choice.set,
     .fallback = "0",
     .least = 0,
     .greatest = 1000000,
     .help = "Which backup set of a .bak file is read, by its number. 0 is the newest full one."},
    {.name = "member",
     .type = SETTING_TEXT,
     .target = &choice.member,
     .help = "Which file of a .zip is the backup, when there is more than one."},
    {.name = "with-password",
     .type = SETTING_SWITCH,
     .target = &choice.with_password,
     .fallback = "0",
     .help = "Read a backup that has a media password. Its tables are not encrypted; the clinic must agree."},
    {.name = "spool",
     .type = SETTING_FILE,
     .target = &choice.spool,
     .help = "Folder into which a zipped backup is unpacked while it is read. Default: TMPDIR, or /var/tmp."},
    {.name = "source-password-file",
     .type = SETTING_FILE,
     .target = &tds_settings.password_file,
     .help = TDS_PASSWORD_FILE_HELP},
    {.name = "source-ca-file", .type = SETTING_FILE, .target = &tds_settings.ca_file, .help = TDS_CA_FILE_HELP},
    {.name = NULL},
};

char *source_choice_path(const char *given)
{
    struct text path;

    if (choice.spool && choice.spool[0])
        setenv("HANDOVER_SPOOL", choice.spool, 1); /* workers that this process starts use the same folder */
    source_password_prepare(given);
    text_init(&path, PATH_BYTES_MAX);
    text_puts(&path, given);
    if (choice.member && choice.member[0])
        text_printf(&path, "#member=%s", choice.member);
    if (choice.set)
        text_printf(&path, "#set=%" PRId64, choice.set);
    if (choice.with_password)
        text_puts(&path, "#with-password");
    return text_take(&path);
}
