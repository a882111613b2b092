#include "document/pdf.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "pdf_fixture.h"
#include "sample_pictures.h"

TestSuite(pdf, .init = make_folder, .fini = remove_folder, .timeout = 60);

Test(pdf, holds_title_lines_text_and_page_numbers)
{
    static const char *const lines[] = {"Patient FD-P1", "Written by A. Author"};
    scoped(document_destroy) struct document *document = document_of_text(slice_of("First.\nSecond."));
    struct pdf_request request = {
        .title = "A letter", .lines = lines, .line_count = 2, .created = "2019-03-04", .document = document};
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text said;

    pdf_report_init(&report);
    text_init(&said, FILE_CAP);
    write_to("out.pdf", &request, &report);
    cr_expect_eq(report.pages, 1);
    cr_expect_eq(report.pictures + report.pictures_missing, 0);
    cr_expect_str_eq(text_string(&report.missing), "");
    ask("pdftotext out.pdf - | tr -s '\\n\\f' '||'", &said);
    cr_expect_str_eq(text_string(&said), "A letter|Patient FD-P1|Written by A. Author|First.|Second.|"
                                         "A letter · Patient FD-P1|1/1|");
    ask("pdfinfo -isodates out.pdf", &said);
    cr_expect_not_null(strstr(text_string(&said), "2019-03-04T00:00:00"), "%s", text_string(&said));
    cr_expect_not_null(strstr(text_string(&said), "Title:           A letter\n"), "%s", text_string(&said));
}

/* 6000 numbered words on many pages: none is lost, doubled or out of order, and every page has its number. */
Test(pdf, loses_no_word_over_many_pages)
{
    scoped(text_release) struct text words;
    scoped(text_release) struct text want;
    scoped(text_release) struct text got;
    scoped(text_release) struct text said;
    scoped(document_destroy) struct document *document = NULL;
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T", .created = "2019-03-04"};

    text_init(&words, FILE_CAP);
    text_init(&want, FILE_CAP);
    text_init(&got, FILE_CAP);
    text_init(&said, FILE_CAP);
    pdf_report_init(&report);
    for (int i = 0; i < 6000; i++)
        text_printf(&words, "word%04d%s", i, i > 3000 && i % 97 == 0 ? "\n\n" : " ");
    document = document_of_text(text_slice(&words));
    request.document = document;
    write_to("out.pdf", &request, &report);
    cr_expect_gt(report.pages, 5U);
    count_pages(report.pages);
    text_puts(&want, "T");
    squeeze(text_string(&words), &want);
    /* The foot stands below the text: cut off. */
    ask("pdftotext -raw -nopgbrk -x 0 -y 0 -W 595 -H 776 out.pdf -", &said);
    squeeze(text_string(&said), &got);
    cr_expect_str_eq(text_string(&got), text_string(&want));
    for (size_t page = 1; page <= report.pages; page++) {
        scoped(string_free) char *foot = x_sprintf("%zu / %zu\n", page, report.pages);
        scoped(string_free) char *command =
            x_sprintf("pdftotext -nopgbrk -f %zu -l %zu -x 400 -y 776 -W 195 -H 66 out.pdf -", page, page);

        ask(command, &said);
        cr_expect_not_null(strstr(text_string(&said), foot), "page %zu: got %s", page, text_string(&said));
    }
}

Test(pdf, breaks_long_words_without_a_hyphen)
{
    scoped(text_release) struct text word;
    scoped(text_release) struct text got;
    scoped(text_release) struct text said;
    scoped(document_destroy) struct document *document = NULL;
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T"};

    text_init(&word, FILE_CAP);
    text_init(&got, FILE_CAP);
    text_init(&said, FILE_CAP);
    pdf_report_init(&report);
    for (int i = 0; i < 9000; i++)
        text_putc(&word, (char)('a' + i % 26));
    document = document_of_text(text_slice(&word));
    request.document = document;
    write_to("out.pdf", &request, &report);
    ask("pdftotext -raw -nopgbrk -x 0 -y 0 -W 595 -H 776 out.pdf -", &said);
    squeeze(text_string(&said), &got);
    cr_expect_eq(got.size, word.size + 1);
    cr_expect_str_eq(text_string(&got) + 1, text_string(&word));
}

Test(pdf, sets_arabic_from_the_right)
{
    scoped(document_destroy) struct document *document = document_of_text(slice_of("كتف\n\n\n\n\n\n\nleft"));
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T", .document = document};
    struct box arabic;
    struct box english;

    pdf_report_init(&report);
    write_to("out.pdf", &request, &report);
    cr_expect_str_eq(text_string(&report.missing), "");
    {
        scoped(page_release) struct page page = render(1);

        arabic = ink_between(&page, 100, 130);
        english = ink_between(&page, 170, 210);
    }
    cr_expect(arabic.left > 450 && arabic.right > 530, "got %d to %d", arabic.left, arabic.right);
    cr_expect(english.left < 60 && english.right < 100, "got %d to %d", english.left, english.right);
}

Test(pdf, names_the_characters_that_no_font_holds)
{
    /* Code points that Unicode has not given to any letter. */
    scoped(document_destroy) struct document *document = document_of_text(slice_of("a\u0378b\U00050000c\u0378"));
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T \u0379", .document = document};

    pdf_report_init(&report);
    write_to("out.pdf", &request, &report);
    cr_expect_str_eq(text_string(&report.missing), "U+0379 U+0378 U+50000");
}

Test(pdf, names_at_most_twenty_characters)
{
    scoped(text_release) struct text letters;
    scoped(document_destroy) struct document *document = NULL;
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T"};
    size_t names = 0;

    text_init(&letters, FILE_CAP);
    pdf_report_init(&report);
    for (unsigned code = 0x50000; code < 0x50064; code++)
        text_put_codepoint(&letters, code);
    document = document_of_text(text_slice(&letters));
    request.document = document;
    write_to("out.pdf", &request, &report);
    for (const char *at = text_string(&report.missing); (at = strstr(at, "U+")) != NULL; at++)
        names++;
    cr_expect_eq(names, 20, "got %s", text_string(&report.missing));
}

static void write_small(const char *path)
{
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text bytes;
    struct pdf_request request = {.title = "T", .document = document, .pictures = true};
    struct fault fault = {0};

    text_init(&bytes, FILE_CAP);
    pdf_report_init(&report);
    document_puts(document, "Ελληνικά العربية \u0378\tcell");
    document_end_paragraph(document);
    put_png(&bytes);
    put_picture(document, &bytes, PICTURE_PNG, 0, 0);
    cr_assert(document_finish(document, &fault));
    write_to(path, &request, &report);
}

/* Another process, a second later, in another language, without a home: the same bytes. */
Test(pdf, gives_the_same_bytes_for_the_same_input)
{
    scoped(text_release) struct text first;
    scoped(text_release) struct text second;
    time_t written = 0;
    pid_t child = 0;
    int status = 0;

    text_init(&first, FILE_CAP);
    text_init(&second, FILE_CAP);
    child = fork();
    if (child == 0) {
        write_small("first.pdf");
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    written = time(NULL);
    while (time(NULL) <= written + 1)
        usleep(50000);
    unsetenv("HOME");
    setenv("LC_ALL", "ar_EG.UTF-8", 1);
    setenv("PANGO_LANGUAGE", "ar", 1);
    setenv("TZ", "Australia/Sydney", 1);
    write_small("second.pdf");
    read_file("first.pdf", &first);
    read_file("second.pdf", &second);
    cr_expect_gt(first.size, 1000U);
    cr_expect(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
}

Test(pdf, sets_the_cells_of_a_table_under_each_other)
{
    scoped(document_destroy) struct document *document =
        document_of_text(slice_of("Test\tLeft\tRight\nFlexion of the shoulder\t120\t135\nGrip\t28\t34"));
    scoped(pdf_report_release) struct pdf_report report;
    scoped(text_release) struct text said;
    struct pdf_request request = {.title = "T", .document = document};
    double left[3] = {0};
    static const char *const words[] = {">Left<", ">120<", ">28<"};

    text_init(&said, FILE_CAP);
    pdf_report_init(&report);
    write_to("out.pdf", &request, &report);
    ask("pdftotext -bbox out.pdf -", &said);
    for (size_t i = 0; i < array_length(words); i++) {
        char *at = strstr(said.data, words[i]);

        cr_assert(at, "%s in %s", words[i], said.data);
        while (at > said.data && memcmp(at, "xMin=", 5) != 0)
            at--;
        cr_assert_eq(sscanf(at, "xMin=\"%lf\"", &left[i]), 1);
        cr_expect_float_eq(left[i], left[0], 0.5, "%s: got %f, want %f", words[i], left[i], left[0]);
    }
    cr_expect_gt(left[0], 150);
}

Test(pdf, says_that_the_disk_is_full)
{
    struct pdf_request request = {.title = "T"};
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = RLIM_INFINITY};
    scoped(pdf_report_release) struct pdf_report report;
    scoped(descriptor_close) int full = open("/dev/full", O_WRONLY);
    scoped(descriptor_close) int limited = open("out.pdf", O_WRONLY | O_CREAT, 0600);
    struct fault fault = {0};

    pdf_report_init(&report);
    cr_expect_not(pdf_write(&request, full, &report, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY);
    cr_expect_eq(fault.code, ENOSPC, "got %d", fault.code);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_expect_not(pdf_write(&request, limited, &report, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY);
    cr_expect_eq(fault.code, EFBIG, "got %d", fault.code);
    cr_expect_not(pdf_write(&request, -1, &report, &fault));
    cr_expect_eq(fault.kind, FAULT_INTERNAL);
}

/* The disk is full in the middle of a picture that is larger than any buffer. */
Test(pdf, says_so_in_the_middle_of_a_large_file_too)
{
    scoped(text_release) struct text words;
    scoped(document_destroy) struct document *document = NULL;
    scoped(pdf_report_release) struct pdf_report report;
    struct pdf_request request = {.title = "T"};
    scoped(descriptor_close) int full = open("/dev/full", O_WRONLY);
    struct fault fault = {0};

    text_init(&words, FILE_CAP);
    pdf_report_init(&report);
    for (int i = 0; i < 60000; i++)
        text_printf(&words, "%d\n", i * 7919 % 99991);
    document = document_of_text(text_slice(&words));
    request.document = document;
    cr_expect_not(pdf_write(&request, full, &report, &fault));
    cr_expect_eq(fault.kind, FAULT_RETRY);
}

Test(pdf, takes_only_a_date_for_a_date)
{
    static const char *const dates[] = {"", "2019-3-4", "2019-03-04T", "2019/03/04", "2019-03-0)"};
    scoped(descriptor_close) int descriptor = open("out.pdf", O_WRONLY | O_CREAT, 0600);

    for (size_t i = 0; i < array_length(dates); i++) {
        struct pdf_request request = {.title = "T", .created = dates[i]};
        scoped(pdf_report_release) struct pdf_report report;
        struct fault fault = {0};

        pdf_report_init(&report);
        cr_expect_not(pdf_write(&request, descriptor, &report, &fault), "%s", dates[i]);
        cr_expect_eq(fault.kind, FAULT_BAD_INPUT);
    }
}

Test(pdf, lays_out_text_that_is_no_text)
{
    scoped(document_destroy) struct document *document = document_new();
    scoped(pdf_report_release) struct pdf_report report;
    static const char *const lines[] = {"\xFF\xFE\x01 bytes", "\x1B[31m"};
    struct pdf_request request = {.title = "\xC3( \x80", .lines = lines, .line_count = 2, .document = document};
    scoped(text_release) struct text said;

    text_init(&said, FILE_CAP);
    pdf_report_init(&report);
    write_to("out.pdf", &request, &report);
    cr_expect_eq(report.pages, 1);
    ask("pdftotext out.pdf - | tr -s '\\n\\f' '||'", &said);
    cr_expect_str_eq(text_string(&said),
                     "\uFFFD( \uFFFD|\uFFFD\uFFFD bytes|[31m|\uFFFD( \uFFFD · \uFFFD\uFFFD bytes|1/1|");
}
