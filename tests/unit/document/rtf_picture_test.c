#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "document_fixture.h"

#define PNG "89504e470d0a1a0a"
/* One white pixel of 24 bits with its BITMAPINFOHEADER. */
#define DIB                                                                                                            \
    "28000000010000000100000001001800000000000000000000000000000000000000000000000000"                                 \
    "ffffff00"
/* A metafile of one STRETCHDIB record around it, and one that also writes text. */
#define WMF_HEADER "010009000003310000000000220000000000"
#define WMF_BITMAP                                                                                                     \
    "24000000430f2000cc000000010001000000000001000100000000"                                                           \
    "00" DIB
#define WMF_TEXT                                                                                                       \
    "080000002105"                                                                                                     \
    "0200"                                                                                                             \
    "41420000"                                                                                                         \
    "00000000"
#define WMF_END "030000000000"

static const struct shown_case pictures[] = {
    {"hexadecimal, with its size", "{\\rtf1 a{\\pict\\pngblip\\picw100\\pich50\\picwgoal400\\pichgoal200 " PNG "}b}",
     "a|<PNG 8 20x10>|b"},
    {"line ends between digits", "{\\rtf1{\\pict\\pngblip\n8950 4e47\r\n0d0a1a0a\n}}", "<PNG 8 0x0>"},
    {"scaled and cropped",
     "{\\rtf1{\\pict\\pngblip\\picwgoal400\\pichgoal400\\piccropl100\\piccropr100\\picscalex50\\picscaley200 " PNG "}}",
     "<PNG 8 5x40>"},
    {"binary", "{\\rtf1{\\pict\\jpegblip\\bin3 \xFF\xD8\xFF}}", "<JPEG 3 0x0>"},
    {"by its bytes, not its word", "{\\rtf1{\\pict\\wmetafile8 ffd8ff}}", "<JPEG 3 0x0>"},
    {"the better of two forms", "{\\rtf1{\\*\\shppict{\\pict\\pngblip " PNG "}}{\\nonshppict{\\pict\\wmetafile8 01}}}",
     "<PNG 8 0x0>"},
    {"the other form when the better is empty", "{\\rtf1{\\*\\shppict}{\\nonshppict{\\pict\\pngblip " PNG "}}}",
     "<PNG 8 0x0>"},
    {"a picture shape", "{\\rtf1 a{\\shp{\\*\\shpinst{\\sp{\\sn pib}{\\sv{\\pict\\pngblip " PNG "}}}}}\\par}",
     "a|<PNG 8 0x0>"},
    {"a shape's texture is no picture",
     "{\\rtf1 a{\\shp{\\*\\shpinst{\\sp{\\sn fillBlip}{\\sv{\\pict\\pngblip " PNG "}}}}}\\par}", "a"},
    {"DIB", "{\\rtf1{\\pict\\dibitmap0 " DIB "}}", "<BMP 58 0x0>"},
    {"DIB that is cut off", "{\\rtf1{\\pict\\dibitmap0 28000000010000000100000001001800}}",
     "<an unknown picture 16 0x0>"},
    {"DDB", "{\\rtf1{\\pict\\wbitmap0\\picw8\\pich2\\wbmbitspixel1\\wbmplanes1\\wbmwidthbytes2 ff000f00}}",
     "<BMP 70 0x0>"},
    {"a metafile that holds a bitmap",
     "{\\rtf1{\\pict\\wmetafile8\\picw2540\\pich1270 " WMF_HEADER WMF_BITMAP WMF_END "}}", "<BMP 58 72x36>"},
    {"a metafile that draws more",
     "{\\rtf1{\\pict\\wmetafile8\\picwgoal20\\pichgoal20 " WMF_HEADER WMF_BITMAP WMF_TEXT WMF_END "}}",
     "<WMF 112 1x1>"},
    {"in a row, behind its text", "{\\rtf1 \\intbl a\\cell {\\pict\\pngblip " PNG "}b\\cell\\row}",
     "a\t|<PNG 8 0x0>|b"},
    {"hidden, deleted, in a header",
     "{\\rtf1{\\header{\\pict\\pngblip " PNG "}}{\\v{\\pict\\pngblip " PNG "}}{\\deleted{\\pict\\pngblip " PNG "}}a}",
     "a"},
    {"empty", "{\\rtf1 a{\\pict\\pngblip}b}", "ab"},
};

Test(rtf_picture, stands_in_its_place)
{
    check_shown(pictures, array_length(pictures), DOCUMENT_RTF);
}

static void put_word(struct text *out, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        text_printf(out, "%02x", (word >> 8 * i) & 0xFF);
}

static void put_bytes(struct text *out, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        text_printf(out, "%02x", bytes[i]);
}

/* An OLE 1 object as \objdata: the class and its native data, and a picture of it as RTF. */
static char *object_rtf(const char *class_name, const unsigned char *native, size_t native_size, const char *result)
{
    size_t class_size = strlen(class_name) + 1;
    struct text rtf = {0};

    text_init(&rtf, 1 << 20);
    text_puts(&rtf, "{\\rtf1 a{\\object\\objemb{\\*\\objclass x}{\\*\\objdata ");
    put_word(&rtf, 0x501);
    put_word(&rtf, 2);
    put_word(&rtf, (uint32_t)class_size);
    put_bytes(&rtf, (const unsigned char *)class_name, class_size);
    put_word(&rtf, 0);
    put_word(&rtf, 0);
    put_word(&rtf, (uint32_t)native_size);
    put_bytes(&rtf, native, native_size);
    text_printf(&rtf, "}%s}b}", result);
    return text_take(&rtf);
}

#define PNG_BYTES "\x89PNG\r\n\x1A\nab"

Test(rtf_picture, comes_out_of_an_ole_object)
{
    static const unsigned char package[] = "\2\0a.png\0c:\\a.png\0\0\0\3\0\4\0\0\0a.b\0\x0A\0\0\0" PNG_BYTES;
    static const unsigned char note[] = "\2\0a.txt\0c:\\a.txt\0\0\0\3\0\4\0\0\0a.b\0\2\0\0\0hi";
    static const struct {
        const char *name;
        const char *class_name;
        const unsigned char *native;
        size_t size;
        const char *result;
        const char *want;
    } objects[] = {
        {"a bitmap of Paint", "PBrush", (const unsigned char *)PNG_BYTES, 10, "", "a|<PNG 10 0x0>|b"},
        {"a packaged image", "Package", package, sizeof package - 1, "", "a|<PNG 10 0x0>|b"},
        {"a packaged text", "Package", note, sizeof note - 1, "", "ab"},
        {"a packaged text with an icon", "Package", note, sizeof note - 1, "{\\result{\\pict\\pngblip " PNG "}}",
         "a|<PNG 8 0x0>|b"},
        {"its result is shown rather", "PBrush", (const unsigned char *)PNG_BYTES, 10,
         "{\\result{\\pict\\jpegblip\\picwgoal20\\pichgoal40 ffd8ff}}", "a|<JPEG 3 1x2>|b"},
        {"unless that is a drawing", "PBrush", (const unsigned char *)PNG_BYTES, 10,
         "{\\result{\\pict\\wmetafile8\\picwgoal20\\pichgoal40 010009000003000000000000000000000000}}",
         "a|<PNG 10 1x2>|b"},
        {"a result of text", "Word.Document.8", (const unsigned char *)"xyz", 3, "{\\result text}", "atextb"},
    };

    for (size_t i = 0; i < array_length(objects); i++) {
        scoped(string_free) char *rtf =
            object_rtf(objects[i].class_name, objects[i].native, objects[i].size, objects[i].result);
        scoped(string_free) char *got = shown(slice_of(rtf), DOCUMENT_RTF);

        cr_expect_str_eq(got, objects[i].want, "%s: got '%s', want '%s'", objects[i].name, got, objects[i].want);
    }
}
