#include "cli/profile_command.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "folder_fixture.h"

struct answer {
    struct text out;
    struct text notes;
    enum profile_result result;
    struct fault fault;
    bool done;
};

static void ask(struct answer *answer, const char *word, const char *first, const char *second)
{
    struct profile_check_options options = {0};
    char *argv[] = {x_strdup(word), x_strdup(first), x_strdup(second), NULL};

    *answer = (struct answer){0};
    text_init(&answer->out, 1 << 20);
    text_init(&answer->notes, 1 << 20);
    answer->done =
        profile_command(second ? 3 : 2, argv, &options, &answer->out, &answer->notes, &answer->result, &answer->fault);
    for (size_t i = 0; i < 3; i++)
        string_free(&argv[i]);
}

static void release(struct answer *answer)
{
    text_release(&answer->out);
    text_release(&answer->notes);
}

Test(profile_command, drafts_and_checks)
{
    struct folder_fixture folder;
    struct answer answer;
    char profile[200];
    char source[200];

    folder_fixture_make(&folder);
    snprintf(source, sizeof source, "%s",
             folder_fixture_write(&folder, "people.csv",
                                  "Patient ID,First name,Last name,Shoe size\n1,Ann,Lee,38\n1,Tom,Ray,44\n2,Kim,,40\n"
                                  "3,A,B,1\n4,C,D,1\n5,E,F,1\n6,G,H,1\n7,I,J,1\n8,K,L,1\n9,M,N,1\n"));
    ask(&answer, "draft", source, NULL);
    cr_assert(answer.done, "%s", answer.fault.text);
    cr_expect(strstr(text_string(&answer.notes), "patient.first_name: high (100): column First name"));
    snprintf(profile, sizeof profile, "%s", folder_fixture_write(&folder, "p.json", text_string(&answer.out)));
    release(&answer);
    ask(&answer, "check", profile, source);
    cr_expect(answer.done, "%s", answer.fault.text);
    cr_expect_eq(answer.result, PROFILE_HAS_PROBLEMS);
    cr_expect(strstr(text_string(&answer.out), "patients: 9 records, 1 problems, 1 with warnings\n"), "got %s",
              text_string(&answer.out));
    cr_expect(strstr(text_string(&answer.out), "  patient: people.csv, row 3, key '1' is not unique"));
    cr_expect(strstr(text_string(&answer.out), "  patient 1 {\"first_name\":\"Ann\""));
    cr_expect(strstr(text_string(&answer.out), "Shoe size: not read of table people\n"));
    release(&answer);
    folder_fixture_remove(&folder);
}

Test(profile_command, refuses_wrong_arguments)
{
    struct answer answer;

    ask(&answer, "paint", "a", NULL);
    cr_expect(!answer.done && strstr(answer.fault.text, "usage: handover profile draft SOURCE"));
    release(&answer);
    ask(&answer, "draft", "a", "b");
    cr_expect(!answer.done && strstr(answer.fault.text, "usage: "));
    release(&answer);
    ask(&answer, "check", "/nonexistent.json", "/nonexistent");
    cr_expect(!answer.done && strstr(answer.fault.text, "profile /nonexistent.json cannot be opened"));
    release(&answer);
}
