#include "document/docx.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document_fixture.h"

enum { ROOM = 8 * 1024 * 1024 };

struct part {
    const char *name;
    const char *text;
};

#define NAMES                                                                                                          \
    "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' "                                          \
    "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships' xmlns:a='a' xmlns:wp='wp' "         \
    "xmlns:mc='mc' xmlns:v='v' xmlns:m='m'"

static const struct part links[] = {
    {"_rels/.rels", "<Relationships><Relationship Id='rId1' Type='http://x/officeDocument' Target='/word/main.xml'/>"
                    "</Relationships>"},
    {"word/_rels/main.xml.rels",
     "<Relationships><Relationship Id='rId1' Type='http://x/image' Target='media/a.png'/>"
     "<Relationship Id='rId9' Type='http://x/image' Target='http://elsewhere/a.png' TargetMode='External'/>"
     "<Relationship Id='rId2' Type='http://x/footnotes' Target='footnotes.xml'/>"
     "<Relationship Id='rId3' Type='http://x/comments' Target='../word/comments.xml'/>"
     "<Relationship Id='rId4' Type='http://x/styles' Target='styles.xml'/>"
     "<Relationship Id='rId5' Type='http://x/numbering' Target='numbering.xml'/></Relationships>"},
    {"word/media/a.png", "\x89PNG\r\n\x1A\nab"},
    {"word/footnotes.xml",
     "<w:footnotes " NAMES "><w:footnote w:id='2'><w:p><w:r><w:t>first</w:t></w:r></w:p><w:p><w:r>"
     "<w:t>second</w:t></w:r></w:p></w:footnote></w:footnotes>"},
    {"word/comments.xml",
     "<w:comments " NAMES "><w:comment w:id='0'><w:p><w:r><w:t>why?</w:t></w:r></w:p></w:comment></w:comments>"},
    {"word/styles.xml", "<w:styles " NAMES "><w:style w:styleId='Item'><w:pPr><w:numPr><w:ilvl w:val='1'/>"
                        "<w:numId w:val='1'/></w:numPr></w:pPr></w:style></w:styles>"},
    {"word/numbering.xml",
     "<w:numbering " NAMES "><w:abstractNum w:abstractNumId='5'><w:lvl w:ilvl='0'><w:start w:val='2'/><w:numFmt "
     "w:val='upperRoman'/><w:lvlText w:val='%1)'/></w:lvl><w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt "
     "w:val='lowerLetter'/><w:lvlText w:val='%1.%2'/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId='6'><w:lvl "
     "w:ilvl='0'><w:numFmt w:val='bullet'/><w:lvlText w:val='\uF0A7'/><w:rPr><w:rFonts w:ascii='Wingdings'/></w:rPr>"
     "</w:lvl></w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='5'/></w:num><w:num w:numId='2'>"
     "<w:abstractNumId w:val='6'/></w:num><w:num w:numId='3'><w:abstractNumId w:val='5'/><w:lvlOverride w:ilvl='0'>"
     "<w:startOverride w:val='9'/></w:lvlOverride></w:num></w:numbering>"},
};

static void put_part(struct archive *zip, const char *name, const char *text, size_t size)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    cr_assert_eq(archive_write_header(zip, entry), ARCHIVE_OK);
    cr_assert_eq(archive_write_data(zip, text, size), (la_ssize_t)size);
    archive_entry_free(entry);
}

/* A DOCX whose main part has that body; the caller frees. */
static char *make_docx(const char *main, size_t main_size, size_t *ret_size)
{
    struct archive *zip = archive_write_new();
    char *room = x_alloc(ROOM);

    cr_assert_eq(archive_write_set_format_zip(zip), ARCHIVE_OK);
    cr_assert_eq(archive_write_open_memory(zip, room, ROOM, ret_size), ARCHIVE_OK);
    put_part(zip, "[Content_Types].xml", "<Types/>", 8);
    for (size_t i = 0; i < array_length(links); i++)
        put_part(zip, links[i].name, links[i].text, strlen(links[i].text));
    put_part(zip, "word/main.xml", main, main_size);
    archive_write_close(zip);
    archive_write_free(zip);
    return room;
}

static char *shown_body(const char *body)
{
    scoped(string_free) char *main = x_sprintf("<w:document " NAMES "><w:body>%s</w:body></w:document>", body);
    size_t size = 0;
    scoped(string_free) char *docx = make_docx(main, strlen(main), &size);

    cr_expect_eq(document_detect((struct slice){docx, size}), DOCUMENT_DOCX);
    return shown((struct slice){docx, size}, DOCUMENT_DOCX);
}

#define P(text) "<w:p><w:r><w:t>" text "</w:t></w:r></w:p>"
#define LIST(list, text)                                                                                               \
    "<w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='" list "'/></w:numPr></w:pPr><w:r><w:t>" text             \
    "</w:t></w:r></w:p>"
#define CELL(text) "<w:tc>" P(text) "</w:tc>"

static const struct shown_case bodies[] = {
    {"paragraphs", P("One") "<w:p/>" P("tw&#246;"), "One||twö"},
    {"runs, tabs, breaks",
     "<w:p><w:pPr><w:tabs><w:tab w:val='left'/></w:tabs></w:pPr><w:r><w:t xml:space='preserve'>a </w:t></w:r><w:r><w:t>b</w:t>"
     "<w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t><w:noBreakHyphen/></w:r></w:p>",
     "a b\tc|d\u2011"},
    {"hidden",
     "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>b</w:t>"
     "</w:r><w:r><w:t>c</w:t></w:r></w:p>",
     "bc"},
    {"revisions",
     "<w:p><w:del><w:r><w:delText>a</w:delText><w:t>b</w:t></w:r></w:del><w:ins><w:r><w:t>c</w:t></w:r></w:ins>"
     "<w:moveFrom><w:r><w:t>d</w:t></w:r></w:moveFrom></w:p>",
     "c"},
    {"fields",
     "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>",
     "link"},
    {"a table",
     "<w:tbl><w:tr>" CELL("a") "<w:tc><w:p/></w:tc>" CELL("c") "</w:tr><w:tr><w:tc>" P("d")
         P("e") "</w:tc>" CELL("f") "</w:tr></w:tbl>" P("g"),
     "a\t\tc|d|e\tf|g"},
    {"lists",
     LIST("1", "a") LIST("1", "b") "<w:p><w:pPr><w:pStyle w:val='Item'/></w:pPr><w:r><w:t>c</w:t></w:r></w:p>" LIST(
         "2", "d") LIST("3", "e") LIST("0", "f"),
     "II)\ta|III)\tb|III.a\tc|▪\td|IX)\te|f"},
    {"notes and comments",
     "<w:p><w:r><w:t>a</w:t><w:footnoteReference w:id='2'/></w:r><w:r><w:t>b</w:t>"
     "<w:commentReference w:id='0'/></w:r></w:p>",
     "a [first second]b [why?]"},
    {"symbols",
     "<w:p><w:r><w:sym w:font='Symbol' w:char='F0B7'/><w:sym w:font='Wingdings' w:char='F0FC'/></w:r><w:r><w:rPr>"
     "<w:rFonts w:ascii='Symbol'/></w:rPr><w:t>a\uF062</w:t></w:r><w:r><w:t>a</w:t></w:r></w:p>",
     "•✓αβa"},
    {"a picture",
     "<w:p><w:r><w:t>a</w:t><w:drawing><wp:extent cx='127000' cy='63500'/><a:blip r:embed='rId1'/></w:drawing>"
     "<w:t>b</w:t></w:r></w:p>",
     "a|<PNG 10 10x5>|b"},
    {"an old picture",
     "<w:p><w:r><w:pict><v:shape style='width:20pt;height:1in'><v:imagedata r:id='rId1'/></v:shape></w:pict>"
     "</w:r></w:p>",
     "<PNG 10 20x72>"},
    {"a picture elsewhere", "<w:p><w:r><a:blip r:embed='rId9'/><w:t>a</w:t></w:r></w:p>", "a"},
    {"a text box in two forms",
     "<w:p><w:r><w:t>a</w:t><mc:AlternateContent><mc:Choice><w:txbxContent>" P(
         "box") "</w:txbxContent>"
                "</mc:Choice><mc:Fallback><w:txbxContent>" P(
                    "box") "</w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>b</w:t></w:r>"
                           "</w:p>" P("c"),
     "ab|box|c"},
    {"a form that is not understood",
     "<w:p><w:r><mc:AlternateContent><mc:Choice><x/></mc:Choice><mc:Fallback><w:t>a</w:t>"
     "</mc:Fallback></mc:AlternateContent></w:r></w:p>",
     "a"},
    {"form fields",
     "<w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox></w:ffData>"
     "</w:fldChar></w:r><w:r><w:ffData><w:ddList><w:result w:val='1'/><w:listEntry w:val='x'/><w:listEntry w:val='y'/></w:ddList>"
     "</w:ffData></w:r></w:p>",
     "☒y"},
    {"a formula", "<w:p><m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>", "x=1"},
    {"broken XML", "<w:p>", "! DOCX, part document, line 1: the XML is broken"},
};

Test(docx, shows_what_a_person_reads)
{
    for (size_t i = 0; i < array_length(bodies); i++) {
        scoped(string_free) char *got = shown_body(bodies[i].source);

        cr_expect_str_eq(got, bodies[i].want, "%s: got '%s', want '%s'", bodies[i].name, got, bodies[i].want);
    }
}

Test(docx, refuses_a_document_type)
{
    static const char bomb[] = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><w:document " NAMES
                               "><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>";
    size_t size = 0;
    scoped(string_free) char *docx = make_docx(bomb, sizeof bomb - 1, &size);
    scoped(string_free) char *got = shown((struct slice){docx, size}, DOCUMENT_DOCX);

    cr_expect_str_eq(got, "! DOCX, part document: a document type is declared, which no DOCX has", "got %s", got);
}

/* 40 MB of zeros pack into 40 kB: a thousand times. */
Test(docx, refuses_a_zip_that_unpacks_without_end)
{
    enum { SIZE = 40 * 1000 * 1000 };
    scoped(string_free) char *zeros = x_alloc(SIZE);
    size_t size = 0;
    scoped(string_free) char *docx = make_docx(zeros, SIZE, &size);
    scoped(string_free) char *got = shown((struct slice){docx, size}, DOCUMENT_DOCX);

    cr_expect_str_eq(got, "! DOCX, part word/main.xml: the file unpacks to more than 16777216 bytes", "got %s", got);
}

Test(docx, refuses_a_damaged_zip)
{
    scoped(string_free) char *main = x_sprintf("<w:document " NAMES "><w:body>" P("text") "</w:body></w:document>");
    size_t size = 0;
    scoped(string_free) char *docx = make_docx(main, strlen(main), &size);
    scoped(string_free) char *whole = shown((struct slice){docx, size}, DOCUMENT_DOCX);
    scoped(string_free) char *half = shown((struct slice){docx, size / 2}, DOCUMENT_DOCX);
    scoped(string_free) char *none = shown((struct slice){"PK\3\4", 4}, DOCUMENT_DOCX);

    cr_expect_str_eq(whole, "text", "got %s", whole);
    cr_expect(strncmp(half, "! DOCX", 6) == 0, "got %s", half);
    cr_expect(strncmp(none, "! DOCX", 6) == 0, "got %s", none);
}
