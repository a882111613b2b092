#include "cli/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/answers.h"
#include "cli/command.h"
#include "cli/source_choice.h"
#include "cliniko/key.h"
#include "db/account.h"
#include "db/seal.h"
#include "db/transfer.h"
#include "model/profile.h"
#include "source/source.h"

enum { FILE_MAX = 4 * 1024 * 1024 };

struct intake_settings intake_settings;

const struct setting intake_rows[] = {
    {.name = "profile",
     .type = SETTING_FILE,
     .target = &intake_settings.profile,
     .help =
         "The profile (JSON) that says how the source's tables become records. 'handover profile draft' proposes one."},
    {.name = "to",
     .type = SETTING_TEXT,
     .target = &intake_settings.to,
     .help = "The clinic's Cliniko address, https://your-clinic.au2.cliniko.com, or a short name for the account. What "
             "was transferred is remembered under it."},
    {.name = "key-file",
     .type = SETTING_FILE,
     .target = &intake_settings.key_file,
     .help = "File that holds the API key. Without it the key is asked for on the terminal."},
    {.name = "practitioner-keys",
     .type = SETTING_FILE,
     .target = &intake_settings.practitioner_keys,
     .help =
         "JSON: {\"practitioner's Cliniko id, name or source key\": \"API key\"}, readable by its owner only. Notes "
         "of these practitioners are written with their own keys, and so carry them as authors. Given again, the "
         "file replaces the keys that are stored."},
    {.name = "rate",
     .type = SETTING_INTEGER,
     .target = &intake_settings.rate,
     .fallback = "180",
     .least = 0,
     .greatest = 1000000,
     .unit = "requests a minute",
     .help = "How much of the limit of 200 a minute is used; the rest is left to the clinic's other programs. 0 is no "
             "limit, for a local Cliniko only."},
    {.name = "answers",
     .type = SETTING_FILE,
     .target = &intake_settings.answers,
     .help = "JSON: {\"questions\": {…}, \"practitioner\": {\"source key or name\": \"id or name in Cliniko\"}, "
             "\"business\": {…}}; null leaves a practitioner's or location's appointments behind. See "
             "docs/answers.schema.json."},
    {.name = "bad-rows",
     .type = SETTING_TEXT,
     .target = &intake_settings.bad_rows,
     .fallback = "stop",
     .help =
         "What happens with rows that cannot be transferred: stop before anything is sent, or exclude them, named in "
         "the outcome."},
    {.name = "existing",
     .type = SETTING_TEXT,
     .target = &intake_settings.existing,
     .fallback = "stop",
     .help = "What happens when the account holds patients already: stop, or allow (they stay as they are)."},
    {.name = "time-zone",
     .type = SETTING_TEXT,
     .target = &intake_settings.time_zone,
     .help = "Time zone (Australia/Melbourne) of times for which the profile finds none."},
    {.name = "approve",
     .type = SETTING_SWITCH,
     .target = &intake_settings.approve,
     .fallback = "0",
     .help = "Go on after the preflight without asking ('handover run' always does)."},
    {.name = NULL},
};

static bool read_file(const char *path, const char *what, char **ret, struct fault *fault)
{
    scoped(file_close) FILE *file = fopen(path, "rb");
    char *data = NULL;
    size_t size = 0;

    if (!file) {
        fault_errno(fault, FAULT_BAD_INPUT, "cannot read the %s %s", what, path);
        return false;
    }
    data = x_alloc(FILE_MAX + 1);
    size = fread(data, 1, FILE_MAX + 1, file);
    if (ferror(file) || size > FILE_MAX) {
        free(data);
        fault_set(fault, FAULT_BAD_INPUT, "The %s %s cannot be read, or is larger than 4 MB.", what, path);
        return false;
    }
    *ret = x_strndup(data, size);
    free(data);
    return true;
}

static bool is_one_of(const char *flag, const char *value, const char *one, const char *other, struct fault *fault)
{
    return strcmp(value, one) == 0 || strcmp(value, other) == 0 ||
           fault_set(fault, FAULT_BAD_INPUT, "--%s: '%s' is neither %s nor %s.", flag, value, one, other);
}

static bool put_options(struct intake *intake, bool approve, const char *subdomain, struct fault *fault)
{
    struct json_writer writer;
    struct text out;

    if (!is_one_of("bad-rows", intake_settings.bad_rows, "stop", "exclude", fault) ||
        !is_one_of("existing", intake_settings.existing, "stop", "allow", fault))
        return false;
    if (intake_settings.answers && !answers_read(intake_settings.answers, intake->profile, &intake->answers, fault))
        return false;
    text_init(&out, 2 * FILE_MAX);
    json_write_init(&writer, &out);
    json_begin_object(&writer);
    json_member_bool(&writer, "approve", approve || intake_settings.approve);
    json_member_bool(&writer, "complete", true);
    json_member_text(&writer, "bad_rows", intake_settings.bad_rows);
    json_member_text(&writer, "existing", intake_settings.existing);
    if (subdomain[0])
        json_member_text(&writer, "subdomain", subdomain);
    if (intake_settings.time_zone)
        json_member_text(&writer, "time_zone", intake_settings.time_zone);
    if (intake->answers) {
        json_key(&writer, "answers");
        json_put_raw(&writer, slice_of(intake->answers));
    }
    json_end_object(&writer);
    intake->options = text_take(&out);
    return true;
}

/* The key as it was typed, without showing it. */
static bool ask_key(char *line, size_t size, struct fault *fault)
{
    struct termios shown;
    struct termios hidden;
    scoped(file_close) FILE *terminal = fopen("/dev/tty", "r+");
    bool got = false;

    if (!terminal || tcgetattr(fileno(terminal), &shown) != 0)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The API key is needed: give its file with --key-file, or run this on a "
                         "terminal.");
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    fputs("Cliniko API key (not shown): ", terminal);
    fflush(terminal);
    tcsetattr(fileno(terminal), TCSAFLUSH, &hidden);
    got = fgets(line, (int)size, terminal) != NULL;
    tcsetattr(fileno(terminal), TCSAFLUSH, &shown);
    fputs("\n", terminal);
    return got || fault_set(fault, FAULT_BAD_INPUT, "No API key was given.");
}

static bool read_key_file(const char *path, char *line, size_t size, struct fault *fault)
{
    scoped(descriptor_close) int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, line, size - 1) : -1;

    if (got < 0)
        return fault_errno(fault, FAULT_BAD_INPUT, "cannot read the API key from %s", path);
    line[got] = '\0';
    return got > 0 || fault_set(fault, FAULT_BAD_INPUT, "The key file %s is empty.", path);
}

bool intake_read_key(const char *key_file, struct key **ret, struct fault *fault)
{
    char *line = sodium_malloc(KEY_SIZE_MAX + 64);
    bool good = line && (key_file ? read_key_file(key_file, line, KEY_SIZE_MAX + 64, fault)
                                  : ask_key(line, KEY_SIZE_MAX + 64, fault));

    good = good && key_parse(line, ret, fault);
    sodium_free(line);
    return good;
}

static bool read_key(struct intake *intake, struct key **ret, struct fault *fault)
{
    if (!intake_read_key(intake_settings.key_file, ret, fault))
        return false;
    intake->key = sodium_malloc(KEY_SIZE_MAX + 1);
    snprintf(intake->key, KEY_SIZE_MAX + 1, "%s", key_text(*ret));
    snprintf(intake->shard, sizeof intake->shard, "%s", key_shard(*ret));
    return true;
}

static bool read_account(struct intake *intake, const struct key *key, char subdomain[SUBDOMAIN_SIZE],
                         struct fault *fault)
{
    const char *to = intake_settings.to;
    struct clinic_url url;

    subdomain[0] = '\0';
    if (!to || !to[0])
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--to is missing: the clinic's Cliniko address, or a name for the account.");
    if (strstr(to, "://") || strstr(to, ".cliniko.")) {
        if (!clinic_url_parse(to, &url, fault) || !clinic_url_agrees(&url, key, fault))
            return fault_prefix(fault, "--to");
        snprintf(subdomain, SUBDOMAIN_SIZE, "%s", url.subdomain);
        intake->account = x_sprintf("%s.%s", url.subdomain, url.shard);
        return true;
    }
    if (strlen(to) > 60 || strspn(to, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(to))
        return fault_set(
            fault, FAULT_BAD_INPUT,
            "--to: '%s' is neither an address like https://your-clinic.au2.cliniko.com nor a name of small "
            "letters, digits, '-', '_' and '.'.",
            to);
    intake->account = x_strdup(to);
    return true;
}

static bool read_profile(struct intake *intake, struct fault *fault)
{
    scoped(profile_destroy) struct profile *profile = NULL;

    if (!intake_settings.profile)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--profile is missing. 'handover profile draft SOURCE' proposes one for your source.");
    if (!read_file(intake_settings.profile, "profile", &intake->profile, fault))
        return false;
    if (!profile_parse(intake->profile, strlen(intake->profile), &profile, fault))
        return fault_prefix(fault, "%s", intake_settings.profile);
    intake->system = x_strdup(profile->system);
    return true;
}

bool intake_read(const char *source, bool approve, struct intake *ret, struct fault *fault)
{
    scoped(key_destroy) struct key *key = NULL;
    scoped(string_free) char *chosen = NULL;
    char subdomain[SUBDOMAIN_SIZE] = "";

    *ret = (struct intake){0};
    if (sodium_init() < 0)
        return fault_set(fault, FAULT_INTERNAL, "libsodium does not start on this machine.");
    chosen = source_choice_path(source);
    if (!source_resolve(chosen, &ret->source, fault))
        return false;
    return read_profile(ret, fault) && read_key(ret, &key, fault) && read_account(ret, key, subdomain, fault) &&
           (!intake_settings.practitioner_keys ||
            practitioner_keys_read(intake_settings.practitioner_keys, ret->shard, &ret->practitioner_keys, fault)) &&
           put_options(ret, approve, subdomain, fault);
}

void intake_release(struct intake *intake)
{
    free(intake->source);
    free(intake->profile);
    free(intake->system);
    free(intake->options);
    free(intake->answers);
    free(intake->account);
    sodium_free(intake->key);
    practitioner_keys_release(&intake->practitioner_keys);
    *intake = (struct intake){0};
}

static bool store_account(struct db *db, const struct intake *intake, int64_t *ret, struct fault *fault)
{
    scoped(seal_destroy) struct seal *seal = NULL;
    unsigned char *sealed = NULL;
    size_t size = 0;
    struct reply reply = {0};
    struct reply keys_reply = {0};

    if (!command_settings.seal_key_file || !command_settings.seal_key_file[0])
        return fault_set(fault, FAULT_BAD_INPUT,
                         "The API key cannot be sealed: set HANDOVER_SEAL_KEY_FILE to the file that "
                         "the workers use as well.");
    if (!seal_open_file(command_settings.seal_key_file, &seal, fault))
        return false;
    seal_close(seal, intake->key, &sealed, &size);
    account_put(db, intake->account, intake->shard, intake_settings.rate, sealed, size, reply_take, &reply);
    free(sealed);
    if (!reply_wait(db, &reply, fault))
        return false;
    *ret = reply.number;
    if (intake->practitioner_keys.count == 0)
        return true;
    practitioner_keys_store(db, *ret, seal, &intake->practitioner_keys, reply_take, &keys_reply);
    return reply_wait(db, &keys_reply, fault);
}

/* What an earlier transfer of the same records sent is known only when it is over. */
static bool make_way(struct db *db, int64_t account, const struct intake *intake, struct fault *fault)
{
    struct reply reply = {0};

    if (intake_settings.cancel_earlier)
        transfer_cancel_live(db, account, intake->system, reply_take, &reply);
    else
        transfer_find_live(db, account, intake->system, reply_take, &reply);
    if (!reply_wait(db, &reply, fault))
        return false;
    if (reply.has_row && intake_settings.cancel_earlier)
        fprintf(stderr, "handover: transfer %" PRId64 " is cancelled\n", reply.number);
    return !reply.has_row || intake_settings.cancel_earlier ||
           fault_set(
               fault, FAULT_BAD_INPUT,
               "Transfer %" PRId64 " brings the same system into this account from another source and is not over. "
               "Bring it to its end by the command that began it, or give --cancel-earlier: what it sent stays known, and "
               "is not sent again.",
               reply.number);
}

bool intake_store(struct db *db, const struct intake *intake, bool reuse, int64_t *ret_transfer, bool *ret_found,
                  struct fault *fault)
{
    struct reply reply = {0};
    int64_t account = 0;

    if (!store_account(db, intake, &account, fault))
        return false;
    if (reuse) {
        transfer_find_open(db, account, intake->system, intake->source, reply_take, &reply);
        if (!reply_wait(db, &reply, fault))
            return false;
    }
    *ret_found = reply.has_row;
    if (reuse && !reply.has_row && !make_way(db, account, intake, fault))
        return false;
    if (!reply.has_row) {
        transfer_create(db,
                        &(struct transfer_spec){.account = account,
                                                .system = intake->system,
                                                .source = intake->source,
                                                .profile = intake->profile,
                                                .options = intake->options},
                        reply_take, &reply);
        if (!reply_wait(db, &reply, fault))
            return false;
    }
    *ret_transfer = reply.number;
    return true;
}
