#include "sandbox/clinic/words.h"

#include "base/memory.h"

static const char *const first_names_f[] = {
    "Olivia",  "Charlotte", "Amelia", "Zoë",   "Isla",  "Margaret", "Noëlle", "Ruth",   "Ingrid", "Siobhán",
    "Helen",   "Mei",       "Priya",  "Agnès", "Renée", "Dorothy",  "Lucía",  "Fatima", "Grace",  "Hannah",
    "Thị Mai", "Beatriz",   "Joy",    "Wendy", "Aroha", "Chloé",    "Jitka",  "Anaïs",  "Marija", "Sunita"};
const struct dice_list words_first_names_f = {first_names_f, array_length(first_names_f)};

static const char *const first_names_m[] = {
    "Jack",  "William", "Noah", "Søren", "Henry",  "José",     "Björn",  "Liam",   "Thomas", "Łukasz",
    "Angus", "Kiran",   "Omar", "Péter", "Ronald", "François", "Wei",    "Matteo", "Bruce",  "Jürgen",
    "Huy",   "Iosefa",  "Paul", "Ahmed", "Gökhan", "Ewan",     "Dennis", "Raúl",   "Kevin",  "Stanisław"};
const struct dice_list words_first_names_m = {first_names_m, array_length(first_names_m)};

static const char *const surnames[] = {
    "Smith",    "Jones",    "Nguyen",   "Williams",    "O'Brien",  "Papadopoulos", "Kowalska", "van der Berg",
    "Singh",    "D'Arcy",   "Müller",   "Fernández",   "McDonald", "Østergaard",   "Chen",     "Castro-Lopes",
    "Brown",    "Šimić",    "Taufa",    "Iyer",        "Murphy",   "Tanaka",       "Rossi",    "Bui",
    "Ghorbani", "Campbell", "de Silva", "Baker-Finch", "Ó Néill",  "Haddad",       "Walker",   "Yılmaz",
    "Katz",     "Wright",   "Kaur",     "Leclère",     "Marino",   "Hughes",       "Dvořák",   "Ryan"};
const struct dice_list words_surnames = {surnames, array_length(surnames)};

const struct name words_hard_names[] = {
    {"Mr", "小明", NULL, "王", "Xiao Ming", 'M'},
    {"Mrs", "Мария", "Петровна", "Иванова", NULL, 'F'},
    {"", "أحمد", NULL, "الحسن", NULL, 'M'},
    {"Ms", "Γεωργία", NULL, "Παπαδοπούλου", "Georgia", 'F'},
    {"Mr", "민준", "", "김", "MJ", 'M'},
    {"Ms", "花子", NULL, "𠮷田", NULL, 'F'},
    {"Mr", "दीपक", NULL, "शर्मा", "Deepak", 'M'},
    {"Miss", "Thị Thuỳ Dương", NULL, "Nguyễn", NULL, 'F'},
    {"Mr", "Zoe\xCC\x88", NULL, "Combining", NULL, 'X'},
    {"Mr", "Robert'); DROP TABLE Patient;--", NULL, "Tables", "Bobby", 'M'},
    {"Ms", "Anne \"Annie\"", NULL, "O'Shaughnessy, Jr.", NULL, 'F'},
    {"Mr", " Trevor ", NULL, "Blanks  ", NULL, 'M'},
    {"", "Sukarno", NULL, "", NULL, 'M'},
    {"Mx", "Robin", "J.", "Null", NULL, 'U'},
    {"Mrs", "Karen-Anne-Louise-Elizabeth-Philippa", NULL, "Featherstonehaugh-Cholmondeley-Marjoribanks", NULL, 'F'},
    {"Dr", "Ἀλέξανδρος", NULL, "Ⅷ–Ünal", NULL, ' '},
};
const size_t words_hard_names_count = array_length(words_hard_names);

const struct place words_places[] = {
    {"Balmain", "NSW", "2041", 1},         {"Rozelle", "NSW", "2039", 1},        {"Leichhardt", "N.S.W.", "2040", 1},
    {"Birchgrove", "NSW", "2041", 1},      {"Dee Why", "nsw", "2099", 1},        {"Coolangatta", "QLD", "4225", 2},
    {"Tweed Heads", "NSW", "2485", 2},     {"Burleigh Heads", "Qld", "4220", 2}, {"Kirra", "QLD", "4225", 2},
    {"Darwin", "NT", "0800", 2},           {"Casuarina", "NT", "0810", 2},       {"Queanbeyan", "NSW", "2620", 1},
    {"Wellington", "Wgtn, NZ", "6011", 1},
};
const size_t words_places_count = array_length(words_places);

static const char *const streets[] = {"Darling Street",  "Beattie Street",    "Marine Parade",     "Mort Street",
                                      "Musgrave Street", "O'Connell Lane",    "The Esplanade",     "Wharf Road",
                                      "Elliott Street",  "Golden Four Drive", "Rue \"Lapérouse\"", "Boundary Street"};
const struct dice_list words_streets = {streets, array_length(streets)};

static const char *const occupations[] = {
    "Teacher", "Retired",      "Nurse",          "Carpenter, self-employed",   "Student",
    "Barista", "Ferry master", "Public servant", "Musician (\"the cellist\")", ""};
const struct dice_list words_occupations = {occupations, array_length(occupations)};

static const char *const patient_notes[] = {
    "Prefers mornings.",
    "Says \"call the mobile, never the home number\".",
    "Parking: rear lane, gate code on the card\r\nDog is friendly, mostly.",
    "Allergic to tape; uses latex-free bands, size M\r\n\r\nSee letter, 2nd page.",
    "Account paid by employer, send to: accounts, level 2",
    "Übersetzung nötig – daughter (Anja) interprets 👍",
    "a=b;c=d,\"e\",'f'\ttabbed",
    " ",
};
const struct dice_list words_patient_notes = {patient_notes, array_length(patient_notes)};

static const char *const warnings[] = {
    "Falls risk",
    "Pacemaker: no electrotherapy",
    "Latex allergy, also \"Elastoplast\"",
    "Anticoagulants (warfarin)\r\ncheck before dry needling",
    "Court order: do not give details to any caller but the patient",
};
const struct dice_list words_warnings = {warnings, array_length(warnings)};

static const char *const visit_notes[] = {
    "Bring x-rays",
    "Left knee, 6/52 post-op, \"feels loose\"",
    "Rang 8:10, running late",
    "Room 2\r\nneeds plinth lowered",
    "WorkCover claim pending, invoice later",
    "R shoulder; L hip; review HEP",
    "Überweisung liegt vor – naïve café, 3½ weeks",
    "=SUM(A1:A9)",
    "",
};
const struct dice_list words_visit_notes = {visit_notes, array_length(visit_notes)};

static const char *const cancel_reasons[] = {
    "Sick",
    "Work commitments",
    "Away",
    "COVID-19",
    "Feeling better",
    "Condition worse",
    "",
    NULL,
    "No transport",
    "Child unwell, \"sorry\"",
    "Rang\r\nleft message",
};
const struct dice_list words_cancel_reasons = {cancel_reasons, array_length(cancel_reasons)};

static const char *const casual_names[] = {
    "Lunch",
    "Staff meeting",
    "Walk-in: Geoff",
    "Rep visit, tape & bands",
    "Maintenance - autoclave",
    "Ms Walker (walk-in)",
};
const struct dice_list words_casual_names = {casual_names, array_length(casual_names)};
