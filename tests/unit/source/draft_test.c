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

Test(draft, finds_the_tables_of_real_backups_by_names_and_keys)
{
    static const struct {
        const char *name;
        const char *reasons[6];
    } cases[] = {
        {"bak/alina-ClinicDB.bak",
         {"system: clinicdb, by the name of the database", "table Patients: patients",
          "patient.key: high (100): column PatientId, it is the primary key", "table Appointments: appointments",
          ("appointment.patient: high (100): column PatientId, it is a foreign key to Patients; 100 % of its values are "
           "in Patients.PatientId"),
          "practitioner.key: high (100): column DoctorId, it is the primary key"}},
        {"bak/sasha-Clinic.bak",
         {"table tblPatients: patients", "patient.key: high (100): column PatientID",
          "table tblDoctorAppointment: appo", "practitioner.key: high (100): column MedicalStaffID",
          "appointment.patient: high (100): column PatientID",
          "table tblTakeMedication: not used, though 5 rows belong to tblPatients by their column PatientID"}},
        {"bak/aelg-Hospital.bak",
         {"table patient: patients", "patient.key: high (100): column patientid",
          "patient.first_name: high (95): column patientfname", "table appointment: appointments",
          "appointment.starts_at (time of day): high (100): column apptime",
          "column docid of patient names one for each patient: a join can take it from there"}},
        {"bak/imdad-HMS.bak",
         {"table Patients: patients", "patient.key: high (100): column ID, it is the primary key",
          "table History: appointments", "appointment.patient: high (100): column PatientID, it is a foreign key",
          "appointment.key: high (100): column ID, it is the primary key", NULL}},
        {"bak/lageli-HospitalDB.bak",
         {"table Patient: patients", "patient.key: high (100): column Patient_ID", "table Check_In_Out: appointments",
          "practitioner.key: high (100): column Doctor_ID", "appointment.patient: high (100): column Patient_ID",
          NULL}},
        {"bak/daniel-Hospital.bak",
         {"table SickPeople: patients", "patient.key: low: no column is different for every patient",
          "patient.sex: high (100): column IsFemale", NULL}},
    };

    for (size_t i = 0; i < array_length(cases); i++) {
        const char *path = shared_fixture(cases[i].name);
        struct drafted drafted;

        if (!path)
            continue;
        draft(&drafted, path);
        cr_assert(drafted.done, "%s: %s", cases[i].name, drafted.fault.text);
        for (size_t k = 0; k < array_length(cases[i].reasons) && cases[i].reasons[k]; k++)
            cr_expect(strstr(text_string(&drafted.reasons), cases[i].reasons[k]), "%s: want %s\ngot %s", cases[i].name,
                      cases[i].reasons[k], text_string(&drafted.reasons));
        release(&drafted);
    }
}

Test(draft, prefers_what_names_the_patient_to_a_bare_id)
{
    struct folder_fixture folder;
    struct drafted drafted;

    folder_fixture_make(&folder);
    folder_fixture_write(&folder, "Accounts.csv", "ID,Name,Email,Phone\n1,Acme,acme@example.com,0390001111\n");
    folder_fixture_write(&folder, "Patienten.csv", "ID,Vorname,Nachname\n7,Ann,Lee\n8,Tom,Ray\n9,Kim,Day\n");
    folder_fixture_write(&folder, "Termine.csv", "ID,Patient_ID,Datum\n1,7,2026-01-01 09:00\n2,8,2026-01-02 09:00\n");
    folder_fixture_write(&folder, "Zahlungen.csv", "ID,Patient_ID,Datum\n1,7,2026-01-01\n");
    draft(&drafted, folder.path);
    cr_assert(drafted.done, "%s", drafted.fault.text);
    cr_expect(strstr(text_string(&drafted.reasons), "table Patienten: patients"), "got %s",
              text_string(&drafted.reasons));
    cr_expect(strstr(text_string(&drafted.reasons), "table Termine: appointments"));
    cr_expect(strstr(text_string(&drafted.reasons),
                     "appointment.patient: high (99): column Patient_ID, its header says so "
                     "in English; 100 % of its values are in Patienten.ID"));
    release(&drafted);
    folder_fixture_remove(&folder);
}

Test(draft, takes_values_for_what_they_look_like)
{
    struct folder_fixture folder;
    struct drafted drafted;

    folder_fixture_make(&folder);
    draft(&drafted, folder_fixture_write(&folder, "Patients.csv",
                                         "PatientID,FirstName,LastName,F1,F2,F3\n"
                                         "1,Ann,Lee,+61 400 111 222,1980-02-03,ann@example.com\n"
                                         "2,Tom,Ray,0390001111,1955-12-30,tom@example.com\n"
                                         "3,Kim,Day,(03) 9000 1111,1999-07-01,kim@example.com\n"));
    cr_assert(drafted.done, "%s", drafted.fault.text);
    cr_expect(
        strstr(text_string(&drafted.reasons), "patient.phone_home: low (60): column F1, its values look like phone"),
        "got %s", text_string(&drafted.reasons));
    cr_expect(
        strstr(text_string(&drafted.reasons), "patient.date_of_birth: low (60): column F2, its values look like"));
    cr_expect(strstr(text_string(&drafted.reasons), "patient.email: low (60): column F3, its values look like e-mail"));
    release(&drafted);
    folder_fixture_remove(&folder);
}

Test(draft, proposes_notes_files_and_contacts)
{
    struct folder_fixture folder;
    struct outcome outcome;

    folder_fixture_make(&folder);
    folder_fixture_write(&folder, "Clients.csv", "Client ID,First name,Last name\n1,Ann,Lee\n2,Tom,Ray\n");
    folder_fixture_write(&folder, "Staff.csv", "Practitioner ID,First name,Last name\n9,Eva,Kay\n");
    folder_fixture_write(&folder, "Bookings.csv",
                         "Booking ID,Client ID,Practitioner ID,Date\n5,1,9,2026-01-15 09:30\n");
    folder_fixture_write(
        &folder, "ClinicalNotes.csv",
        "Note ID,Client ID,Practitioner ID,Note date,Note\n70,1,9,2026-01-15,Better\n71,2,,2026-01-16,Same\n");
    folder_fixture_write(&folder, "Documents.csv", "Document ID,Client ID,File name,Content\n80,2,a.txt,paper.pdf\n");
    folder_fixture_write_bytes(&folder, "paper.pdf", "%PDF-1.4 x", 10);
    folder_fixture_write(&folder, "Referrers.csv",
                         "Referrer ID,Name,Company,Email\n90,Gil Fox,Fox Clinic,g@example.com\n");
    draft_and_run(folder.path, &outcome);
    outcome_expect_line(&outcome, "contact 90 {\"kind\":\"standard\",\"first_name\":\"Gil\",\"last_name\":\"Fox\","
                                  "\"company_name\":\"Fox Clinic\",\"email\":\"g@example.com\",\"phones\":[]}");
    outcome_expect_line(&outcome,
                        "treatment_note 70 {\"patient\":\"1\",\"practitioner\":\"9\",\"dated\":\"2026-01-15\","
                        "\"body\":{\"text\":\"Better\",\"format\":\"plain\",\"pictures\":false},\"draft\":false}");
    cr_expect_eq(outcome.good[ENTITY_TREATMENT_NOTE], 2);
    cr_expect_eq(outcome.good[ENTITY_ATTACHMENT], 1);
    outcome_release(&outcome);
    folder_fixture_remove(&folder);
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
