/* handover: finds the command, loads its settings, prints its fault. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/service.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/intake.h"
#include "cli/source_choice.h"

enum { HELP_MAX = 64 * 1024, ARGUMENTS_MAX = 64 };

static const struct command *const commands[] = {
    &command_run,
    &command_inspect,
    &command_profile_draft,
    &command_profile_check,
    &command_transfer_new,
    &command_transfer_start,
    &command_transfer_questions,
    &command_transfer_watch,
    &command_transfer_show,
    &command_transfer_list,
    &command_transfer_pause,
    &command_transfer_resume,
    &command_transfer_cancel,
    &command_account_key,
    &command_workers,
    &command_migrate,
};

static const struct setting no_rows[] = {{.name = NULL}};

static void print_usage(FILE *to)
{
    fprintf(to, "handover moves a clinic's records into Cliniko.\n\n");
    for (size_t i = 0; i < array_length(commands); i++)
        fprintf(to, "  handover %s %s\n      %s\n", commands[i]->name, commands[i]->usage, commands[i]->summary);
    fprintf(to, "\n'handover COMMAND --help' lists the settings of a command.\n"
                "Exit status: 0 done, 3 done but some records did not arrive, 4 waiting for answers or\n"
                "approval, 1 failed, 2 wrong usage.\n");
}

/* How many of argv's words the command's name takes; 0 when it is another. */
static int words_of(const struct command *command, int argc, char **argv)
{
    const char *second = strchr(command->name, ' ');
    size_t first_size = second ? (size_t)(second - command->name) : strlen(command->name);

    if (argc < 2 || strlen(argv[1]) != first_size || memcmp(argv[1], command->name, first_size) != 0)
        return 0;
    if (!second)
        return 1;
    return argc > 2 && strcmp(argv[2], second + 1) == 0 ? 2 : 0;
}

static const struct command *find(int argc, char **argv, int *ret_words)
{
    for (size_t i = 0; i < array_length(commands); i++) {
        *ret_words = words_of(commands[i], argc, argv);
        if (*ret_words)
            return commands[i];
    }
    return NULL;
}

static int print_help(const struct command *command, const struct setting *const *tables, bool as_markdown)
{
    struct text help;

    text_init(&help, HELP_MAX);
    if (as_markdown) {
        config_print_markdown(tables, &help);
        printf("## handover %s %s\n\n%s\n\n%s\n", command->name, command->usage, command->summary, text_string(&help));
        text_release(&help);
        return STATUS_DONE;
    }
    config_print_help(tables, &help);
    printf("handover %s %s\n\n%s\n\nSettings (flag, environment variable):\n%s", command->name, command->usage,
           command->summary, text_string(&help));
    text_release(&help);
    return STATUS_DONE;
}

static int run(const struct command *command, int argc, char **argv)
{
    const struct setting *tables[] = {command->rows ? command->rows : no_rows,
                                      command == &command_run ? intake_rows : no_rows,
                                      command->takes_source ? source_choice_rows : no_rows, command_rows, NULL};
    struct fault fault = {0};
    int status = STATUS_FAILED;
    int count = 0;

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "--help-markdown") == 0)
            return print_help(command, tables, argv[i][6] != '\0');
    if (!config_load(tables, argc, argv, &count, &fault)) {
        fprintf(stderr, "handover: %s\n", fault.text);
        return STATUS_USAGE;
    }
    if (count < command->least_arguments || count > command->most_arguments) {
        fprintf(stderr, "usage: handover %s %s\n", command->name, command->usage);
        return STATUS_USAGE;
    }
    log_open("handover", LOG_WARN);
    if (!command->run(count, argv + 1, &status, &fault)) {
        fprintf(stderr, "handover: %s\n", fault.text);
        return STATUS_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    int words = 0;
    const struct command *command = find(argc, argv, &words);

    service_harden();
    if (!command) {
        bool asked = argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0);

        if (argc > 1 && !asked)
            fprintf(stderr, "handover: '%s%s%s' is no command.\n\n", argv[1], argc > 2 ? " " : "",
                    argc > 2 ? argv[2] : "");
        print_usage(asked ? stdout : stderr);
        return asked ? STATUS_DONE : STATUS_USAGE;
    }
    return run(command, argc - words, argv + words);
}
