#include "document/html.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "document_fixture.h"

#define PNG "data:image/png;base64,iVBORw0KGgo="

static const struct shown_case pages[] = {
    {"paragraphs", "<html><body><p>One</p><p>two</p></body></html>", "One|two"},
    {"a fragment", "One<br>two<b>three</b>", "One|twothree"},
    {"lines that only their ends part", "One\r\ntwo <b>three</b>\n\n  four<img src=\"" PNG "\">",
     "One|two three||  four|<PNG 8 0x0>"},
    {"white space", "<p>  a\r\n b\t<i> c </i>  d </p>", "a b c d"},
    {"entities", "<p>&amp;&lt;&eacute;&#8212;&#x1F600;&nbsp;x&bogus;</p>", "&<é—😀\u00A0x&bogus;"},
    {"title, style and script", "<head><title>T</title><style>p{}</style></head><script>var a=\"<p>b</p>\";</script>c",
     "c"},
    {"comments", "a<!-- b --><!--[if mso]><p>c</p><![endif]-->d", "ad"},
    {"headings and quotes", "<h1>a</h1>b<blockquote>c</blockquote>", "a|b|c"},
    {"empty lines", "<div>a</div><div><br></div><div>b<br></div><p></p><div>c</div>", "a||b|c"},
    {"breaks", "a<br><br>b<br></p><p>c", "a||b|c"},
    {"bullets", "<ul><li>a<li><p>b</p><p>c</p></li><li></li></ul>d", "• a|• b|c|• |d"},
    {"numbers", "<ol start=3><li>a</li><li value=7>b</li><ol type=i><li>c</li></ol><li>d</li></ol>",
     "3. a|7. b|  i. c|8. d"},
    {"letters", "<ol type=A><li>a</li><li>b</ol>", "A. a|B. b"},
    {"a table", "<table><tr><th>a<th>b<tr><td>c</td><td></td><td>d</td></table>e", "a\tb|c\t\td|e"},
    {"blocks in cells",
     "<table><tr><td><p>a</p></td><td><div>b</div><div>c</div></td><td><br></td><td> d<br></td></tr></table>",
     "a\tb|c\t\td"},
    {"a table in a cell", "<table><tr><td>a<table><tr><td>b<td>c</table></td></tr><tr><td>d</td></tr></table>",
     "a|b\tc|d"},
    {"preformatted", "<pre>\na\n  b\n</pre>c", "a|  b|c"},
    {"hidden", "a<div style=\"color:red; DISPLAY : none\">b<p>c</p></div><p hidden>d</p>e", "a|e"},
    {"an embedded picture", "a<img src=\"" PNG "\" width=40 height=20px>b", "a|<PNG 8 30x15>|b"},
    {"a picture elsewhere", "a<img src=\"http://x/y.png\" alt=\"body chart\"><img src=z>b", "a[body chart]b"},
    {"a form",
     "<input type=checkbox checked>a <input type=checkbox>b <input value=c><input type=hidden value=x>"
     "<select><option>d<option selected>e</select>",
     "☒a ☐b c e"},
    {"tags never closed", "<p>a<b>b<table><tr><td>c", "ab|c"},
    {"tags closed that were never open", "a</div></b></p>b", "a|b"},
    {"no entity is fetched or expanded", "<!DOCTYPE html [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><p>a&x;b</p>",
     "]>|a&x;b"},
};

Test(html, shows_what_a_person_reads)
{
    check_shown(pages, array_length(pages), DOCUMENT_HTML);
}

static const struct shown_case charsets[] = {
    {"Windows-1252 when nothing is said", "<p>caf\xE9 \x80</p>", "café €"},
    {"UTF-8 when nothing is said", "<p>café</p>", "café"},
    {"by the head", "<meta charset=windows-1251><p>\xCF</p>", "П"},
    {"by the head, the long way", "<meta http-equiv=x content=\"text/html; charset=iso-8859-2\"><p>\xB3</p>", "ł"},
    {"Latin 1 is Windows-1252", "<meta charset=\"ISO-8859-1\"><p>\x93x\x94</p>", "“x”"},
    {"Chinese", "<meta charset=gb2312><p>\xD6\xD0</p>", "中"},
    {"a head that is wrong by now", "<meta charset=windows-1252><p>é</p>", "é"},
    {"a name that nobody knows", "<meta charset=klingon><p>\xE9</p>", "é"},
    {"a mark", "\xEF\xBB\xBF<meta charset=windows-1251><p>é</p>", "é"},
};

Test(html, finds_its_encoding)
{
    check_shown(charsets, array_length(charsets), DOCUMENT_HTML);
}

Test(html, goes_on_behind_a_nul)
{
    static const char bytes[] = "<p>a\0b</p><p>c</p>";
    scoped(string_free) char *got = shown((struct slice){bytes, sizeof bytes - 1}, DOCUMENT_HTML);

    cr_expect_str_eq(got, "ab|c", "got %s", got);
}

Test(html, reads_utf16)
{
    static const char bytes[] = "\xFF\xFE<\0p\0>\0\xC0\x03<\0/\0p\0>\0";
    scoped(string_free) char *got = shown((struct slice){bytes, sizeof bytes - 1}, DOCUMENT_HTML);

    cr_expect_str_eq(got, "π", "got %s", got);
}

/* A text and an address of 20 MB each: above the limits that XML parsers set on their own. */
Test(html, reads_large_texts_and_pictures)
{
    enum { SIZE = 20 * 1000 * 1000 };
    struct text page = {0};
    scoped(string_free) char *many = x_alloc(SIZE + 1);
    struct document *document = NULL;
    struct fault fault = {0};

    memset(many, 'A', SIZE);
    text_init(&page, 1 << 26);
    text_puts(&page, "<p>");
    text_put(&page, many, SIZE);
    text_puts(&page, "</p><img src=\"data:;base64,");
    text_put(&page, many, SIZE);
    text_puts(&page, "\"><p>end");
    cr_assert(document_read(text_slice(&page), DOCUMENT_HTML, &document, &fault), "%s", fault.text);
    cr_assert_eq(document_block_count(document), 3, "got %zu blocks", document_block_count(document));
    cr_expect_eq(document_block_at(document, 0).text.size, SIZE);
    cr_expect_eq(document_block_at(document, 1).picture->size, SIZE / 4 * 3);
    cr_expect(slice_equals(document_block_at(document, 2).text, "end"));
    document_destroy(&document);
    text_release(&page);
}

Test(html, refuses_elements_nested_without_end)
{
    struct text page = {0};
    scoped(string_free) char *got = NULL;

    text_init(&page, 1 << 20);
    for (size_t i = 0; i < 12000; i++)
        text_puts(&page, "<b>");
    text_puts(&page, "x");
    got = shown(text_slice(&page), DOCUMENT_HTML);
    cr_expect_str_eq(got, "! HTML: elements are nested more than 10000 deep", "got %.80s", got);
    text_release(&page);
}
