/* What the profile language makes of tables: joins of many, answers, what stays behind, encrypted values. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "extraction_fixture.h"
#include "folder_fixture.h"

static struct folder_fixture folder;

static void make(void)
{
    folder_fixture_make(&folder);
}

static void clean(void)
{
    folder_fixture_remove(&folder);
}

TestSuite(language, .init = make, .fini = clean);

#define PROFILE(more) "{\"profile\":\"p\",\"system\":\"s\"," more "}"

/* Patients of table P (ID, Into, Name) with the given last name and joins. */
#define PATIENTS(joins, last_name)                                                                                     \
    PROFILE("\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"joins\":{" joins                              \
            "},\"fields\":{\"first_name\":\"Name\",\"last_name\":" last_name "}}}")

static void write_patients(void)
{
    folder_fixture_write(&folder, "P.csv", "ID,Into,Name\n1,,Ann\n2,3,Old\n3,,Tom\n4,,Kim\n");
    folder_fixture_write(
        &folder, "W.csv",
        "WID,PID,Text,Kind,Nr,GID\n1,1,second,0,10,7\n2,2,merged,0,3,8\n3,1,first,0,9,9\n4,3,own,1,,7\n"
        "5,1,,0,1,7\n6,99,nobody,0,1,7\n");
    folder_fixture_write(&folder, "G.csv", "GID,Name\n7,Seven\n8,Eight\n");
}

static void run(const char *profile, const char *answers, struct outcome *outcome)
{
    outcome_run_answered(outcome, NULL, profile, folder.path, NULL, answers);
}

#define EXPECT_LAST_NAME(outcome, id, name)                                                                            \
    do {                                                                                                               \
        scoped(string_free) char *part_ = x_sprintf("\npatient %s {", id);                                             \
        scoped(string_free) char *want_ = x_sprintf("\"last_name\":\"%s\"", name);                                     \
        scoped(string_free) char *all_ = x_sprintf("\n%s", text_string(&(outcome)->lines));                            \
        const char *line_ = strstr(all_, part_);                                                                       \
        const char *found_ = line_ ? strstr(line_, want_) : NULL;                                                      \
        cr_expect(found_ &&found_ < strchr(line_ + 1, '\n'), "%s of %s in %s%s", want_, part_, all_,                   \
                  (outcome)->fault.text);                                                                              \
    } while (0)

#define WARNINGS "\"w\":{\"table\":\"W\",\"key\":\"PID\",\"on\":\"ID\",\"many\":true}"
#define TEXT     "{\"column\":\"Text\",\"join\":\"w\"}"

Test(language, many_rows_become_one_value)
{
    struct outcome outcome;

    write_patients();
    run(PATIENTS(WARNINGS, "{\"rows\":\"w\",\"value\":" TEXT ",\"with\":\", \"}"), "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "second, first");
    EXPECT_LAST_NAME(&outcome, "2", "merged");
    EXPECT_LAST_NAME(&outcome, "3", "own");
    EXPECT_LAST_NAME(&outcome, "4", "(unknown)");
    outcome_release(&outcome);
}

Test(language, many_rows_are_put_in_order_and_chosen)
{
    struct outcome outcome;

    write_patients();
    run(PATIENTS(WARNINGS, "{\"rows\":\"w\",\"order\":\"Nr\",\"value\":" TEXT ",\"with\":\", \"}"), "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "first, second");
    outcome_release(&outcome);
    run(PATIENTS(WARNINGS, "{\"rows\":\"w\",\"when\":{\"column\":\"Nr\",\"join\":\"w\",\"above\":9},\"value\":" TEXT
                           ",\"then\":[\"upper\"]}"),
        "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "SECOND");
    EXPECT_LAST_NAME(&outcome, "3", "(unknown)");
    outcome_release(&outcome);
}

Test(language, a_join_may_depend_on_the_row_of_a_join_of_many)
{
    struct outcome outcome;

    write_patients();
    run(PATIENTS(WARNINGS ",\"g\":{\"table\":\"G\",\"key\":\"GID\",\"on\":{\"column\":\"GID\",\"join\":\"w\"},"
                          "\"may_miss\":true}",
                 "{\"rows\":\"w\",\"value\":{\"joined\":[" TEXT ",{\"column\":\"Name\",\"join\":\"g\"},\"Name\"],"
                 "\"with\":\"-\"},\"with\":\", \"}"),
        "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "second-Seven-Ann, first-Ann, Seven-Ann");
    EXPECT_LAST_NAME(&outcome, "2", "merged-Eight-Old");
    outcome_release(&outcome);
}

Test(language, rows_of_merged_ones_are_found_through_another_join)
{
    struct outcome outcome;

    write_patients();
    run(PATIENTS("\"end\":{\"table\":\"P\",\"key\":\"ID\",\"on\":\"ID\",\"follow\":\"Into\"},"
                 "\"w\":{\"table\":\"W\",\"key\":\"PID\",\"key_through\":\"end\",\"on\":\"ID\",\"many\":true}",
                 "{\"rows\":\"w\",\"value\":" TEXT ",\"with\":\", \"}"),
        "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "3", "merged, own");
    EXPECT_LAST_NAME(&outcome, "2", "(unknown)");
    outcome_release(&outcome);
}

Test(language, a_row_that_is_merged_into_nothing_stands_for_itself)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "P.csv", "ID,Into,Name\n1,9,Ann\n2,1,Tom\n");
    run(PATIENTS("\"end\":{\"table\":\"P\",\"key\":\"ID\",\"on\":\"ID\",\"follow\":\"Into\"}",
                 "{\"column\":\"ID\",\"join\":\"end\"}"),
        "{}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "1");
    EXPECT_LAST_NAME(&outcome, "2", "1");
    outcome_release(&outcome);
}

#define QUESTION                                                                                                       \
    "\"questions\":{\"q\":{\"ask\":\"?\",\"choices\":{\"yes\":\"y\",\"no\":\"n\"}},"                                   \
    "\"d\":{\"ask\":\"?\",\"choices\":{\"a\":\"1\",\"b\":\"2\"},\"default\":\"b\"}},"

Test(language, answers_decide)
{
    static const char profile[] = PROFILE(
        QUESTION
        "\"entities\":{\"patient\":[{\"table\":\"P\",\"only_if\":{\"answer\":\"q\",\"is\":\"yes\"},\"key\":\"ID\","
        "\"fields\":{\"first_name\":\"Name\",\"last_name\":{\"answer\":\"d\",\"then\":[\"upper\"]}}},"
        "{\"table\":\"Absent\",\"only_if\":{\"answer\":\"q\",\"is\":\"no\"},\"key\":\"ID\",\"fields\":{"
        "\"first_name\":\"Name\",\"last_name\":\"Name\"}}]}");
    struct outcome outcome;

    write_patients();
    run(profile, "{\"questions\":{\"q\":\"yes\"}}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 4);
    EXPECT_LAST_NAME(&outcome, "1", "B");
    outcome_release(&outcome);
    run(profile, "{\"questions\":{\"q\":\"yes\",\"d\":\"a\"}}", &outcome);
    EXPECT_LAST_NAME(&outcome, "1", "A");
    outcome_release(&outcome);
    run(profile, "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 0);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "a mapping that is not used needs no table: %s", outcome.fault.text);
    outcome_release(&outcome);
    run(profile, "{\"questions\":{\"q\":\"no\"}}", &outcome);
    cr_expect(strstr(outcome.fault.text, "entities.patient[1]: there is no table 'Absent'"), "got %s",
              outcome.fault.text);
    outcome_release(&outcome);
}

Test(language, when_passes_rows_over_to_another_mapping)
{
    struct outcome outcome;

    write_patients();
    run(PROFILE(
            "\"entities\":{\"patient\":{\"table\":\"W\",\"when\":{\"column\":\"Kind\",\"is\":\"1\"},\"key\":\"WID\","
            "\"fields\":{\"first_name\":\"Text\",\"last_name\":\"Text\"}}}"),
        "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 1);
    cr_expect_eq(outcome.counts.size, 0, "got %s", text_string(&outcome.counts));
    outcome_release(&outcome);
}

Test(language, distinct_holds_for_all_mappings_of_an_entity)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "S.csv", "ID,Gst\n1,1\n2,0\n3,1\n");
    folder_fixture_write(&folder, "P.csv", "ID,Rate\n1,10.00\n2,10\n3,5.50\n4,0.00\n");
    run(PROFILE(
            "\"entities\":{\"tax\":[{\"table\":\"S\",\"when\":{\"column\":\"Gst\",\"is\":\"1\"},\"distinct\":true,"
            "\"key\":{\"constant\":\"10\"},\"fields\":{\"name\":{\"constant\":\"GST\"},\"rate\":{\"constant\":\"10\"}}},"
            "{\"table\":\"P\",\"when\":{\"column\":\"Rate\",\"above\":0},\"distinct\":true,"
            "\"key\":{\"column\":\"Rate\",\"then\":[\"decimal\"]},\"fields\":{\"name\":{\"constant\":\"T\"},"
            "\"rate\":\"Rate\"}}]}"),
        "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_TAX], 2, "got %s", text_string(&outcome.lines));
    outcome_expect_line(&outcome, "tax 10 {\"name\":\"GST\",\"rate\":\"10\"}");
    outcome_expect_line(&outcome, "tax 5.5 {\"name\":\"T\",\"rate\":\"5.5\"}");
    cr_expect_str_eq(text_string(&outcome.counts),
                     "tax 1 further rows of the same record\ntax 2 further rows of the same record\n");
    outcome_release(&outcome);
}

Test(language, named_rows_are_given_one_by_one)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "P.csv", "ID,Name,Lost\n1,Ann,\n2,Tom,1\n2,Tim,1\n,Tam,1\n");
    run(PROFILE(
            "\"key_prefix\":\"X-\",\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"leave_behind\":[{\"when\":"
            "{\"column\":\"Lost\",\"is\":\"1\"},\"reason\":\"lost\",\"named\":true}],\"fields\":{\"first_name\":\"Name\","
            "\"last_name\":\"Name\"}}}"),
        "{}", &outcome);
    outcome_expect_line(&outcome, "patient X-2 - lost");
    outcome_expect_line(&outcome, "patient P.csv:4 - lost");
    outcome_expect_line(&outcome, "patient P.csv:5 - lost");
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 1);
    cr_expect_eq(outcome.left[ENTITY_PATIENT], 3);
    cr_expect_str_eq(text_string(&outcome.counts), "patient 3 lost\n");
    outcome_release(&outcome);
}

Test(language, optional_references_that_lead_nowhere_are_left_out)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "C.csv", "ID,Name,Lost\n1,Ann,\n2,Tom,1\n");
    folder_fixture_write(&folder, "P.csv", "ID,Name,Doctor\n1,Ann,1\n2,Tom,2\n3,Kim,9\n4,Lee,\n");
    run(PROFILE(
            "\"entities\":{\"contact\":{\"table\":\"C\",\"key\":\"ID\",\"leave_behind\":[{\"when\":{\"column\":\"Lost\","
            "\"is\":\"1\"},\"reason\":\"lost\"}],\"fields\":{\"last_name\":\"Name\"}},\"patient\":{\"table\":\"P\","
            "\"key\":\"ID\",\"fields\":{\"first_name\":\"Name\",\"last_name\":\"Name\",\"referring_doctor\":\"Doctor\"}}}"),
        "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 4);
    cr_expect_eq(outcome.warnings[ENTITY_PATIENT], 2);
    cr_expect(strstr(text_string(&outcome.lines), "\"referring_doctor\":\"1\""));
    cr_expect(
        strstr(text_string(&outcome.lines), "patient 2 ~ referring_doctor: referring_doctor '2' was left behind: lost"),
        "got %s", text_string(&outcome.lines));
    cr_expect(
        strstr(text_string(&outcome.lines), "patient 3 ~ referring_doctor: referring_doctor '9' is not in the source"));
    outcome_release(&outcome);
}

#define BALANCES                                                                                                               \
    "\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"fields\":{\"first_name\":\"Name\",\"last_name\":\"Name\"}}}," \
    "\"left_behind\":[{\"what\":\"invoices\",\"table\":\"Invoice\",\"balance\":{\"patient\":\"PID\",\"amount\":{\"column\":"   \
    "\"Total\",\"then\":[\"money\"]}}},{\"what\":\"payments\",\"table\":\"Payment\",\"when\":{\"column\":\"Void\",\"is_not\":" \
    "\"1\"},\"balance\":{\"patient\":\"PID\",\"amount\":{\"column\":\"Amount\",\"then\":[\"money\"]},\"pays\":true}},"         \
    "{\"what\":\"logins\",\"table\":\"User\"},{\"what\":\"balances\",\"balances\":true,\"advice\":\"a\"},{\"what\":\"reports\"}]"

Test(language, what_stays_behind_is_counted_and_balances_are_added_up)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "P.csv", "ID,Name\n1,Ann\n");
    folder_fixture_write(&folder, "Invoice.csv",
                         "PID,Total\n1,100.10\n1,0.2\n2,\"$1,000.00\"\n3,55\n4,(5.00)\n,9\n5,many\n6,0.1234\n");
    folder_fixture_write(&folder, "Payment.csv", "PID,Amount,Void\n1,100.30,0\n2,400,0\n2,600,1\n3,75.50,\n");
    run(PROFILE("\"key_prefix\":\"X-\"," BALANCES), "{}", &outcome);
    cr_expect_str_eq(text_string(&outcome.counts),
                     "invoices 8, 2 unread\npayments 3, 0 unread\nbalances 4, 0 unread\nreports 0, 0 unread\n"
                     "balance X-2 600.00\nbalance X-3 -20.50\nbalance X-4 -5.00\nbalance X-6 0.1234\n",
                     "got %s", text_string(&outcome.counts));
    outcome_release(&outcome);
}

#define VERSIONED(row)                                                                                                 \
    PROFILE(                                                                                                           \
        "\"recognise\":[{\"table\":\"V\",\"columns\":[\"Version\"]," row                                               \
        ",\"otherwise\":\"written for 7\"}],\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"fields\":{"    \
        "\"first_name\":\"Name\",\"last_name\":\"Name\"}}}")
#define SEVEN "\"row\":{\"value\":{\"column\":\"Version\",\"then\":[{\"split\":\".\",\"part\":1}]},\"is\":\"7\"}"

Test(language, a_source_is_recognised_by_its_version)
{
    struct outcome outcome;

    folder_fixture_write(&folder, "P.csv", "ID,Name\n1,Ann\n");
    folder_fixture_write(&folder, "V.csv", "Version,At\n8.1,2020-01-01\n7.4,2019-01-01\n");
    run(VERSIONED(SEVEN), "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 1, "%s", outcome.fault.text);
    outcome_release(&outcome);
    run(VERSIONED(SEVEN ",\"latest\":\"At\""), "{}", &outcome);
    cr_expect_str_eq(outcome.fault.text,
                     "this is no source for the profile 'p': V.csv says Version '8.1': written for 7");
    outcome_release(&outcome);
    folder_fixture_write(&folder, "V.csv", "Version,At\n6,2019-01-01\n7.4,2020-01-01\n");
    run(VERSIONED(SEVEN ",\"latest\":\"At\""), "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_PATIENT], 1, "%s", outcome.fault.text);
    outcome_release(&outcome);
    folder_fixture_write(&folder, "V.csv", "Version,At\n");
    run(VERSIONED(SEVEN), "{}", &outcome);
    cr_expect(strstr(outcome.fault.text, "V.csv has no row that tells: written for 7"), "got %s", outcome.fault.text);
    outcome_release(&outcome);
}

/* Bytes that look like chance, the same in every run. */
static void put_chance(unsigned seed, size_t size, char *out)
{
    uint64_t state = seed * 2654435761u + 1;

    for (size_t i = 0; i < size; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out[i] = (char)(state >> 24);
    }
}

static void put_hex(unsigned seed, char ret[201])
{
    char bytes[100];

    put_chance(seed, sizeof bytes, bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret + 2 * i, 3, "%02X", (unsigned char)bytes[i]);
}

static const char letters_profile[] = PROFILE(
    "\"questions\":{\"encrypted_content\":{\"ask\":\"?\",\"choices\":{\"stop\":\"s\",\"leave\":\"l\"},\"default\":\"stop\"}},"
    "\"encrypted\":[{\"table\":\"L\",\"column\":\"Body\",\"message\":\"this is the wrong backup\"}],"
    "\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"fields\":{\"first_name\":\"Name\",\"last_name\":\"Name\"}},"
    "\"letter\":{\"table\":\"L\",\"key\":\"LID\",\"fields\":{\"patient\":\"PID\",\"content\":\"Body\"}}}");

static void write_letters(unsigned encrypted, unsigned plain)
{
    struct text rows;

    text_init(&rows, 1 << 20);
    text_puts(&rows, "LID,PID,Body\n");
    for (unsigned i = 0; i < encrypted + plain; i++) {
        char hex[201] =
            "Dear doctor, thank you for sending this patient, who is much better now that it is warm again.";

        if (i < encrypted)
            put_hex(i + 1, hex);
        text_printf(&rows, "%u,1,\"%s\"\n", i + 1, hex);
    }
    folder_fixture_write(&folder, "P.csv", "ID,Name\n1,Ann\n");
    folder_fixture_write(&folder, "L.csv", text_string(&rows));
    text_release(&rows);
}

Test(language, stops_at_a_source_that_is_still_encrypted)
{
    struct outcome outcome;

    write_letters(6, 4);
    run(letters_profile, "{}", &outcome);
    cr_expect_str_eq(
        outcome.fault.text,
        "this is the wrong backup: still encrypted: L.csv, column Body (6 of 10 values looked at, 0 marked so)");
    cr_expect_eq(outcome.lines.size, 0);
    outcome_release(&outcome);
    run(letters_profile, "{\"questions\":{\"encrypted_content\":\"leave\"}}", &outcome);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    cr_expect_eq(outcome.good[ENTITY_LETTER], 4);
    cr_expect_str_eq(text_string(&outcome.counts), "letter 6 still encrypted, and left behind by choice\n");
    outcome_release(&outcome);
}

Test(language, names_the_few_that_were_not_decrypted)
{
    struct outcome outcome;

    write_letters(2, 8);
    run(letters_profile, "{}", &outcome);
    cr_expect_eq(outcome.good[ENTITY_LETTER], 8, "%s", outcome.fault.text);
    outcome_expect_line(&outcome,
                        "letter 1 ! L.csv, row 2, column Body is still encrypted: this row was not decrypted");
    outcome_release(&outcome);
}

Test(language, large_values_become_text_or_a_locator)
{
    scoped(string_free) char *beside = x_sprintf("%s/A.files", folder.path);
    struct folder_fixture inner;
    struct outcome outcome;

    cr_assert_eq(mkdir(beside, 0700), 0);
    folder_fixture_write(&folder, "A.files/1.pdf", "%PDF-1.4\n");
    folder_fixture_write(&folder, "A.files/2.txt", "");
    folder_fixture_write(&folder, "A.files/3.rtf", "{\\rtf1 a {\\pict\\pngblip 00}}");
    folder_fixture_write(&folder, "P.csv", "ID,Name\n1,Ann\n");
    folder_fixture_write(
        &folder, "A.csv",
        "AID,PID,Content,Text\n1,1,A.files/1.pdf,\n2,1,A.files/2.txt,\n3,1,,A.files/3.rtf\n4,1,not a file,\n"
        "5,1,A.files/9.jpg,\n6,1,A.files/1.pdf,<p>Hello</p>\n");
    run(PROFILE(
            "\"entities\":{\"patient\":{\"table\":\"P\",\"key\":\"ID\",\"fields\":{\"first_name\":\"Name\","
            "\"last_name\":\"Name\"}},\"attachment\":{\"table\":\"A\",\"key\":\"AID\",\"fields\":{\"patient\":\"PID\","
            "\"content\":\"Content\"}},\"letter\":{\"table\":\"A\",\"when\":{\"column\":\"Text\",\"empty\":false},\"key\":"
            "\"AID\",\"fields\":{\"patient\":\"PID\",\"content\":{\"first\":[\"Text\",\"Content\"]}}}}"),
        "{}", &outcome);
    cr_expect_eq(outcome.fault.kind, FAULT_NONE, "%s", outcome.fault.text);
    cr_expect(strstr(text_string(&outcome.lines),
                     "attachment 1 {\"patient\":\"1\",\"content\":{\"locator\":"
                     "\"file:9:A.files/1.pdf\",\"size\":9,\"format\":\"pdf\",\"pictures\":false}"),
              "got %s", text_string(&outcome.lines));
    outcome_expect_line(&outcome, "attachment 2 ! A.csv, row 3, column Content names a file that is empty");
    outcome_expect_line(&outcome, "attachment 4 ! A.csv, row 5, column Content does not name a file beside the tables");
    outcome_expect_line(&outcome, "attachment 5 ! A.csv, row 6, column Content: names a file that is not there");
    cr_expect(strstr(text_string(&outcome.lines),
                     "letter 3 {\"patient\":\"1\",\"content\":{\"locator\":\"file:28:A.files/3.rtf\""
                     ",\"size\":28,\"format\":\"rtf\",\"pictures\":true}"));
    cr_expect(strstr(text_string(&outcome.lines),
                     "letter 6 {\"patient\":\"1\",\"content\":{\"text\":\"<p>Hello</p>\",\"format\":"
                     "\"html\",\"pictures\":false}"));
    snprintf(inner.path, sizeof inner.path, "%s", beside);
    folder_fixture_remove(&inner);
    outcome_release(&outcome);
}
