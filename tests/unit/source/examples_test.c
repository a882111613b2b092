/* The profiles that ship as examples, on the real files they are written for. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "extraction_fixture.h"
#include "folder_fixture.h"

Test(examples, noshow_comes_over_whole, .timeout = 100)
{
    const char *path = shared_fixture("noshow/KaggleV2-May-2016.csv.gz");
    struct outcome outcome;

    if (!path)
        return;
    outcome_run(&outcome, shipped_profile("examples/noshow.json"), NULL, path, NULL);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 62299, "got %zu patients", outcome.good[ENTITY_PATIENT]);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 110527, "got %zu appointments", outcome.good[ENTITY_APPOINTMENT]);
    cr_expect_eq(outcome.good[ENTITY_ATTENDANCE], 110527, "got %zu attendances", outcome.good[ENTITY_ATTENDANCE]);
    cr_expect_eq(outcome.problems[ENTITY_PATIENT] + outcome.problems[ENTITY_APPOINTMENT], 0);
    cr_expect_str_eq(text_string(&outcome.counts), "patient 48228 further rows of the same record\n", "got %s",
                     text_string(&outcome.counts));
    outcome_expect_line(&outcome,
                        "patient NS-29872499824296 {\"first_name\":\"Patient\",\"last_name\":\"29872499824296\","
                        "\"sex\":\"Female\",\"city\":\"Jardim Da Penha\",\"phones\":[],\"notes\":\"Hypertension\","
                        "\"archived\":false}");
    outcome_release(&outcome);
}

/* The rows of the file that a test needs, with its header. */
static void write_rows(struct folder_fixture *folder, const char *rows)
{
    scoped(string_free) char *content = x_sprintf(
        "PatientId,AppointmentID,Gender,ScheduledDay,AppointmentDay,Age,Neighbourhood,Scholarship,Hipertension,"
        "Diabetes,Alcoholism,Handcap,SMS_received,No-show\n%s",
        rows);

    folder_fixture_write(folder, "noshow.csv", content);
}

Test(examples, noshow_traps_are_taken_as_they_stand)
{
    struct folder_fixture folder;
    struct outcome outcome;

    folder_fixture_make(&folder);
    write_rows(&folder,
               "465943158731293,5775010,F,2016-06-06T08:58:13Z,2016-06-06T00:00:00Z,-1,ROM\xC3\x83O,0,0,0,0,0,0,No\n"
               "93779.52927,5630692,M,2016-04-27T15:15:06Z,2016-04-29T00:00:00Z,33,CENTRO,1,0,1,1,4,1,Yes\n");
    outcome_run(&outcome, shipped_profile("examples/noshow.json"), NULL, folder.file, NULL);
    outcome_expect_line(
        &outcome,
        "appointment NS-5775010 {\"patient\":\"NS-465943158731293\",\"practitioner\":\"NS-clinic\","
        "\"business\":\"NS-vitoria\",\"appointment_type\":\"NS-visit\",\"starts_at\":"
        "\"2016-06-06T12:00:00Z\",\"ends_at\":\"2016-06-06T12:30:00Z\",\"time_zone\":\"America/Sao_Paulo\",\"notes\":\"Booked at "
        "2016-06-06T08:58:13Z\\nAge in the source, which cannot be right: -1\",\"attendance\":"
        "\"arrived\"}");
    outcome_expect_line(&outcome,
                        "patient NS-93779.52927 {\"first_name\":\"Patient\",\"last_name\":\"93779.52927\",\"sex\":"
                        "\"Male\",\"city\":\"Centro\",\"phones\":[],\"notes\":\"Welfare programme\\nDiabetes\\n"
                        "Alcoholism\\nHandicap: 4\",\"archived\":false}");
    outcome_expect_line(&outcome, "attendance NS-5630692 {\"appointment\":\"NS-5630692\",\"arrived\":false}");
    outcome_release(&outcome);
    folder_fixture_remove(&folder);
}

Test(examples, noshow_cut_that_passed_through_excel_is_refused)
{
    const char *path = shared_fixture("csv/noshow-excel-mangled-ids.csv");
    struct outcome outcome;

    if (!path)
        return;
    outcome_run(&outcome, shipped_profile("examples/noshow.json"), NULL, path, NULL);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 0);
    cr_expect(strstr(outcome.fault.text, "noshow-excel-mangled-ids.csv, row 2, column PatientId: '5.91486E+12'. A "
                                         "spreadsheet has rounded 963 of the 999 values of this column: the identities "
                                         "were lost"),
              "got %s", outcome.fault.text);
    outcome_release(&outcome);
}

Test(examples, ysl2_joins_three_french_tables)
{
    struct outcome outcome;

    if (!shared_fixture("csv/ysl2-rdv.csv"))
        return;
    outcome_run(&outcome, shipped_profile("examples/ysl2.json"), NULL, shared_fixture("csv"), NULL);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 50);
    cr_expect_eq(outcome.good[ENTITY_PRACTITIONER], 15);
    cr_expect_eq(outcome.good[ENTITY_BUSINESS], 15);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT_TYPE], 5);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 78);
    outcome_expect_line(
        &outcome,
        "patient YSL2-2700 {\"first_name\":\"Micheal\",\"last_name\":\"Harris\",\"date_of_birth\":\"1979-04-01\",\"sex\":"
        "\"Male\",\"address_1\":\"Avenue du Théâtre 7\",\"city\":\"Lausanne\",\"state\":\"Vaud\",\"post_code\":\"1005\","
        "\"country\":\"Switzerland\",\"phones\":[{\"type\":\"Home\",\"number\":\"9080341385\"}],\"notes\":\"Insurance: "
        "Sanitas + complémentaire\",\"archived\":false}");
    outcome_expect_line(
        &outcome,
        "appointment YSL2-5899 {\"patient\":\"YSL2-2700\",\"practitioner\":\"YSL2-2044\","
        "\"business\":\"YSL2-Kline, Phelps and Kim\",\"appointment_type\":\"YSL2-Opération\","
        "\"starts_at\":\"2025-02-19T08:00:00Z\",\"ends_at\":\"2025-02-19T08:30:00Z\",\"time_zone\":\"Europe/Zurich\"}");
    outcome_expect_line(&outcome,
                        "appointment YSL2-5298 ! ysl2-rdv.csv, row 34, practitioner 'YSL2-9999' is not in the source");
    outcome_expect_line(&outcome, "appointment YSL2-5176 ! ysl2-rdv.csv, row 66, patient is empty");
    outcome_expect_line(&outcome,
                        "patient ysl2-patients.csv:52 ! ysl2-patients.csv, row 52, key 'YSL2-4992' is not unique: "
                        "an earlier row has it too");
    outcome_release(&outcome);
}

Test(examples, perez_reads_the_same_in_both_encodings)
{
    static const char *const names[] = {"csv/perez-pacientes.csv", "csv/derived-perez-pacientes.cp1252.csv"};

    for (size_t i = 0; i < array_length(names); i++) {
        const char *path = shared_fixture(names[i]);
        struct outcome outcome;

        if (!path)
            return;
        outcome_run(&outcome, shipped_profile("examples/perez.json"), NULL, path, NULL);
        cr_expect_eq(outcome.good[ENTITY_PATIENT], 25, "%s: got %zu", names[i], outcome.good[ENTITY_PATIENT]);
        cr_expect_eq(outcome.warnings[ENTITY_PATIENT], 0);
        outcome_expect_line(&outcome,
                            "patient DUI-01234567-8 {\"first_name\":\"Francisco\",\"last_name\":\"Javier "
                            "Hernández\",\"date_of_birth\":\"1996-02-29\",\"phones\":[],\"notes\":\"Diente 48 "
                            "impactado. Cirugía programada.\\nDUI: 01234567-8\",\"archived\":false}");
        outcome_release(&outcome);
    }
}
