#include "sandbox/clinic/prose.h"

#include <inttypes.h>

static const char *const sites[] = {"L knee", "R shoulder", "lumbar spine", "cervical spine",    "L Achilles",
                                    "R hip",  "L ankle",    "thoracic Tx4", "R elbow (lateral)", "jaw"};
static const char *const complaints[] = {
    "worse on stairs",      "wakes at night", "stiff in the morning",        "better since last visit",
    "“catches” on turning", "no change",      "aches after > 20 min sitting"};
static const char *const findings[] = {
    "ROM F 120° / E -5°",       "tender medial joint line",  "SLR R 70°, L 50°",        "power 4+/5 abductors",
    "gait: antalgic, ½ stride", "Lachman –ve, McMurray +ve", "palpation: T/P glut med", "balance < 10 s eyes closed"};
static const char *const treatments[] = {"mobs gr III x 3",
                                         "STM & tape (rigid)",
                                         "dry needling x 4",
                                         "exercise prog. {level 2}",
                                         "US 1 MHz, 5 min",
                                         "hydro 30 min",
                                         "education re: load; café break every hour"};
static const char *const plans[] = {"review 1/52",        "R/V 2/52 + HEP",  "d/c if OK",
                                    "see GP re: imaging", "phone on Friday", "progress to running C:\\plan\\5k"};

static void put_visit(int64_t visit, struct text *out)
{
    text_printf(out, "Visit %" PRId64 ".\n", visit);
}

static void put_subjective(struct dice *dice, struct text *out)
{
    const char *site = dice_choose(dice, sites);
    int64_t score = dice_between(dice, 0, 10);

    text_printf(out, "S: %s pain %" PRId64 "/10, %s.\n", site, score, dice_choose(dice, complaints));
}

void prose_note(struct dice *dice, int64_t visit, struct text *out)
{
    int64_t more = dice_between(dice, 1, 3);

    put_visit(visit, out);
    put_subjective(dice, out);
    for (; more > 0; more--) {
        text_printf(out, "O: %s.\n", dice_choose(dice, findings));
    }
    text_printf(out, "Rx: %s.\n", dice_choose(dice, treatments));
    text_printf(out, "Plan: %s\n", dice_choose(dice, plans));
}

void prose_rich_note(struct dice *dice, int64_t visit, struct text *out)
{
    put_visit(visit, out);
    put_subjective(dice, out);
    text_puts(out, "\n");
    text_puts(out, "Home exercises:\n");
    text_printf(out, "• heel raises %" PRId64 " x 15\n", dice_between(dice, 2, 4));
    text_puts(out, "• step-ups, “slow & low”\n");
    text_puts(out, "Test\tLeft\tRight\n");
    text_printf(out, "Hop (cm)\t%" PRId64 "\t%" PRId64 "\n", dice_between(dice, 60, 90), dice_between(dice, 91, 140));
    text_puts(out, "Braces {like these}, a back\\slash, <tags> & \"quotes\", 100 % – naïve café, 3½ weeks, 5 €.\n");
    text_puts(out, "Sheet given, see www.example.com/knee for the video.\n");
    text_printf(out, "Plan: %s\n", dice_choose(dice, plans));
}

void prose_scripts(int64_t visit, struct text *out)
{
    put_visit(visit, out);
    text_puts(out, "Vietnamese: Đau đầu gối trái, đỡ hơn tuần trước.\n"
                   "Greek: Πόνος στο δεξί γόνατο.\n"
                   "Cyrillic: Боль в правом колене, лучше.\n"
                   "Chinese: 左膝疼痛，比上周好。𠮷田先生\n"
                   "Arabic: ألم في الركبة اليسرى\n"
                   "Hindi: बाएँ घुटने में दर्द\n"
                   "Combining: Zoe\xCC\x88, emoji: 👍 🦵🏽\n");
}

void prose_long_note(struct dice *dice, int64_t visit, size_t least, struct text *out)
{
    size_t start = out->size;

    put_visit(visit, out);
    while (out->size - start < least) {
        text_printf(out, "%zu: ", out->size - start);
        put_subjective(dice, out);
        text_printf(out, "O: %s; ", dice_choose(dice, findings));
        text_printf(out, "Rx: %s.\n", dice_choose(dice, treatments));
    }
}

void prose_letter(struct dice *dice, const char *doctor, const char *patient, const char *author, int64_t number,
                  struct text *out)
{
    int64_t paragraphs = dice_between(dice, 1, 3);

    text_puts(out, "Harbour Physiotherapy\n214 Darling Street, Balmain\n\n");
    text_printf(out, "Dear %s\n\nRe: %s, our letter %" PRId64 "\n\n", doctor, patient, number);
    text_puts(out, "Thank you for referring this patient – it is “always” a pleasure.\n");
    for (; paragraphs > 0; paragraphs--) {
        text_printf(out, "On examination we found: %s; ", dice_choose(dice, findings));
        text_printf(out, "treatment so far: %s. ", dice_choose(dice, treatments));
        text_printf(out, "The plan is to %s.\n", dice_choose(dice, plans));
    }
    text_printf(out, "\nKind regards\n%s\n", author);
}

void prose_report(struct dice *dice, const char *region, int64_t number, struct text *out)
{
    text_printf(out, "Report %" PRId64 ": plain film, %s\n", number, region);
    text_printf(out, "Clinical: %s.\n", dice_choose(dice, complaints));
    text_puts(out, "Findings: no fracture; joint space preserved – slight narrowing ≤ 2 mm.\n");
    text_printf(out, "Conclusion: %s.\n", dice_chance(dice, 500) ? "normal for age" : "early degenerative change");
}
