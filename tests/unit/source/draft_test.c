#include "source/draft.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "extraction_fixture.h"
#include "folder_fixture.h"

struct drafted {
    struct text profile;
    struct text reasons;
    struct fault fault;
    bool done;
};

static void draft(struct drafted *drafted, const char *path)
{
    *drafted = (struct drafted){0};
    text_init(&drafted->profile, 1 << 20);
    text_init(&drafted->reasons, 1 << 20);
    drafted->done = draft_profile(path, &drafted->profile, &drafted->reasons, &drafted->fault);
}

static void release(struct drafted *drafted)
{
    text_release(&drafted->profile);
    text_release(&drafted->reasons);
}

/* Drafts a profile for the source and runs it at once, as it is. */
static void draft_and_run(const char *path, struct outcome *outcome)
{
    scoped(string_free) char *kept = x_strdup(path);
    struct drafted drafted;

    draft(&drafted, kept);
    cr_assert(drafted.done, "%s", drafted.fault.text);
    outcome_run(outcome, NULL, text_string(&drafted.profile), kept, "Europe/Zurich");
    release(&drafted);
}

Test(draft, maps_the_example_of_the_guide_by_itself)
{
    struct folder_fixture folder;
    struct outcome outcome;

    folder_fixture_make(&folder);
    draft_and_run(folder_fixture_write(&folder, "patients.csv",
                                       "Patient first name,Patient DOB,Patient sex\nJane,21/03/1975,F\n"
                                       "Tom,05/11/1981,Male\n"),
                  &outcome);
    outcome_expect_line(&outcome,
                        "patient Jane/21/03/1975/F {\"first_name\":\"Jane\",\"last_name\":\"(unknown)\","
                        "\"date_of_birth\":\"1975-03-21\",\"sex\":\"Female\",\"phones\":[],\"archived\":false}");
    outcome_expect_line(&outcome,
                        "patient Tom/05/11/1981/Male {\"first_name\":\"Tom\",\"last_name\":\"(unknown)\","
                        "\"date_of_birth\":\"1981-11-05\",\"sex\":\"Male\",\"phones\":[],\"archived\":false}");
    outcome_release(&outcome);
    folder_fixture_remove(&folder);
}

Test(draft, understands_four_languages)
{
    static const char *const tables[] = {
        "Patient ID,First name,Surname,Date of birth,Gender,E-mail,Mobile phone,Post code\n"
        "7,Ana,Roth,1980-01-31,F,ana@example.com,0791112233,8001\n",
        "Identifiant;Pr\xC3\xA9nom;Nom;Date de naissance;Sexe;Courriel;Portable;Code postal\n"
        "7;Ana;Roth;31.01.1980;Femme;ana@example.com;0791112233;8001\n",
        "DNI;Nombre;Apellidos;Fecha de nacimiento;Sexo;Correo electr\xC3\xB3nico;M\xC3\xB3vil;C\xC3\xB3"
        "digo postal\n7;Ana;Roth;31/01/1980;Mujer;ana@example.com;0791112233;8001\n",
        "Patientennummer;Vorname;Nachname;Geburtsdatum;Geschlecht;E-Mail-Adresse;Handy;PLZ\n"
        "7;Ana;Roth;31.01.1980;weiblich;ana@example.com;0791112233;8001\n",
    };

    for (size_t i = 0; i < array_length(tables); i++) {
        struct folder_fixture folder;
        struct outcome outcome;

        folder_fixture_make(&folder);
        draft_and_run(folder_fixture_write(&folder, "list.csv", tables[i]), &outcome);
        outcome_expect_line(&outcome,
                            "patient 7 {\"first_name\":\"Ana\",\"last_name\":\"Roth\",\"date_of_birth\":"
                            "\"1980-01-31\",\"sex\":\"Female\",\"post_code\":\"8001\",\"email\":"
                            "\"ana@example.com\",\"phones\":[{\"type\":\"Mobile\",\"number\":\"0791112233\"}],"
                            "\"archived\":false}");
        outcome_release(&outcome);
        folder_fixture_remove(&folder);
    }
}

Test(draft, says_so_when_day_and_month_could_be_turned)
{
    struct folder_fixture folder;
    struct drafted drafted;

    folder_fixture_make(&folder);
    draft(&drafted, folder_fixture_write(&folder, "p.csv", "Name,DOB\nAnn Lee,01/02/1980\nTom Ray,03/04/1981\n"));
    cr_assert(drafted.done, "%s", drafted.fault.text);
    cr_expect(strstr(text_string(&drafted.reasons), "as D/M/YYYY, though day and month could be the other way round"),
              "got %s", text_string(&drafted.reasons));
    release(&drafted);
    draft(&drafted, folder_fixture_write(&folder, "p.csv", "Name,DOB\nAnn Lee,01/02/1980\nTom Ray,03/24/1981\n"));
    cr_expect(strstr(text_string(&drafted.reasons), "; as M/D/YYYY\n"), "got %s", text_string(&drafted.reasons));
    release(&drafted);
    folder_fixture_remove(&folder);
}

Test(draft, joins_patients_practitioners_and_appointments)
{
    struct folder_fixture folder;
    struct outcome outcome;

    folder_fixture_make(&folder);
    folder_fixture_write(&folder, "clients.csv", "Client ID,First name,Last name\n1,Ann,Lee\n2,Tom,Ray\n");
    folder_fixture_write(&folder, "staff.csv", "Practitioner ID,First name,Last name\n9,Eva,Kay\n");
    folder_fixture_write(&folder, "bookings.csv",
                         "Booking ID,Client ID,Practitioner ID,Date,Time,Duration,Status,Service\n"
                         "100,1,9,15/01/2026,9:30 am,45,Attended,Physio\n"
                         "101,2,9,15/01/2026,2:00 pm,30,Cancelled,Physio\n"
                         "102,2,9,16/01/2026,2:00 pm,30,No show,\n");
    draft_and_run(folder.path, &outcome);
    outcome_expect_line(&outcome, "practitioner 9 {\"first_name\":\"Eva\",\"last_name\":\"Kay\",\"active\":true}");
    outcome_expect_line(&outcome,
                        "appointment 100 {\"patient\":\"1\",\"practitioner\":\"9\",\"business\":\"none\","
                        "\"appointment_type\":\"Physio\",\"starts_at\":\"2026-01-15T08:30:00Z\",\"ends_at\":"
                        "\"2026-01-15T09:15:00Z\",\"time_zone\":\"Europe/Zurich\",\"attendance\":\"arrived\"}");
    outcome_expect_line(&outcome, "cancellation 101 {\"appointment\":\"101\",\"reason\":50}");
    outcome_expect_line(&outcome, "attendance 102 {\"appointment\":\"102\",\"arrived\":false}");
    outcome_expect_line(&outcome, "appointment_type none {\"name\":\"Appointment\",\"duration_minutes\":30}");
    cr_expect_eq(outcome.problems[ENTITY_APPOINTMENT], 0);
    outcome_release(&outcome);
    folder_fixture_remove(&folder);
}

Test(draft, maps_real_lists_without_help)
{
    static const struct {
        const char *name;
        size_t patients;
        size_t appointments;
    } cases[] = {
        {"csv/denthive-sample_patients.csv", 10, 0},
        {"csv/perez-pacientes.csv", 25, 0},
        {"csv/derived-perez-pacientes.cp1252.csv", 25, 0},
        {"csv/ysl2-patients.csv", 50, 0},
        {"csv/ysl2-rdv.csv", 37, 79},
        {"noshow/KaggleV2-May-2016.csv.gz", 62299, 110527},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const char *path = shared_fixture(cases[i].name);
        struct outcome outcome;

        if (!path)
            continue;
        draft_and_run(path, &outcome);
        cr_expect_eq(outcome.good[ENTITY_PATIENT], cases[i].patients, "%s: got %zu patients, want %zu", cases[i].name,
                     outcome.good[ENTITY_PATIENT], cases[i].patients);
        cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], cases[i].appointments, "%s: got %zu appointments, want %zu",
                     cases[i].name, outcome.good[ENTITY_APPOINTMENT], cases[i].appointments);
        outcome_release(&outcome);
    }
}

Test(draft, refuses_tables_that_have_nothing_to_do_with_a_clinic)
{
    static const char *const names[] = {"csv/csvkit-test_geo.csv", "csv/appveyor-duplicate-headers.csv",
                                        "csv/csvkit-mac_newlines.csv"};

    for (size_t i = 0; i < array_length(names); i++) {
        const char *path = shared_fixture(names[i]);
        struct drafted drafted;

        if (!path)
            continue;
        draft(&drafted, path);
        cr_expect(!drafted.done, "%s was taken for patients:\n%s", names[i], text_string(&drafted.profile));
        cr_expect(strstr(drafted.fault.text, "no table looks like patients or appointments"), "got %s",
                  drafted.fault.text);
        release(&drafted);
    }
}
