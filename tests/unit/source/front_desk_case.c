#include "front_desk_case.h"

#include <criterion/criterion.h>
#include <string.h>

struct folder_fixture case_folder;

void case_make(void)
{
    folder_fixture_make(&case_folder);
    front_desk_make(&case_folder);
}

void case_clean(void)
{
    folder_fixture_remove(&case_folder);
}

void run(const char *answers, struct outcome *outcome)
{
    outcome_run_answered(outcome, shipped_profile("front-desk.json"), NULL, case_folder.path, NULL, answers);
    cr_expect_eq(outcome->fault.kind, FAULT_NONE, "%s", outcome->fault.text);
}

void expect_part(const struct outcome *outcome, const char *part)
{
    cr_expect(strstr(text_string(&outcome->lines), part), "no '%s' in\n%.6000s", part, text_string(&outcome->lines));
}

void expect_count(const struct outcome *outcome, const char *line)
{
    cr_expect(strstr(text_string(&outcome->counts), line), "no '%s' in\n%s", line, text_string(&outcome->counts));
}

void expect_no(const struct outcome *outcome, const char *part)
{
    cr_expect(!strstr(text_string(&outcome->lines), part), "'%s' in\n%.6000s", part, text_string(&outcome->lines));
}

void write_patients(void)
{
    front_desk_write(&case_folder, "Patient", "PatientID,FirstName,Surname,Status,MergedIntoPatientID",
                     "1,Ann,Lee,0,\n2,Tom,Ray,2,\n3,Old,Ray,0,2\n4,Kim,Roe,0,99\n");
}
