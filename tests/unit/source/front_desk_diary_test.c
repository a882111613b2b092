/* What profiles/front-desk.json makes of the diary: casual entries, locations and practice groups. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "front_desk_case.h"

TestSuite(front_desk_diary, .init = case_make, .fini = case_clean);

static void write_casual(void)
{
    write_patients();
    front_desk_write(
        &case_folder, "Appointment",
        "AppointmentID,PatientID,CasualName,CasualPhone,PractitionerID,LocationID,AppointmentTypeID,StartTime,"
        "DurationMin,Attendance,IsCancelled,Notes,IsDeleted,ArrivedAt",
        "1,,Geoff Hall,0400 111 222,1,1,1,2026-01-15 09:00:00,30,1,0,knee,0,2026-01-15 09:03:00\n"
        "2,,geoff  hall,0400 111 222,1,1,,2026-01-16 09:00:00,30,0,1,,0,\n"
        "3,,Geoff Hall,,1,1,1,2026-01-17 09:00:00,0,2,0,,0,\n"
        "4,,Lunch,,1,,1,2026-01-15 12:00:00,60,0,0,,1,\n"
        "5,1,,,1,1,1,2026-01-15 10:00:00,30,1,0,knee,0,2026-01-15 09:58:00\n");
}

Test(front_desk_diary, casual_appointments_as_notes_in_the_calendar)
{
    struct outcome outcome;

    write_casual();
    run(ANSWERS("none", "no", "notes", ""), &outcome);
    outcome_expect_line(
        &outcome,
        "unavailable_block FD-1 {\"practitioner\":\"FD-1\",\"business\":\"FD-1\",\"starts_at\":"
        "\"2026-01-14T22:00:00Z\",\"ends_at\":\"2026-01-14T22:30:00Z\",\"time_zone\":\"Australia/Sydney\",\"notes\":\"Geoff Hall, "
        "0400 111 222\\nknee\\nArrived\\nArrived at 2026-01-15 09:03:00\"}");
    expect_part(&outcome, "\"notes\":\"Geoff Hall\\nDid not arrive\"");
    expect_part(&outcome, "\"notes\":\"knee\\nArrived at 2026-01-15 09:58:00\",\"attendance\":\"arrived\"");
    cr_expect_eq(outcome.good[ENTITY_UNAVAILABLE_BLOCK], 2);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 1);
    expect_count(&outcome, "unavailable_block 1 a casual appointment that was cancelled\n");
    expect_count(&outcome, "unavailable_block 1 deleted in the diary\n");
    outcome_release(&outcome);
}

Test(front_desk_diary, casual_appointments_as_walk_ins)
{
    struct outcome outcome;

    write_casual();
    run(ANSWERS("none", "no", "walk_ins", ""), &outcome);
    expect_part(&outcome, "patient FD-casual-1 {\"first_name\":\"Geoff\",\"last_name\":\"Hall\"");
    expect_part(&outcome, "Walk-in without a patient's file in Front Desk\",\"walk_in\":true");
    expect_part(&outcome, "\"notes\":\"knee\\nArrived at 2026-01-15 09:03:00\",\"attendance\":\"arrived\"");
    expect_part(&outcome, "patient FD-casual-3 {\"first_name\":\"Geoff\",\"last_name\":\"Hall\"");
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 6, "each walk-in is a patient");
    expect_part(&outcome, "appointment FD-2 {\"patient\":\"FD-casual-2\",\"practitioner\":\"FD-1\","
                          "\"business\":\"FD-1\",\"appointment_type\":\"FD-none\"");
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 4);
    cr_expect_eq(outcome.good[ENTITY_UNAVAILABLE_BLOCK], 0);
    outcome_release(&outcome);
}

Test(front_desk_diary, casual_appointments_left_behind)
{
    struct outcome outcome;

    write_casual();
    run(ANSWERS("none", "no", "leave", ""), &outcome);
    cr_expect_eq(outcome.good[ENTITY_APPOINTMENT], 1);
    expect_count(&outcome, "appointment 3 casual: without a patient file\n");
    expect_count(&outcome, "appointment 1 deleted in the diary\n");
    outcome_release(&outcome);
}

Test(front_desk_diary, practice_groups_as_locations)
{
    struct outcome outcome;

    write_casual();
    front_desk_write(&case_folder, "PracticeGroup", "PracticeGroupID,Name,IsLocation,IsActive",
                     "1,North,1,1\n2,Billing,0,1\n");
    run(ANSWERS("none", "no", "notes", ",\"practice_groups\":\"locations\""), &outcome);
    outcome_expect_line(&outcome, "business FD-group-1 {\"name\":\"North\"}");
    cr_expect_eq(outcome.good[ENTITY_BUSINESS], 2);
    expect_part(&outcome,
                "appointment FD-5 {\"patient\":\"FD-1\",\"practitioner\":\"FD-1\",\"business\":\"FD-group-1\"");
    expect_part(&outcome, "unavailable_block FD-1 {\"practitioner\":\"FD-1\",\"business\":\"FD-group-1\"");
    expect_part(&outcome, "\"starts_at\":\"2026-01-14T22:00:00Z\"");
    outcome_release(&outcome);
    run(ANSWERS("none", "no", "notes", ",\"practice_groups\":\"no\""), &outcome);
    cr_expect_eq(outcome.good[ENTITY_BUSINESS], 1);
    expect_part(&outcome, "\"business\":\"FD-1\"");
    outcome_release(&outcome);
}

Test(front_desk_diary, practice_groups_as_locations_where_front_desk_has_none)
{
    struct outcome outcome;

    front_desk_write(&case_folder, "Patient", "PatientID,FirstName,Surname,Status", "1,Ann,Lee,0\n");
    front_desk_write(&case_folder, "Location", "LocationID,Name,TimeZoneName", "");
    front_desk_write(&case_folder, "PracticeGroup", "PracticeGroupID,Name,IsLocation,IsActive", "1,North,1,1\n");
    front_desk_write(&case_folder, "Appointment",
                     "AppointmentID,PatientID,CasualName,PractitionerID,AppointmentTypeID,StartTime,DurationMin,Notes",
                     "1,1,,1,1,2026-01-15 10:00:00,30,knee\n2,,Lunch,1,1,2026-01-15 12:00:00,30,\n");
    outcome_run_answered(&outcome, shipped_profile("front-desk.json"), NULL, case_folder.path, "Australia/Perth",
                         ANSWERS("none", "no", "notes", ",\"practice_groups\":\"locations\""));
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    cr_expect_eq(outcome.good[ENTITY_BUSINESS], 1);
    expect_part(&outcome, "\"business\":\"FD-group-1\",\"appointment_type\":\"FD-1\",\"starts_at\":"
                          "\"2026-01-15T02:00:00Z\",\"ends_at\":\"2026-01-15T02:30:00Z\",\"time_zone\":"
                          "\"Australia/Perth\",\"notes\":\"knee\"");
    expect_part(&outcome, "\"business\":\"FD-group-1\",\"starts_at\":\"2026-01-15T04:00:00Z\",\"ends_at\":"
                          "\"2026-01-15T04:30:00Z\",\"time_zone\":\"Australia/Perth\",\"notes\":\"Lunch\"");
    expect_no(&outcome, "No location was recorded");
    outcome_release(&outcome);
}

Test(front_desk_diary, who_has_no_location_is_at_the_main_one_and_the_notes_say_so)
{
    struct outcome outcome;
    const char *casual[] = {"notes", "walk_ins"};

    front_desk_write(&case_folder, "Patient", "PatientID,FirstName,Surname,Status", "1,Ann,Lee,0\n");
    front_desk_write(&case_folder, "PracticeGroup", "PracticeGroupID,Name,IsLocation,IsActive", "1,Billing,0,1\n");
    front_desk_write(&case_folder, "Appointment",
                     "AppointmentID,PatientID,CasualName,PractitionerID,AppointmentTypeID,StartTime,DurationMin,Notes",
                     "1,1,,1,1,2026-01-15 10:00:00,30,knee\n2,,Lunch,1,1,2026-01-15 12:00:00,30,\n");
    for (size_t i = 0; i < array_length(casual); i++) {
        scoped(string_free) char *answers =
            x_sprintf("{\"questions\":{\"practice_groups\":\"locations\",\"casual_appointments\":\"%s\"}}", casual[i]);

        run(answers, &outcome);
        expect_part(&outcome, "\"notes\":\"knee\\nNo location was recorded: taken to be at the main one.\"");
        expect_part(&outcome, i ? "\"notes\":\"No location was recorded: taken to be at the main one.\""
                                : "\"notes\":\"Lunch\\nNo location was recorded: taken to be at the main one.\"");
        outcome_release(&outcome);
    }
}
