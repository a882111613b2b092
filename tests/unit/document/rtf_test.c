#include "document/rtf.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/memory.h"
#include "document/document_build.h"
#include "document_fixture.h"

#define FONTS                                                                                                          \
    "{\\fonttbl{\\f0\\fcharset0 Arial;}{\\f1\\fcharset204 Arial Cyr;}{\\f2\\fcharset238 Arial CE;}"                    \
    "{\\f3\\fcharset2 Symbol;}{\\f4\\fcharset2 Wingdings;}{\\f5\\fcharset128 MS Gothic;}{\\f6\\fcharset134 SimSun;}"   \
    "{\\f7\\fcharset0\\cpg1253 x;}{\\f8 NoCharset;}{\\f9\\fcharset136 Ming;}{\\f10\\fcharset129 Batang;}}"

static const struct shown_case letters[] = {
    {"ASCII", "{\\rtf1\\ansi Hello\\par world}", "Hello|world"},
    {"line ends in the source mean nothing", "{\\rtf1\r\nHel\r\nlo\n}", "Hello"},
    {"a blank ends a word, the second is text", "{\\rtf1 a\\b  b\\b0 c}", "a bc"},
    {"escapes", "{\\rtf1 \\{a\\\\b\\}}", "{a\\b}"},
    {"signs", "{\\rtf1 \\lquote a\\rquote\\ldblquote b\\rdblquote\\emdash\\endash\\bullet\\~x\\_y\\-z}",
     "‘a’“b”—–•\u00A0x\u2011yz"},
    {"tab as a word and as a byte", "{\\rtf1 a\\tab b\tc}", "a\tb\tc"},
    {"a backslash before a line end is a paragraph", "{\\rtf1 a\\\nb\\\r\nc}", "a|b|c"},
    {"the document's code page", "{\\rtf1\\ansi\\ansicpg1250 \\'b3\\'f3d\\'9f}", "łódź"},
    {"Windows-1252 when none is said", "{\\rtf1 caf\\'e9 \\'80 \\'93x\\'94}", "café € “x”"},
    {"Mac", "{\\rtf1\\mac \\'8e\\'8f}", "éè"},
    {"DOS", "{\\rtf1\\pc \\'82\\'81}{", "éü"},
    {"DOS, Western", "{\\rtf1\\pca \\'82\\'9b}", "éø"},
    {"code page 0 is none", "{\\rtf1\\ansi\\ansicpg0 \\'e9}", "é"},
    {"by the font: Cyrillic, Central European, Greek",
     "{\\rtf1\\ansi" FONTS "\\f1 \\'cf\\'f0\\f2 \\'b3\\f7 \\'e1\\f0 \\'e9}", "Прłαé"},
    {"a font without a charset has the document's", "{\\rtf1\\ansi\\ansicpg1251" FONTS "\\f8\\'cf\\f0\\'cf}", "ПÏ"},
    {"the font ends with its group", "{\\rtf1\\ansi" FONTS "{\\f1\\'cf}\\'cf}", "ПÏ"},
    {"plain goes back to the default font", "{\\rtf1\\ansi\\deff1" FONTS "\\f0\\'cf\\plain\\'cf}", "ÏП"},
    {"Japanese, the second byte as a letter", "{\\rtf1" FONTS "\\f5\\'82l\\'83\\\\\\'8a\\'bf}", "Ｍソ漢"},
    {"Chinese", "{\\rtf1" FONTS "\\f6\\'d6\\'d0\\'ce\\'c4\\f9\\'a4\\'a4}", "中文中"},
    {"Korean", "{\\rtf1" FONTS "\\f10\\'c7\\'d1}", "한"},
    {"two bytes over a line end", "{\\rtf1" FONTS "\\f6\\'d6\n\\'d0}", "中"},
    {"half a character", "{\\rtf1" FONTS "\\f6\\'d6\\par x}", "\uFFFD|x"},
    {"Greek letters and signs of Symbol", "{\\rtf1" FONTS "\\f3 abD\\'a3\\'b7\\'b1\\f0 x}", "αβΔ≤•±x"},
    {"Wingdings", "{\\rtf1" FONTS "\\f4\\'fc\\'a8\\'fe\\'e0}", "✓◻☑→"},
    {"a sign of the private area", "{\\rtf1" FONTS "\\f4\\u-3844?\\f0\\u-3913?}", "✓•"},
    {"bytes as they are, in the code page", "{\\rtf1\\ansi\\ansicpg1252 caf\xE9}", "café"},
    {"bytes as they are, of a text that became UTF-8", "{\\rtf1\\ansi\\ansicpg1252 café}", "café"},
    {"a mark before it", "\xEF\xBB\xBF{\\rtf1 é}", "é"},
};

static const struct shown_case unicode[] = {
    {"with its fallback", "{\\rtf1 \\u960?\\u8364\\'80}", "π€"},
    {"negative", "{\\rtf1 \\u-10187?\\u-9216?}", "𝐀"},
    {"surrogates over groups", "{\\rtf1 {\\u-10179\\'3f}{\\u-8704\\'3f}}", "😀"},
    {"one half alone", "{\\rtf1 \\u-10179?x\\u-8704?}", "\uFFFDx\uFFFD"},
    {"a whole code point", "{\\rtf1 \\u128512?}", "😀"},
    {"no fallback", "{\\rtf1\\uc0 \\u960 x}", "πx"},
    {"two fallback bytes", "{\\rtf1\\uc2 \\u20013\\'d6\\'d0x}", "中x"},
    {"the count ends with its group", "{\\rtf1{\\uc3\\u960abcd}\\u960ef}", "πdπf"},
    {"a group ends the fallback", "{\\rtf1 {\\u960}x}", "πx"},
    {"a sign is a fallback", "{\\rtf1 \\u8212\\emdash x}", "—x"},
    {"a paragraph is none", "{\\rtf1 \\u960\\par x}", "π|x"},
    {"a letter of several bytes is one", "{\\rtf1 \\u960éx}", "πx"},
    {"nor is a tab", "{\\rtf1 \\u960\\tab x}", "π\tx"},
    {"binary data are one", "{\\rtf1 \\u960\\bin3 abcx}", "πx"},
    {"in two forms", "{\\rtf1 a{\\upr{b}{\\*\\ud{\\u960?}}}c}", "aπc"},
    {"NUL", "{\\rtf1 a\\u0?b}", "ab"},
};

static const struct shown_case structure[] = {
    {"lines, pages, sections", "{\\rtf1 a\\line b\\page c\\par\\page d\\sect e}", "a|b|c|d|e"},
    {"empty paragraphs", "{\\rtf1 a\\par\\par b\\par}", "a||b"},
    {"hidden", "{\\rtf1 a{\\v hidden\\par}\\v b\\v0 c\\plain d}", "acd"},
    {"deleted and moved away", "{\\rtf1 a{\\deleted b}{\\mvf c}{\\revised d}}", "ad"},
    {"unknown destinations", "{\\rtf1 a{\\*\\unknown b{\\c d}\\par}e}", "ae"},
    {"unknown words are no destination", "{\\rtf1 a{\\unknown b}\\other7 c}", "abc"},
    {"settings, names, headers",
     "{\\rtf1{\\info{\\title T}{\\author A}}{\\stylesheet{\\s0 Normal;}}{\\header h}{\\footerf f}"
     "{\\*\\generator g;}{\\*\\bkmkstart b}a{\\*\\bkmkend b}}",
     "a"},
    {"binary data hold braces", "{\\rtf1 a{\\*\\x\\bin4 }}{{}b}", "ab"},
    {"a link", "{\\rtf1 {\\field{\\*\\fldinst HYPERLINK \"http://a\"}{\\fldrslt text}}}", "text"},
    {"a field in a field",
     "{\\rtf1 {\\field{\\*\\fldinst IF {\\field{\\*\\fldinst X}{\\fldrslt no}} = 1}{\\fldrslt yes}}}", "yes"},
    {"a symbol field", "{\\rtf1 {\\field{\\*\\fldinst SYMBOL 183 \\\\f \"Symbol\" \\\\s 10}{\\fldrslt}}}", "•"},
    {"a symbol field with a result",
     "{\\rtf1" FONTS "{\\field{\\*\\fldinst SYMBOL 183 \\\\f Symbol}{\\fldrslt{\\f3\\'b7}}}}", "•"},
    {"check boxes",
     "{\\rtf1 {\\field{\\*\\fldinst FORMCHECKBOX{\\*\\formfield{\\fftype1\\ffres1}}}{\\fldrslt}}"
     "{\\field{\\*\\fldinst FORMCHECKBOX{\\*\\formfield{\\fftype1\\ffres25\\ffdefres0}}}{\\fldrslt}}}",
     "☒☐"},
    {"a drop-down list",
     "{\\rtf1 {\\field{\\*\\fldinst FORMDROPDOWN{\\*\\formfield{\\fftype2\\ffres25\\ffdefres1{\\*\\ffl One}"
     "{\\*\\ffl Tw\\'f6}}}}{\\fldrslt}}}",
     "Twö"},
    {"a footnote", "{\\rtf1 a{\\super\\chftn}{\\footnote\\pard {\\super\\chftn} first\\par second\\par}b\\par c}",
     "a [first second]b|c"},
    {"a comment", "{\\rtf1 a{\\*\\atnid X}{\\*\\annotation{\\*\\atndate 1}note}}", "a [note]"},
    {"old bullets", "{\\rtf1" FONTS "{\\pntext\\f3\\'b7\\tab}{\\*\\pn\\pnlvlblt{\\pntxtb\\'b7}}one\\par}", "•\tone"},
    {"list numbers", "{\\rtf1{\\listtext\\pard 1.\\tab}one\\par{\\listtext 2.\\tab}two}", "1.\tone|2.\ttwo"},
    {"a shape's text stands behind its paragraph",
     "{\\rtf1 a{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt in\\par}}{\\shprslt{\\*\\do{\\dptxbxtext in}}}}b\\par c}",
     "ab|in|c"},
    {"an old drawing's text", "{\\rtf1 a{\\*\\do\\dobxpage{\\dptxbxtext in\\par}}\\par}", "a|in"},
    {"a formula",
     "{\\rtf1 {\\mmath{\\*\\moMath{\\mf{\\mfPr{\\mtype x}}{\\mnum{\\mr 1}}{\\mden{\\mr 2}}}}}{\\mmathPict no}}", "12"},
};

static const struct shown_case tables[] = {
    {"rows", "{\\rtf1 \\trowd\\intbl a\\cell b\\cell\\row\\intbl c\\cell d\\cell\\row\\pard e}", "a\tb|c\td|e"},
    {"empty cells", "{\\rtf1 \\intbl a\\cell\\cell c\\cell\\row\\intbl\\cell b\\cell\\cell\\row}", "a\t\tc|\tb"},
    {"an empty row", "{\\rtf1 \\intbl a\\cell\\row\\intbl\\cell\\row\\intbl b\\cell\\row}", "a||b"},
    {"paragraphs in cells", "{\\rtf1 \\intbl a\\par b\\cell c\\par d\\cell\\row\\pard e}", "a|b\tc|d|e"},
    {"an empty last paragraph in a cell", "{\\rtf1 \\intbl a\\par\\cell\\row\\pard e}", "a|e"},
    {"a table in a cell",
     "{\\rtf1 \\intbl\\itap2 a\\nestcell{\\nonesttables\\par}b\\nestcell{\\*\\nesttableprops\\nestrow}{\\nonesttables\\par}"
     "\\itap2 c\\nestcell d\\nestcell{\\*\\nesttableprops\\nestrow}\\pard\\intbl\\itap1\\cell y\\cell\\row\\pard z}",
     "a\tb|c\td|\ty|z"},
};

#define LISTS                                                                                                          \
    "{\\*\\listtable{\\list{\\listlevel\\levelnfc0\\levelstartat3{\\leveltext\\'02\\'00.;}{\\levelnumbers\\'01;}}"     \
    "{\\listlevel\\levelnfc4\\levelstartat1{\\leveltext\\'04\\'00.\\'01);}{\\levelnumbers\\'01\\'03;}}\\listid77}"     \
    "{\\list{\\listlevel\\levelnfc23{\\leveltext\\'01\\u-3929 ?;}{\\levelnumbers;}\\f4}\\listid78}}"                   \
    "{\\*\\listoverridetable{\\listoverride\\listid77\\ls1}{\\listoverride\\listid78\\ls2}}"

static const struct shown_case numbers[] = {
    {"counted when the writer left them out",
     "{\\rtf1" FONTS LISTS "\\ls1 a\\par b\\par\\ilvl1 c\\line d\\par e\\par\\ilvl0 f\\par\\pard g\\par\\ls2\\ilvl0 h}",
     "3.\ta|4.\tb|4.a)\tc|d|4.b)\te|5.\tf|g|▪\th"},
    {"not counted when the writer gives any", "{\\rtf1" FONTS LISTS "{\\listtext x\\tab}\\ls1 a\\par b}", "x\ta|b"},
    {"an unknown list", "{\\rtf1" FONTS LISTS "\\ls9 a\\par}", "a"},
};

static const struct shown_case broken[] = {
    {"the last brace is missing behind a paragraph", "{\\rtf1 a\\par b\\par", "a|b"},
    {"behind a group", "{\\rtf1 {\\b a}\r\n", "a"},
    {"a group never closed", "{\\rtf1 {\\b a\\par b}", "a|b"},
    {"a brace too many, and text behind it", "{\\rtf1 a}b\\par c}", "ab|c"},
    {"braces too many", "{\\rtf1 a}}}\r\n", "a"},
    {"a second document behind it", "{\\rtf1 a}\r\n{\\rtf1 b}", "a|b"},
    {"letters that are no hexadecimal number", "{\\rtf1 a\\'zzb}", "azzb"},
    {"cut in a paragraph", "{\\rtf1 a\\par bcd",
     "! RTF, byte 16: the document ends in the middle of a paragraph without its closing brace; it is cut off"},
    {"cut in a picture", "{\\rtf1 a\\par{\\pict\\pngblip 8950",
     "! RTF, byte 31: the document ends within a group that is no text; it is cut off"},
    {"cut in binary data", "{\\rtf1 a{\\pict\\bin100 abc}}",
     "! RTF, byte 22: binary data are announced that go on beyond the end; the document is cut off"},
    {"no RTF", "hello", "! RTF, byte 0: there is no group; this is no RTF"},
    {"a code page that does not exist", "{\\rtf1\\ansicpg777 a\\'e9}",
     "! RTF, byte 24: the letters before this are of a code page that is not known"},
    {"which matters only when it is used", "{\\rtf1\\ansicpg777 a}", "a"},
    {"numbers out of range", "{\\rtf1\\f99999999999\\uc99999\\u99999999999?\\ls-5\\ilvl77 a}", "\uFFFDa"},
};

Test(rtf, shows_letters_of_every_code_page)
{
    check_shown(letters, array_length(letters), DOCUMENT_RTF);
}

Test(rtf, shows_unicode_without_its_fallback)
{
    check_shown(unicode, array_length(unicode), DOCUMENT_RTF);
}

Test(rtf, shows_what_a_person_reads)
{
    check_shown(structure, array_length(structure), DOCUMENT_RTF);
}

Test(rtf, shows_a_row_as_a_line)
{
    check_shown(tables, array_length(tables), DOCUMENT_RTF);
}

Test(rtf, counts_lists)
{
    check_shown(numbers, array_length(numbers), DOCUMENT_RTF);
}

Test(rtf, never_loses_text_in_silence)
{
    check_shown(broken, array_length(broken), DOCUMENT_RTF);
}

Test(rtf, reads_utf16)
{
    static const char bytes[] = "\xFF\xFE{\0\\\0r\0t\0f\0001\0 \0\xE9\0\xC0\x03}\0";
    scoped(string_free) char *got = shown((struct slice){bytes, sizeof bytes - 1}, DOCUMENT_RTF);

    cr_expect_str_eq(got, "éπ", "got %s", got);
}

Test(rtf, ignores_what_is_left_in_a_buffer_behind_a_nul)
{
    static const char bytes[] = "{\\rtf1 a}\0\0old text}\0";
    scoped(string_free) char *got = shown((struct slice){bytes, sizeof bytes - 1}, DOCUMENT_RTF);

    cr_expect_str_eq(got, "a", "got %s", got);
}

/* Every document that is cut off somewhere is refused or, where the cut cannot be seen, shown up to it. */
Test(rtf, is_read_or_refused_wherever_it_is_cut)
{
    static const char whole[] =
        "{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset204 A;}}\\f0\\'cf\\u960?{\\b x}\\par{\\pict\\pngblip 8950}"
        "\\intbl a\\cell\\row{\\*\\y z}\\pard end\\par}";
    scoped(string_free) char *all = shown((struct slice){whole, sizeof whole - 1}, DOCUMENT_RTF);
    size_t refused = 0;

    for (size_t size = 0; size < sizeof whole - 1; size++) {
        scoped(string_free) char *copy = x_strndup(whole, size);
        scoped(string_free) char *got = shown((struct slice){copy, size}, DOCUMENT_RTF);

        if (strncmp(got, "! RTF, byte ", 12) == 0)
            refused++;
        else
            cr_expect(strncmp(got, all, strlen(got)) == 0, "cut at %zu: got '%s' of '%s'", size, got, all);
    }
    cr_expect_eq(refused, 116, "got %zu of %zu refused", refused, sizeof whole - 1);
}

Test(rtf, refuses_groups_nested_without_end)
{
    struct text deep = {0};
    scoped(string_free) char *got = NULL;

    text_init(&deep, 1 << 20);
    text_puts(&deep, "{\\rtf1 ");
    for (size_t i = 0; i < 9000; i++)
        text_putc(&deep, '{');
    text_putc(&deep, 'x');
    for (size_t i = 0; i < 9001; i++)
        text_putc(&deep, '}');
    got = shown(text_slice(&deep), DOCUMENT_RTF);
    cr_expect_str_eq(got, "x", "got %.80s", got);
    text_clear(&deep);
    for (size_t i = 0; i < 20000; i++)
        text_putc(&deep, '{');
    string_free(&got);
    got = shown(text_slice(&deep), DOCUMENT_RTF);
    cr_expect_str_eq(got, "! RTF, byte 10001: groups are nested more than 10000 deep", "got %.80s", got);
    text_release(&deep);
}
