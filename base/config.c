#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/must.h"
#include "base/number.h"

extern char **environ;

static const char prefix[] = "HANDOVER_";

enum { NAME_SIZE = 64 };

static void variable_name(const char *setting, char ret[NAME_SIZE])
{
    size_t at = sizeof prefix - 1;

    memcpy(ret, prefix, sizeof prefix);
    for (const char *byte = setting; *byte; byte++) {
        must(at + 1 < NAME_SIZE);
        ret[at++] = *byte == '-' ? '_' : (char)toupper((unsigned char)*byte);
    }
    ret[at] = '\0';
}

/* Calls for each row of each table; `row` is the loop variable. */
#define each_row(row, tables)                                                                                          \
    for (const struct setting *const *table_ = (tables); *table_; table_++)                                            \
        for (const struct setting *row = *table_; row->name; row++)

static bool assign(const struct setting *row, const char *value, const char *given_as, struct fault *fault)
{
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_FILE:
        *(const char **)row->target = value;
        return true;
    case SETTING_INTEGER:
        if (!number_parse(slice_of(value), row->least, row->greatest, row->target, fault))
            return fault_prefix(fault, "%s", given_as);
        return true;
    case SETTING_SWITCH:
        if (strcmp(value, "1") != 0 && strcmp(value, "0") != 0)
            return fault_set(fault, FAULT_BAD_INPUT, "%s: '%s' is neither 1 nor 0.", given_as, value);
        *(bool *)row->target = value[0] == '1';
        return true;
    }
    must(!"a setting type outside its enum");
    return false;
}

static bool is_known(const char *name, size_t size)
{
    for (const char *const *known = config_known_variables; *known; known++)
        if (strlen(*known) == size && memcmp(*known, name, size) == 0)
            return true;
    return false;
}

static bool check_environment(const struct setting *const *tables, struct fault *fault)
{
    for (char **entry = environ; *entry; entry++) {
        const char *equals = strchr(*entry, '=');
        size_t size = equals ? (size_t)(equals - *entry) : strlen(*entry);
        bool found = false;

        if (strncmp(*entry, prefix, sizeof prefix - 1) != 0)
            continue;
        each_row(row, tables)
        {
            char name[NAME_SIZE];

            variable_name(row->name, name);
            found = found || (strlen(name) == size && memcmp(name, *entry, size) == 0);
        }
        if (!found && !is_known(*entry, size))
            return fault_set(fault, FAULT_BAD_INPUT,
                             "The environment holds %.*s, which is no setting of Handover. Unset it, or correct its "
                             "name: --help lists the settings.",
                             (int)size, *entry);
    }
    return true;
}

static bool read_environment(const struct setting *const *tables, struct fault *fault)
{
    each_row(row, tables)
    {
        char name[NAME_SIZE];
        const char *value = NULL;

        variable_name(row->name, name);
        value = getenv(name);
        if (row->fallback && !assign(row, row->fallback, row->name, fault))
            return false;
        if (value && value[0] && !assign(row, value, name, fault))
            return false;
    }
    return true;
}

static const struct setting *row_at(const struct setting *const *tables, int index)
{
    each_row(row, tables)
    {
        if (index-- == 0)
            return row;
    }
    must(!"an option index outside the tables");
    return NULL;
}

static struct option *make_options(const struct setting *const *tables)
{
    size_t count = 0;
    struct option *options = NULL;

    each_row(row, tables) count++;
    options = x_alloc_array(count + 1, sizeof *options);
    count = 0;
    each_row(row, tables) options[count++] =
        (struct option){row->name, row->type == SETTING_SWITCH ? no_argument : required_argument, NULL, 0};
    return options;
}

static void free_options(struct option **options)
{
    free(*options);
    *options = NULL;
}

static bool assign_flag(const struct setting *row, const char *value, struct fault *fault)
{
    char given_as[NAME_SIZE + 2] = "--";

    if (row->secret)
        return fault_set(fault, FAULT_BAD_INPUT,
                         "--%s: a secret is not taken from the command line, where every user of the machine could "
                         "read it. Put it into a file or the environment.",
                         row->name);
    memcpy(given_as + 2, row->name, strlen(row->name) + 1);
    return assign(row, row->type == SETTING_SWITCH ? "1" : value, given_as, fault);
}

/* The argument that getopt did not understand; letters may share one, and it has not moved past that then. */
static const char *strange_argument(int argc, char **argv)
{
    for (int i = 1; optopt && i < argc; i++)
        if (argv[i][0] == '-' && argv[i][1] != '-' && strchr(argv[i], optopt))
            return argv[i];
    return argv[optind - 1];
}

/* getopt takes any beginning of a name that fits only one; such a flag would change its meaning with a new setting. */
static bool is_whole_name(const struct setting *row, const char *given)
{
    size_t size = strlen(row->name);

    return strncmp(given + 2, row->name, size) == 0 && (given[2 + size] == '\0' || given[2 + size] == '=');
}

static bool read_flags(const struct setting *const *tables, int argc, char **argv, struct fault *fault)
{
    scoped(free_options) struct option *options = make_options(tables);
    int index = 0;

    opterr = 0;
    optind = 0; /* glibc: start anew, forget the state of an earlier scan */
    for (;;) {
        int found = getopt_long(argc, argv, ":", options, &index);
        const char *given = NULL;

        if (found == -1)
            return true;
        if (found == ':')
            return fault_set(fault, FAULT_BAD_INPUT, "%s needs a value.", argv[optind - 1]);
        given = found == '?' ? strange_argument(argc, argv) : argv[optind - (optarg == argv[optind - 1] ? 2 : 1)];
        if (found == '?' || !is_whole_name(row_at(tables, index), given))
            return fault_set(fault, FAULT_BAD_INPUT, "%s is no flag of this command. --help lists them.", given);
        if (!assign_flag(row_at(tables, index), optarg, fault))
            return false;
    }
}

bool config_load(const struct setting *const *tables, int argc, char **argv, int *ret_positional, struct fault *fault)
{
    int positional = 0;

    if (!check_environment(tables, fault) || !read_environment(tables, fault) || !read_flags(tables, argc, argv, fault))
        return false;
    for (int i = optind; i < argc; i++)
        argv[1 + positional++] = argv[i];
    *ret_positional = positional;
    return true;
}

static void put_default(const struct setting *row, struct text *out)
{
    if (row->fallback && row->fallback[0] && row->type != SETTING_SWITCH)
        text_printf(out, " Default: %s%s%s.", row->fallback, row->unit ? " " : "", row->unit ? row->unit : "");
}

void config_print_help(const struct setting *const *tables, struct text *out)
{
    each_row(row, tables)
    {
        static const char *const values[] = {
            [SETTING_TEXT] = " TEXT", [SETTING_INTEGER] = " N", [SETTING_SWITCH] = "", [SETTING_FILE] = " FILE"};
        char name[NAME_SIZE];

        variable_name(row->name, name);
        if (!row->secret)
            text_printf(out, "  --%s%s\n", row->name, values[row->type]);
        text_printf(out, "  %s%s\n", row->secret ? "" : "    ", name);
        text_printf(out, "        %s", row->help);
        put_default(row, out);
        text_puts(out, "\n");
    }
}

void config_print_markdown(const struct setting *const *tables, struct text *out)
{
    text_puts(out, "| flag | environment | default | meaning |\n| --- | --- | --- | --- |\n");
    each_row(row, tables)
    {
        char name[NAME_SIZE];

        variable_name(row->name, name);
        text_printf(out, "| %s%s%s | `%s` | %s%s%s | %s |\n", row->secret ? "" : "`--",
                    row->secret ? "(no flag)" : row->name, row->secret ? "" : "`", name,
                    row->fallback ? row->fallback : "", row->fallback && row->unit ? " " : "",
                    row->fallback && row->unit ? row->unit : "", row->help);
    }
}

/* A database's URL may hold a password: `scheme://user:password@…` or `password=…`, to the end. */
static void put_without_password(const char *value, struct text *out)
{
    const char *key = strstr(value, "password=");
    size_t size = key ? (size_t)(key - value) + strlen("password=") : strlen(value);
    const char *scheme = strstr(value, "://");
    const char *colon = scheme ? strchr(scheme + 3, ':') : NULL;
    const char *at = colon ? strrchr(colon, '@') : NULL;

    if (at) {
        text_put(out, value, (size_t)(colon - value) + 1);
        text_puts(out, "***");
        if (at >= value + size)
            return;
        size -= (size_t)(at - value);
        value = at;
    }
    text_put(out, value, size);
    if (key)
        text_puts(out, "***");
}

void config_describe(const struct setting *const *tables, struct text *out)
{
    each_row(row, tables)
    {
        const char *value = NULL;

        if (out->size)
            text_putc(out, ' ');
        text_printf(out, "%s=", row->name);
        switch (row->type) {
        case SETTING_TEXT:
        case SETTING_FILE:
            value = *(const char **)row->target;
            if (value && value[0] && !row->secret)
                put_without_password(value, out);
            else
                text_puts(out, value && value[0] ? "set" : "-");
            break;
        case SETTING_INTEGER:
            text_printf(out, "%" PRId64, *(int64_t *)row->target);
            break;
        case SETTING_SWITCH:
            text_puts(out, *(bool *)row->target ? "1" : "0");
            break;
        }
    }
}
