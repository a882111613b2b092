/* The documents of ../shared/fixtures/rtf, from many programs and code pages: the text that a person reads in each,
 * found by eye and with LibreOffice, which shares no code with this reader. Skipped where the fixtures are not there.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document_fixture.h"

enum { PHRASES_MAX = 12 };

struct reading {
    const char *name;
    size_t paragraphs; /* with the empty ones between them */
    size_t words;      /* stretches without white space */
    const char *pictures;
    const char *first; /* line that is not blank, or its beginning */
    const char *last;  /* line that is not blank, or its end */
    const char *phrases[PHRASES_MAX];
};

static const struct reading readings[] = {
    {"rtfpipe-Issue23",
     27,
     63,
     "",
     "就诊时间:\t 2018年9月12日 11时45分25秒",
     "[此页以下部分为空格]",
     {"基本信息:\t 病历保存:无门诊病历 \t费用类型:自费", "\t 姓名:\t性别:女\t年龄:2岁",
      "体格检查：\t血压：　120　／　80　mmHg.　HR　110bpm，双肺呼吸音粗", "检    查：\t　[请双击填写检查]",
      "　华法林钠片　3mg*100片/3mg　口服　qd每日一次;"}},
    {"rtfpipe-Issue39",
     360,
     1726,
     "",
     "\tYour ref.",
     "Mielai atsakysiu į visus Jūsų klausimus.",
     {"M. Mažvydo g. 49A\u201112\n72295 Tauragė", "Sunkvežimio paskirtis\n\tEksploatacijos sąlygos \u2011 geri keliai",
      "+40C", "Dyzelinis 12.8 l \"Turbo Compound\" variklis", "Šoninės apsaugos nuo palindimo", "www.volvotrucks.lt"}},
    {"rtfpipe-Issue46",
     61,
     308,
     "2 WMF",
     "It is an example test rtf-file to RTF2XM",
     "   At last you can see an image :",
     {"Font size 10, plain text;", "1st column\t2nd column\t3rd column\t4th column\t5th column\n1.1 item\t1.2 item",
      "•\tIt is the 1st row of the list\n•\tIt is the 2nd row of the list", "I.\tAlign left :", "IV.\tAlign justified:",
      "öt árvíztűrő ütvefúrógép, which means “five flood resistant hammer drills” (☺)"}},
    {"rtfpipe-ListWord",
     6,
     14,
     "",
     "Paragraph",
     "2.\tList 2",
     {"Paragraph\n•\tBullet\n•\tBullet 2\nParagraph 2\n1.\tList 1\n2.\tList 2"}},
    {"rtfpipe-PictureObjectEmbed2", 1, 0, "1 BMP", "", "", {NULL}},
    {"rtfpipe-RtfParserTest_8",
     99,
     394,
     "",
     "FlashFXP v3.1.5 build 1054 Beta",
     "(自 v3.0 build 1015 final 以来的完整更新列表)",
     {"新功能", "•\t实验功能 - 队列窗鼠标右键菜单 > 展开文件夹 (仅支持下载)", "•\t加入“再试失败站点对传”设置",
      "-savequeue=<文件名称>"}},
    {"rtfpipe-char_upper_ranges",
     83,
     87,
     "",
     "Ä:00C4",
     "ˇ:02C7",
     {"Ö::00D6", "€:20AC", "ﬁ no unicode\nﬂ no unicode", "Ÿ:0178\n⁄:2044", "ı:0131\nˆ:02C6\n¯:00AF", "‰:2030"}},
    {"rtfpipe-images",
     35,
     51,
     "9 JPEG 2 PNG",
     "Images with PHPRtfLite.",
     "Images in paragraph",
     {"Here is .jpg image. ", "Borders with space", "Image centered horizontal and vertically by cell",
      "Formating sizes of images:"}},
    {"rtfpipe-old3_from_web",
     909,
     32781,
     "2 WMF",
     "Composed by Fredrik Sundström University",
     " Scientific Fisheries 47 (8): 1035-1040.",
     {"Summary\t2\nIntroduction\t2", "University of Linköping, Linköping, Sweden",
      "β-D-N-acetylglucosaminidase\t12 300\t18 000\t1 700", "Cuvier’s glands of the sea cucumber",
      "Odontoblastic processes extend"}},
    {"striprtf-BVWGT_20241227_W258_2227269_1_00_01",
     616,
     26525,
     "1 JPEG",
     "Gericht",
     "ECLI:AT:BVWG:2024:W258.2227269.1.01",
     {"Bundesverwaltungsgericht\nEntscheidungsdatum\n27.12.2024", "IM NAMEN DER REPUBLIK!", "gemäß § 45 Abs 1 Z 1",
      "„ab 25.05.2018 bis Februar 2019“", "Schönherr Rechtsanwälte GmbH",
      "Die Revision ist gemäß Art 133 Abs 4 B-VG zulässig"}},
    {"striprtf-Example_text",
     20,
     923,
     "2 PNG",
     "Text here with hyperlink",
     "re text. Some more text. Some more text.",
     {"Another font\nAnother text size\nA graphic", "Some more text. Some more text.", "More text h"}},
    {"striprtf-TX_RTF32_18.0.541.501",
     14,
     42,
     "",
     "Desc\t\tsymbol\tcode",
     "Up\t\t↑\t8593",
     {"<=\t\t≤\t8804\n>=\t\t≥\t8805\nBeta\t\tβ\t946", "e(accent)\tĕ\t277\n‘\t\tʹ\t697", "VIII\t\tⅧ\t8551",
      "-\t\t−\t8722"}},
    {"striprtf-ansicpg1250",
     3,
     61,
     "",
     "Proszę o zapoznanie się z poniższą klauz",
     " 119 z 04.05.2016 r., str. 1) informuję.",
     {"Zgodnie z rozporządzeniem Parlamentu Europejskiego i Rady (UE) 2016/679 z dnia",
      "ochrony osób fizycznych w związku z przetwarzaniem", "informuję."}},
    {"striprtf-calcium_score",
     8,
     14,
     "",
     "Calcium-Score",
     "Gesamt Calcium-Score\t 0",
     {"Calcium-Score\nCoronararterie\tCalcium-Score\nRCA\t 0\nLM\t 0\nLAD/RIVA\t 0\nCX\t 0"}},
    {"striprtf-french", 7, 13, "", "10‘000", "a a a 10´000 d?", {"10‘000\n", "a 10‘000 b c!", "a 10'000  b."}},
    {"striprtf-hyperlinks", 4, 3, "", "Wikipedia", "Search", {"Wikipedia\nText\n"}},
    {"striprtf-issue_11", 1, 1, "", "测试", "测试", {"测试"}},
    {"striprtf-issue_15",
     74,
     2220,
     "",
     "Exotic Costa Rica",
     "END OF SERVICES",
     {"Day 11: San José", "Caño Island", "area of \u200B\u200Bgreat wealth where 3,021 species",
      "Day 1:\tSJO INTERNATIONAL AIRPORT– SAN JOSE"}},
    {"striprtf-nested_table",
     29,
     54,
     "",
     "Gesamt DLP: 382.75 mGy.cm. Mittlere Herz",
     " mm messend im laterobasalen Unterlappen",
     {"Gesamt DLP: 382.75 mGy.cm. Mittlere Herzfrequenz: 72/min\nCalcium-Score", "LAD/RIVA\t0", "Coronar-Alter:\t40-44",
      "RCA\tkeine Stenose", "Mehrere pulmonale Noduli, 4 mm messend"}},
    {"striprtf-unicode", 1, 1, "", "柔道", "柔道", {"柔道"}},
};

struct got {
    struct text text; /* each paragraph ended by a line feed */
    struct text pictures;
    size_t paragraphs;
    size_t words;
};

static void count_words(struct slice text, size_t *words)
{
    bool within = false;

    for (size_t i = 0; i < text.size; i++) {
        bool blank = text.data[i] == ' ' || text.data[i] == '\t';

        *words += !blank && !within;
        within = !blank;
    }
}

/* Pictures of one kind behind each other as "2 PNG". */
static void count_pictures(const struct document *document, struct text *out)
{
    size_t counts[PICTURE_EMF + 1] = {0};
    size_t order[PICTURE_EMF + 1] = {0};
    size_t kinds = 0;

    for (size_t i = 0; i < document_block_count(document); i++) {
        const struct picture *picture = document_block_at(document, i).picture;

        if (picture && counts[picture->format]++ == 0)
            order[kinds++] = picture->format;
    }
    for (size_t i = 0; i < kinds; i++)
        text_printf(out, "%s%zu %s", i ? " " : "", counts[order[i]],
                    picture_format_name((enum picture_format)order[i]));
}

static void read_document(struct slice bytes, const char *name, struct got *got)
{
    struct document *document = NULL;
    struct fault fault = {0};

    cr_assert_eq(document_detect(bytes), DOCUMENT_RTF, "%s", name);
    cr_assert(document_read(bytes, DOCUMENT_RTF, &document, &fault), "%s: %s", name, fault.text);
    text_init(&got->text, 1 << 24);
    text_init(&got->pictures, 1 << 10);
    for (size_t i = 0; i < document_block_count(document); i++) {
        struct document_block block = document_block_at(document, i);

        if (block.picture)
            continue;
        got->paragraphs++;
        count_words(block.text, &got->words);
        text_put(&got->text, block.text.data, block.text.size);
        text_putc(&got->text, '\n');
    }
    count_pictures(document, &got->pictures);
    document_destroy(&document);
}

static bool ends_with(struct slice text, const char *end)
{
    size_t size = strlen(end);

    return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* A line without letters between the text's end and the last line that has some is dropped on both sides. */
static struct slice without_blank_ends(struct slice text)
{
    struct slice trimmed = slice_trim(text);

    while (trimmed.data > text.data && trimmed.data[-1] != '\n') {
        trimmed.data--;
        trimmed.size++;
    }
    while (trimmed.size && trimmed.data + trimmed.size < text.data + text.size && trimmed.data[trimmed.size] != '\n')
        trimmed.size++;
    return trimmed;
}

static void check_reading(const struct reading *want, const struct got *got)
{
    struct slice text = without_blank_ends(text_slice(&got->text));

    cr_expect_eq(got->paragraphs, want->paragraphs, "%s: got %zu paragraphs, want %zu", want->name, got->paragraphs,
                 want->paragraphs);
    cr_expect_eq(got->words, want->words, "%s: got %zu words, want %zu", want->name, got->words, want->words);
    cr_expect_str_eq(text_string(&got->pictures), want->pictures, "%s: got '%s', want '%s'", want->name,
                     text_string(&got->pictures), want->pictures);
    cr_expect(strncmp(text.data, want->first, strlen(want->first)) == 0, "%s: begins with '%.60s'", want->name,
              text.data);
    cr_expect(ends_with(text, want->last), "%s: ends with '%s'", want->name,
              text.data + (text.size > 80 ? text.size - 80 : 0));
    for (size_t i = 0; i < PHRASES_MAX && want->phrases[i]; i++)
        cr_expect(strstr(text_string(&got->text), want->phrases[i]), "%s: '%s' is not there", want->name,
                  want->phrases[i]);
    cr_expect_not(strstr(text_string(&got->text), "\uFFFD"), "%s: letters that are none", want->name);
}

Test(rtf_fixture, shows_what_a_person_reads)
{
    for (size_t i = 0; i < array_length(readings); i++) {
        scoped(string_free) char *name = x_sprintf("rtf/%s.rtf", readings[i].name);
        struct text bytes = {0};
        struct got got = {0};
        const char *shown = getenv("SHOW_RTF");

        if (!fixture_bytes(name, &bytes))
            return;
        read_document(text_slice(&bytes), readings[i].name, &got);
        /* To look at one: SHOW_RTF=french build/asan/tests/unit/document/test_document_rtf_fixture */
        if (shown && strstr(readings[i].name, shown))
            fputs(text_string(&got.text), stderr);
        check_reading(&readings[i], &got);
        text_release(&bytes);
        text_release(&got.text);
        text_release(&got.pictures);
    }
}

/* The bitmap that Paint left in the document, out of the metafile around it: 128 pixels of each row as they were. */
Test(rtf_fixture, holds_the_bitmap_of_paint)
{
    struct text bytes = {0};
    struct document *document = NULL;
    struct fault fault = {0};
    const struct picture *picture = NULL;

    if (!fixture_bytes("rtf/rtfpipe-PictureObjectEmbed2.rtf", &bytes))
        return;
    cr_assert(document_read(text_slice(&bytes), DOCUMENT_RTF, &document, &fault), "%s", fault.text);
    picture = document_block_at(document, 0).picture;
    cr_assert(picture != NULL);
    cr_expect_eq(picture->format, PICTURE_BMP);
    cr_expect_eq(picture->size, 55350, "got %zu bytes", picture->size);
    cr_expect_float_eq(picture->width_points, 53.6, 0.01, "got %g", picture->width_points);
    cr_expect_float_eq(picture->height_points, 48.0, 0.01, "got %g", picture->height_points);
    document_destroy(&document);
    text_release(&bytes);
}
