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

static struct profile_check_options options = {.preview = 3};

static void ask(struct answer *answer, const char *word, const char *first, const char *second)
{
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
    cr_expect(strstr(text_string(&answer.out), "  people: key '1' is not unique: an earlier row has it too (row 3)\n"));
    cr_expect(strstr(text_string(&answer.out), "  patient 1: {\"first_name\":\"Ann\""));
    cr_expect(strstr(text_string(&answer.out), "\"receives_confirmation_emails\":false}"));
    cr_expect(strstr(text_string(&answer.out), "Shoe size: not read of table people\n"));
    release(&answer);
    folder_fixture_remove(&folder);
}

/* Thirty patients of whom twenty-four are filtered out; codes, references and columns with something wrong. */
static const char poor_profile[] =
    "{\"profile\":\"p\",\"system\":\"p\",\"entities\":{"
    "\"business\":{\"key\":{\"constant\":\"b\"},\"fields\":{\"name\":{\"constant\":\"B\"}}},"
    "\"practitioner\":{\"key\":{\"constant\":\"x\"},\"fields\":{\"first_name\":{\"constant\":\"A\"},"
    "\"last_name\":{\"constant\":\"B\"}}},"
    "\"appointment_type\":{\"key\":{\"constant\":\"t\"},\"fields\":{\"name\":{\"constant\":\"T\"},"
    "\"duration_minutes\":{\"constant\":\"30\"}}},"
    "\"patient\":{\"table\":\"Patient\",\"key\":\"ID\",\"when\":{\"column\":\"Kind\",\"is\":\"1\"},\"fields\":{"
    "\"first_name\":\"First\",\"last_name\":\"Last\",\"email\":\"Mail\","
    "\"sex\":{\"column\":\"Sex\",\"then\":[{\"map\":{\"F\":\"Female\",\"M\":\"Male\"}}]}}},"
    "\"appointment\":{\"table\":\"Visit\",\"key\":\"ID\",\"fields\":{\"patient\":\"PatientID\","
    "\"practitioner\":{\"constant\":\"x\"},\"business\":{\"constant\":\"b\"},\"appointment_type\":{\"constant\":\"t\"},"
    "\"starts_at\":{\"column\":\"At\",\"then\":[\"time\"]},\"duration_minutes\":{\"constant\":\"30\"},"
    "\"attendance\":{\"column\":\"State\",\"then\":[{\"map\":{\"1\":\"arrived\"}}]}}}}}";

static void write_poor_clinic(struct folder_fixture *folder, char profile[200])
{
    struct text rows;

    folder_fixture_make(folder);
    snprintf(profile, 200, "%s", folder_fixture_write(folder, "p.json", poor_profile));
    text_init(&rows, 1 << 16);
    text_puts(&rows, "ID,Kind,First,Last,Mail,Sex\n");
    for (int i = 1; i <= 30; i++)
        text_printf(&rows, "%d,%d,Ann,Lee,,%s\n", i, i <= 6 ? 1 : 2, i == 2 || i > 4 ? "Q" : "F");
    folder_fixture_write(folder, "Patient.csv", text_string(&rows));
    text_clear(&rows);
    text_puts(&rows, "ID,PatientID,At,State\n100,1,2024-01-01 09:00,7\n101,1,2024-01-02 09:00,7\n");
    for (int i = 0; i < 9; i++)
        text_printf(&rows, "%d,%d,2024-01-03 09:00,1\n", 200 + i, i < 7 ? 99 : 98);
    text_puts(&rows, "300,1,2024-13-01 09:00,1\n301,3,2024-01-05 09:00,1\n");
    folder_fixture_write(folder, "Visit.csv", text_string(&rows));
    text_release(&rows);
}

static void expect_text(const struct answer *answer, const char *line)
{
    cr_expect(strstr(text_string(&answer->out), line), "want %s\ngot %s", line, text_string(&answer->out));
}

Test(profile_command, counts_alike_cases_and_rows_that_nothing_takes)
{
    struct folder_fixture folder;
    struct answer answer;
    char profile[200];
    char source[200];

    write_poor_clinic(&folder, profile);
    snprintf(source, sizeof source, "%s", folder.path);
    options.time_zone = "Australia/Sydney";
    ask(&answer, "check", profile, source);
    cr_assert(answer.done, "%s", answer.fault.text);
    cr_expect_eq(answer.result, PROFILE_HAS_PROBLEMS);
    expect_text(&answer, "patients: 6 records, 0 problems, 3 with warnings\n");
    expect_text(&answer, "  Patient: 24 of 30 rows; entities.patient takes 6 by its \"when\"\n");
    expect_text(&answer, "  Patient.Sex: 'Q' has no mapping (3 rows, first in row 3; they go over without it)\n");
    expect_text(&answer, "  Visit.State: '7' has no mapping (2 rows, first in row 2)\n");
    expect_text(&answer,
                "  Visit.PatientID: 9 rows name a patient that is not in the source: '99' (7 rows, first in row "
                "4), '98' (2 rows, first in row 11)\n");
    expect_text(&answer, "  Visit: column At: '2024-13-01 09:00' is no date");
    expect_text(&answer, "  Patient.Mail: empty in 6 of 6 rows (100 %), entities.patient\n");
    expect_text(&answer, "  appointment 301: {\"patient_id\":\"<patient 3>\",\"practitioner_id\":\"<practitioner x>\"");
    cr_expect(!strstr(text_string(&answer.out), "Patient.Sex: empty"));
    release(&answer);
    options.json = true;
    options.preview = 0;
    ask(&answer, "check", profile, source);
    expect_text(&answer, "{\"profile\":\"p\",\"source\":");
    expect_text(&answer, "\"fits\":false,\"error\":null,\"missing\":[]");
    expect_text(&answer, "{\"table\":\"Patient\",\"rows\":30,\"not_taken\":24}");
    expect_text(&answer, "{\"where\":\"Patient.Sex\",\"value\":\"Q\",\"rows\":3,\"first_row\":3,\"goes_over\":true}");
    expect_text(&answer, "{\"column\":\"Mail\",\"empty\":6}");
    expect_text(&answer, "\"preview\":[]}\n");
    release(&answer);
    folder_fixture_remove(&folder);
}

Test(profile_command, lists_every_table_and_column_that_is_missing)
{
    struct folder_fixture folder;
    struct answer answer;
    char profile[200];
    char source[200];

    folder_fixture_make(&folder);
    snprintf(profile, sizeof profile, "%s", folder_fixture_write(&folder, "p.json", poor_profile));
    snprintf(source, sizeof source, "%s", folder.path);
    folder_fixture_write(&folder, "Patient.csv", "ID,First,Surname,Mail,Gender,Kind\n");
    ask(&answer, "check", profile, source);
    cr_expect(!answer.done);
    cr_expect(strstr(answer.fault.text, "3 of the tables and columns that the profile reads are not in the source"),
              "got %s", answer.fault.text);
    expect_text(&answer, "  Patient.Last: Patient.csv has no column 'Last'; its columns are: ID, First, Surname");
    expect_text(&answer, "  Patient.Sex: ");
    expect_text(&answer, "  Visit: there is no table 'Visit'; the source's tables are: Patient (read by "
                         "entities.appointment)\n");
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
