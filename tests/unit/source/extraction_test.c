#include "source/extraction.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "extraction_fixture.h"
#include "folder_fixture.h"
#include "front_desk_fixture.h"

static struct folder_fixture folder;

static void make(void)
{
    folder_fixture_make(&folder);
}

static void clean(void)
{
    folder_fixture_remove(&folder);
}

TestSuite(extraction, .init = make, .fini = clean);

#define PATIENT_COLUMNS                                                                                                \
    "PatientID,FileNumber,Title,FirstName,MiddleName,Surname,PreferredName,DateOfBirth,Sex,Address1,Address2,Suburb,"  \
    "State,PostCode,Country,PostalAddress,PhoneHome,PhoneWork,PhoneMobile,Fax,Email,Occupation,Employer,MedicareNo,"   \
    "MedicareRef,MedicareExpiry,DvaNo,DvaCard,HealthFundID,HealthFundNo,PensionNo,EmergencyName,EmergencyPhone,"       \
    "EmergencyRelation,ConsentSms,ConsentEmail,Status,MergedIntoPatientID,Notes"

#define APPOINTMENT_COLUMNS                                                                                             \
    "AppointmentID,PatientID,PractitionerID,LocationID,AppointmentTypeID,StartTime,DurationMin,Attendance,IsCancelled," \
    "CancelledAt,CancelReason,Notes,IsDeleted"

/* A small Front Desk: patients 1 to 5, of whom 3 was merged into 2 and 4 by way of 3. */
static void write_front_desk(void)
{
    front_desk_make(&folder);
    front_desk_write(&folder, "Location", "LocationID,Name,TimeZoneName",
                     "1,Balmain,Australia/Sydney\n2,Coolangatta,Australia/Brisbane\n");
    front_desk_write(&folder, "Practitioner",
                     "PractitionerID,FirstName,Surname,Title,IsActive,ShortDescription,LocationID",
                     "1,Sarah,Whitlock,Ms,1,SW,2\n2,\xC4\x90\xE1\xBB\xA9"
                     "c,Nguy\xE1\xBB\x85n,,0,DN,\n");
    front_desk_write(&folder, "HealthFund", "HealthFundID,Name", "7,Harbour Mutual\n");
    front_desk_write(
        &folder, "Patient", PATIENT_COLUMNS,
        "1,H1,Ms,Zo\xC3\xAB,Ann,O'Brien,,1975-03-12 00:00:00,F,1 High St,,Darwin,NT,0800,,\"PO Box 1\nDarwin\","
        "(08) 8361 2666,,0412 345 678,,zoe@example.com,,,2123 45670 1 3,,02/2029,VX901122,1,7,123,,Tom,0411 111 111,"
        "brother,1,0,0,,\"Likes \"\"tea\"\"\"\n"
        "2,H2,,Jan,,Li,,1899-12-30 00:00:00,U,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,1,,\n"
        "3,H3,,Jan,,Li,,,U,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,0,2,\n"
        "4,H4,,Jan,,Li,,,U,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,0,3,\n"
        "5,H5,,Pat,,Doe,,31/02/1990,M,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,9,,\n"
        "6,H6,,Kim,,Roe,,31/02/1990,M,,,,,,,,,,,,,,,,,,,0,,,,,,,,,3,,\n"
        "1,H7,,Twice,,Twice,,,M,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,0,,\n"
        ",H8,,No,,Key,,,M,,,,,,,,,,,,,,,,,,,0,,,,,,,0,0,0,,\n");
}

static void run_front_desk(const char *appointments, struct outcome *outcome)
{
    write_front_desk();
    front_desk_write(&folder, "Appointment", APPOINTMENT_COLUMNS, appointments);
    outcome_run(outcome, shipped_profile("front-desk.json"), NULL, folder.path, NULL);
}

Test(extraction, takes_over_the_people_of_front_desk)
{
    struct outcome outcome;

    run_front_desk("", &outcome);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    outcome_expect_line(&outcome, "business FD-2 {\"name\":\"Coolangatta\",\"time_zone\":\"Australia/Brisbane\"}");
    outcome_expect_line(&outcome, "practitioner FD-2 {\"first_name\":\"Đức\",\"last_name\":\"Nguyễn\",\"active\":false,"
                                  "\"display\":\"DN\"}");
    outcome_expect_line(&outcome,
                        "appointment_type FD-1 {\"name\":\"Standard\",\"duration_minutes\":30,\"color\":\"#0000ff\"}");
    outcome_expect_line(&outcome, "appointment_type FD-none {\"name\":\"Appointment\",\"duration_minutes\":30}");
    outcome_expect_line(
        &outcome,
        "patient FD-1 {\"first_name\":\"Zoë\",\"last_name\":\"O'Brien\",\"title\":\"Ms\",\"date_of_birth\":\"1975-03-12\","
        "\"sex\":\"Female\",\"address_1\":\"1 High St\",\"city\":\"Darwin\",\"state\":\"NT\",\"post_code\":\"0800\","
        "\"emergency_contact\":\"Tom, brother, 0411 111 111\",\"email\":\"zoe@example.com\",\"phones\":[{\"type\":"
        "\"Mobile\",\"number\":\"0412 345 678\"},{\"type\":\"Home\",\"number\":\"(08) 8361 2666\"}],\"medicare\":"
        "\"2123456701\",\"medicare_reference_number\":\"3\",\"dva_card_number\":\"VX901122\",\"reminder_preference\":"
        "\"SMS\",\"notes\":\"Likes \\\"tea\\\"\\nFile number: H1\\nMiddle name: Ann\\nPostal address: PO Box 1 Darwin\\n"
        "Medicare card expires: 02/2029\\nDVA card: gold\\nHealth fund: Harbour Mutual, number 123\",\"archived\":false}");
    outcome_expect_line(&outcome, "patient FD-2 {\"first_name\":\"Jan\",\"last_name\":\"Li\",\"phones\":[],"
                                  "\"reminder_preference\":\"None\",\"notes\":\"File number: H2\",\"archived\":true}");
    outcome_expect_line(&outcome, "archival FD-2 {\"patient\":\"FD-2\"}");
    cr_expect(strstr(text_string(&outcome.counts), "patient 2 merged into another patient\n"), "got %s",
              text_string(&outcome.counts));
    outcome_release(&outcome);
}

Test(extraction, names_what_is_wrong_with_a_row)
{
    struct outcome outcome;

    run_front_desk("", &outcome);
    outcome_expect_line(&outcome,
                        "patient FD-5 ! Patient.csv, row 6, column Status: '9' is not in the profile's value map "
                        "(0, 1, 2, 3)");
    outcome_expect_line(&outcome,
                        "patient FD-6 {\"first_name\":\"Kim\",\"last_name\":\"Roe\",\"sex\":\"Male\",\"phones\":"
                        "[],\"reminder_preference\":\"None\",\"notes\":\"Deceased\\nFile number: H6\\nDate of "
                        "birth as recorded: 31/02/1990\",\"archived\":true}");
    outcome_expect_line(&outcome,
                        "patient FD-6 ~ date_of_birth: column DateOfBirth: '31/02/1990' is no date that exists, "
                        "or fits none of the formats: YYYY-MM-DD HH:mm:ss[.f], YYYY-MM-DD");
    outcome_expect_line(
        &outcome, "patient Patient.csv:8 ! Patient.csv, row 8, key 'FD-1' is not unique: an earlier row has it too");
    outcome_expect_line(&outcome, "patient Patient.csv:9 ! Patient.csv, row 9, column PatientID: the key is empty");
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 3);
    cr_expect_eq(outcome.problems[ENTITY_PATIENT], 3);
    outcome_release(&outcome);
}

#define REFERENCES "\"practitioner\":\"FD-1\",\"business\":\"FD-1\",\"appointment_type\":\"FD-1\","

Test(extraction, takes_over_the_diary_of_front_desk)
{
    struct outcome outcome;

    run_front_desk("10,1,1,1,1,2026-01-15 09:00:00,45,1,0,,,\"x\ny\",0\n"
                   "11,1,1,,,2026-01-15 09:00:00.000,30,2,0,,,,0\n"
                   "12,4,1,1,1,2026-01-15 09:00:00,0,0,0,,,,0\n"
                   "13,1,1,1,1,2026-01-15 08:59:59.997,30,0,1,2026-01-14 10:00:00,Flu,,0\n"
                   "14,1,1,1,1,2026-01-15 09:00:00,30,0,0,,,,1\n"
                   "15,,1,1,1,2026-01-15 09:00:00,30,0,0,,,,0\n"
                   "16,1,2,,1,2026-10-04 02:30:00,30,0,0,,,,0\n",
                   &outcome);
    outcome_expect_line(
        &outcome,
        "appointment FD-10 {\"patient\":\"FD-1\"," REFERENCES
        "\"starts_at\":\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-14T22:45:00Z\",\"time_zone\":\"Australia/Sydney\",\"notes\":"
        "\"x\\ny\",\"attendance\":\"arrived\"}");
    outcome_expect_line(&outcome, "attendance FD-10 {\"appointment\":\"FD-10\",\"arrived\":true}");
    outcome_expect_line(
        &outcome, "appointment FD-11 {\"patient\":\"FD-1\",\"practitioner\":\"FD-1\",\"business\":\"FD-2\","
                  "\"appointment_type\":\"FD-none\",\"starts_at\":\"2026-01-14T23:00:00Z\",\"ends_at\":"
                  "\"2026-01-14T23:30:00Z\",\"time_zone\":\"Australia/Brisbane\",\"attendance\":\"did_not_arrive\"}");
    outcome_expect_line(&outcome, "attendance FD-11 {\"appointment\":\"FD-11\",\"arrived\":false}");
    outcome_expect_line(
        &outcome,
        "appointment FD-12 {\"patient\":\"FD-2\"," REFERENCES
        "\"starts_at\":\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-14T22:30:00Z\",\"time_zone\":\"Australia/Sydney\"}");
    outcome_expect_line(&outcome,
                        "appointment FD-12 ~ duration_minutes: '0' is not within 1 to 1440, so the 30 minutes of "
                        "its type are taken");
    outcome_expect_line(
        &outcome,
        "appointment FD-13 {\"patient\":\"FD-1\"," REFERENCES
        "\"starts_at\":\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-14T22:30:00Z\",\"time_zone\":\"Australia/Sydney\",\"cancelled\":"
        "{\"reason\":50,\"note\":\"Flu\\nCancelled at 2026-01-14 10:00:00\"}}");
    outcome_expect_line(&outcome,
                        "cancellation FD-13 {\"appointment\":\"FD-13\",\"reason\":50,\"note\":\"Flu\\nCancelled at "
                        "2026-01-14 10:00:00\"}");
    outcome_expect_line(&outcome,
                        "appointment FD-16 ~ starts_at: in the hour that daylight saving skipped, moved forward by "
                        "that hour");
    cr_expect(
        strstr(text_string(&outcome.lines), "\"notes\":\"No location was recorded: taken to be at the main one.\"}"));
    cr_expect(strstr(text_string(&outcome.counts), "appointment 1 deleted in the diary\n"));
    cr_expect(strstr(text_string(&outcome.counts), "appointment 1 casual: without a patient file\n"));
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 5);
    cr_expect_eq(outcome.problems[ENTITY_APPOINTMENT], 0);
    outcome_release(&outcome);
}

Test(extraction, names_appointments_that_hang_in_the_air)
{
    struct outcome outcome;

    run_front_desk("20,99,1,1,1,2026-01-15 09:00:00,45,0,0,,,,0\n"
                   "21,1,99,1,1,2026-01-15 09:00:00,45,0,0,,,,0\n"
                   "22,1,1,99,1,2026-01-15 09:00:00,45,0,0,,,,0\n"
                   "23,1,1,1,99,2026-01-15 09:00:00,45,0,0,,,,0\n"
                   "24,5,1,1,1,2026-01-15 09:00:00,45,0,0,,,,0\n"
                   "25,1,1,1,1,2026-13-15 09:00:00,45,0,0,,,,0\n"
                   "26,1,1,1,1,2026-01-15 09:00:00,45,7,0,,,,0\n"
                   "10,1,1,1,1,,45,0,0,,,,0\n",
                   &outcome);
    outcome_expect_line(&outcome, "appointment FD-20 - its patient is not in the database");
    outcome_expect_line(&outcome,
                        "appointment FD-21 ! Appointment.csv, row 3, practitioner 'FD-99' is not in the source");
    outcome_expect_line(&outcome, "appointment FD-22 ! Appointment.csv, row 4, business 'FD-99' is not in the source");
    outcome_expect_line(&outcome,
                        "appointment FD-23 ! Appointment.csv, row 5, appointment_type 'FD-99' is not in the source");
    outcome_expect_line(&outcome,
                        "appointment FD-24 ! Appointment.csv, row 6, patient 'FD-5' has a problem of its own");
    outcome_expect_line(&outcome,
                        "appointment FD-25 ! Appointment.csv, row 7, column StartTime: '2026-13-15 09:00:00' is no "
                        "date that exists, or fits none of the formats: YYYY-MM-DD HH:mm:ss[.f], YYYY-MM-DD");
    outcome_expect_line(&outcome,
                        "appointment FD-26 ! Appointment.csv, row 8, column Attendance: '7' is not in the profile's "
                        "value map (0, 1, 2)");
    outcome_expect_line(&outcome, "appointment FD-10 ! Appointment.csv, row 9, starts_at is empty");
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 0);
    outcome_release(&outcome);
}

Test(extraction, ends_at_once_when_a_table_or_column_is_missing)
{
    scoped(string_free) char *appointments = x_sprintf("%s/Appointment.csv", folder.path);
    struct outcome outcome;

    write_front_desk();
    cr_assert_eq(remove(appointments), 0);
    outcome_run(&outcome, shipped_profile("front-desk.json"), NULL, folder.path, NULL);
    cr_expect(strstr(outcome.fault.text,
                     "this is no source for the profile 'Front Desk, reference schema': there is no "
                     "table 'Appointment'; the source's tables are: Appo"),
              "got %s", outcome.fault.text);
    cr_expect_eq(outcome.lines.size, 0);
    outcome_release(&outcome);
    folder_fixture_write(&folder, "Appointment.csv",
                         "AppointmentID,PatientID,CasualName,CasualPhone,PractitionerID,LocationID,AppointmentTypeID,"
                         "StartTime,DurationMin,ArrivedAt,IsCancelled,CancelledAt,CancelReason,Notes,IsDeleted\n");
    outcome_run(&outcome, shipped_profile("front-desk.json"), NULL, folder.path, NULL);
    cr_expect(strstr(outcome.fault.text, "Appointment.csv has no column 'Attendance'; its columns "
                                         "are: AppointmentID"),
              "got %s", outcome.fault.text);
    cr_expect_eq(outcome.lines.size, 0);
    outcome_release(&outcome);
}

Test(extraction, ends_where_a_row_does_not_fit)
{
    struct outcome outcome;

    run_front_desk("10,1,1,1,1,2026-01-15 09:00:00,45,0,0,,,,0\n11,1\n", &outcome);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 1);
    cr_expect(strstr(outcome.fault.text, "Appointment.csv, row 3 (line 3) has 8 fields, but the header has 19"),
              "got %s", outcome.fault.text);
    outcome_release(&outcome);
}

#define LIST_PROFILE(key, more)                                                                                        \
    "{\"profile\":\"p\",\"system\":\"s\"," more "\"entities\":{\"patient\":{\"table\":\"*\",\"key\":" key              \
    ",\"fields\":{\"first_name\":\"A\",\"last_name\":\"B\"}}}}"

static void run_list(const char *content, const char *profile, struct outcome *outcome)
{
    folder_fixture_write(&folder, "list.csv", content);
    outcome_run(outcome, NULL, profile, folder.file, NULL);
}

Test(extraction, refuses_identities_that_a_spreadsheet_rounded)
{
    static const char *const mangled[] = {"5.91486E+12", "1E+15", "9.4E+04", "5.91486e+12"};
    static const char *const fine[] = {"93779.52927",  "12E3",   "5.91486E12", "E+12",
                                       "591486000000", "5.9E-3", "12.5E+12",   "0E+12"};
    struct outcome outcome;

    for (size_t i = 0; i < array_length(mangled); i++) {
        scoped(string_free) char *content = x_sprintf("A,B\n17,x\n%s,y\n18,z\n", mangled[i]);

        run_list(content, LIST_PROFILE("\"A\"", ""), &outcome);
        cr_expect(strstr(outcome.fault.text, "list.csv, row 3, column A: '"), "%s: got '%s'", mangled[i],
                  outcome.fault.text);
        cr_expect(strstr(outcome.fault.text, "A spreadsheet has rounded 1 of the 3 values of this column"), "got '%s'",
                  outcome.fault.text);
        outcome_release(&outcome);
    }
    for (size_t i = 0; i < array_length(fine); i++) {
        scoped(string_free) char *content = x_sprintf("A,B\n%s,y\n", fine[i]);

        run_list(content, LIST_PROFILE("\"A\"", ""), &outcome);
        cr_expect_eq(outcome.good[ENTITY_PATIENT], 1, "%s: got '%s'", fine[i], outcome.fault.text);
        outcome_release(&outcome);
    }
}

Test(extraction, keys_of_several_columns_never_collide)
{
    struct outcome outcome;

    run_list("A,B\na/b,c\na,b/c\na,\n", LIST_PROFILE("[\"A\",\"B\"]", "\"key_prefix\":\"X-\","), &outcome);
    outcome_expect_line(&outcome, "patient X-a//b/c {\"first_name\":\"a/b\",\"last_name\":\"c\",\"phones\":[],"
                                  "\"archived\":false}");
    outcome_expect_line(&outcome, "patient X-a/b//c {\"first_name\":\"a\",\"last_name\":\"b/c\",\"phones\":[],"
                                  "\"archived\":false}");
    outcome_expect_line(&outcome, "patient list.csv:4 ! list.csv, row 4, column A: the key is empty");
    outcome_release(&outcome);
}

Test(extraction, bounds_keys)
{
    scoped(string_free) char *longest = x_alloc(202);
    scoped(string_free) char *content = NULL;
    struct outcome outcome;

    memset(longest, 'k', 201);
    content = x_sprintf("A,B\n%s,x\n%.200s,y\n\"a\nb\",z\n", longest, longest);
    run_list(content, LIST_PROFILE("\"A\"", ""), &outcome);
    outcome_expect_line(&outcome,
                        "patient list.csv:2 ! list.csv, row 2, key 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…' is "
                        "longer than 200 bytes");
    outcome_expect_line(&outcome, "patient list.csv:4 ! list.csv, row 4, key holds a control character");
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 1);
    outcome_release(&outcome);
}

Test(extraction, counts_what_the_profile_takes_for_empty)
{
    struct outcome outcome;

    run_list("A,B\n1,NULL\n2,-\n3, \n4,\xC2\xA0\n5,null\n", LIST_PROFILE("\"A\"", "\"empty\":[\"NULL\",\"-\"],"),
             &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 5);
    cr_expect_eq(outcome.warnings[ENTITY_PATIENT], 4, "four last names are missing, not %zu",
                 outcome.warnings[ENTITY_PATIENT]);
    outcome_expect_line(&outcome,
                        "patient 5 {\"first_name\":\"5\",\"last_name\":\"null\",\"phones\":[],\"archived\":false}");
    outcome_release(&outcome);
}

Test(extraction, follows_merged_rows_and_stops_in_a_circle)
{
    struct outcome outcome;

    run_list("A,B\n1,2\n2,3\n3,\n4,5\n5,4\n",
             "{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"patient\":{\"table\":\"*\",\"key\":\"A\",\"joins\":{"
             "\"end\":{\"table\":\"*\",\"key\":\"A\",\"on\":\"A\",\"follow\":\"B\"}},\"fields\":{\"first_name\":\"A\","
             "\"last_name\":{\"column\":\"A\",\"join\":\"end\"}}}}}",
             &outcome);
    outcome_expect_line(&outcome,
                        "patient 1 {\"first_name\":\"1\",\"last_name\":\"3\",\"phones\":[],\"archived\":false}");
    outcome_expect_line(&outcome,
                        "patient 3 {\"first_name\":\"3\",\"last_name\":\"3\",\"phones\":[],\"archived\":false}");
    outcome_expect_line(&outcome,
                        "patient 4 ! list.csv, row 5, join end: '4' leads through list.csv in a circle, or over "
                        "more than 32 rows");
    outcome_release(&outcome);
}

Test(extraction, problems_are_text_that_a_database_takes)
{
    struct outcome outcome;

    run_list(
        "A,B\n1,"
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9z\xC3\xA9\n",
        "{\"profile\":\"p\",\"system\":\"s\",\"entities\":{\"patient\":{\"table\":\"*\",\"key\":\"A\",\"leave_behind\":["
        "{\"when\":{\"column\":\"B\",\"below\":1},\"reason\":\"r\"}],\"fields\":{\"first_name\":\"A\","
        "\"last_name\":\"B\"}}}}",
        &outcome);
    cr_expect(utf8_valid(outcome.lines.data, outcome.lines.size), "a character was cut: %s", outcome.lines.data);
    cr_expect_eq(outcome.problems[ENTITY_PATIENT], 1);
    outcome_release(&outcome);
}
