#include "source/draft_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

enum {
    LANGUAGES = 4,
    EXACT = 100,
    WITHOUT_ENTITY = 95,
    CONTAINED = 60,
    PER_WORD = 5,
    CONTAINED_MOST = 80,
    WORD_SIZE = 64
};

static const char *const languages[LANGUAGES] = {"English", "French", "Spanish", "German"};

/* Phrases separated by "|", one text for each language. The first column that a phrase fits exactly is worth most, so
 * that short words may stand here too. */
static const char *const phrases[MEANING_COUNT][LANGUAGES] = {
    [MEANING_PATIENT_KEY] = {"patient id|client id|id|patient number|patient no|client number|client no|record number|"
                             "mrn|chart number|file number|number|no|reference|ref|code|key|uid",
                             "id patient|identifiant|numero patient|numero dossier|numero",
                             "id paciente|numero paciente|numero historia|dui|nif|dni|expediente|numero",
                             "patienten id|patientennummer|patientennr|kundennummer|nummer|nr"},
    [MEANING_FIRST_NAME] = {"first name|given name|firstname|forename|fname|f name|christian name|given",
                            "prenom|prenoms", "nombre|nombres|primer nombre|nombre de pila", "vorname|vornamen"},
    [MEANING_LAST_NAME] = {"last name|surname|family name|lastname|lname|l name|family", "nom|nom de famille",
                           "apellido|apellidos|primer apellido", "nachname|familienname|zuname"},
    [MEANING_FULL_NAME] =
        {"name|full name|patient name|client name|patient|name and surname|name surname|first and last name",
         "nom complet|nom et prenom|nom prenom", "nombre completo|nombre paciente|nombre y apellidos",
         "vollstandiger name|name"},
    [MEANING_TITLE] = {"title|salutation|prefix", "titre|civilite", "titulo|tratamiento", "anrede|titel"},
    [MEANING_PREFERRED_NAME] = {"preferred name|preferred first name|nickname|known as|goes by", "surnom|prenom usuel",
                                "apodo|nombre preferido", "rufname|spitzname"},
    [MEANING_BIRTH] = {"date of birth|dob|birth date|birthdate|bdate|birthday|d o b|born|birth",
                       "date de naissance|naissance|date naissance", "fecha de nacimiento|fecha nacimiento|nacimiento",
                       "geburtsdatum|geburtstag|geboren|geb datum|geb"},
    [MEANING_SEX] = {"sex|gender|male or female|is female|is male", "sexe|genre", "sexo|genero", "geschlecht"},
    [MEANING_EMAIL] = {"email|e mail|email address|e mail address|mail", "courriel|adresse e mail|adresse mail",
                       "correo|correo electronico", "e mail adresse|emailadresse|mailadresse"},
    [MEANING_ADDRESS_1] = {"address|address 1|address1|address line 1|street|street address|residential address",
                           "adresse|adresse 1|rue", "direccion|domicilio|calle", "strasse|anschrift|adresse"},
    [MEANING_ADDRESS_2] = {"address 2|address2|address line 2", "adresse 2|complement adresse", "direccion 2",
                           "adresszusatz|adresse 2"},
    [MEANING_CITY] = {"city|suburb|town|locality|neighbourhood|neighborhood", "ville|localite|commune",
                      "ciudad|localidad|poblacion|municipio", "ort|stadt|wohnort"},
    [MEANING_STATE] = {"state|province|region|county", "canton|departement|region", "provincia|departamento|estado",
                       "bundesland|kanton"},
    [MEANING_POST_CODE] = {"post code|postcode|postal code|zip|zip code|zipcode", "code postal|npa", "codigo postal|cp",
                           "plz|postleitzahl"},
    [MEANING_COUNTRY] = {"country", "pays", "pais", "land"},
    [MEANING_PHONE_MOBILE] =
        {"mobile|mobile phone|phone mobile|phone number mobile|cell|cell phone|cellphone|mobile number",
         "portable|telephone portable|mobile|natel", "movil|celular|telefono movil",
         "handy|handynummer|mobiltelefon|mobil"},
    [MEANING_PHONE_WORK] = {"work phone|phone work|business phone|office phone", "telephone professionnel",
                            "telefono trabajo|telefono del trabajo", "telefon geschaftlich|telefon dienstlich"},
    [MEANING_PHONE_FAX] = {"fax|fax number", "telecopie|fax", "fax", "telefax|fax"},
    [MEANING_PHONE_HOME] =
        {"home phone|phone home|phone number home|phone|telephone|tel|phone number|telephone number|contact number|"
         "landline",
         "telephone|tel|telephone fixe|numero de telephone", "telefono|telefono fijo|tel",
         "telefon|telefonnummer|festnetz|tel"},
    [MEANING_MEDICARE] = {"medicare|medicare number|medicare no|medicare card|medicare card number", "", "", ""},
    [MEANING_MEDICARE_REFERENCE] = {"medicare reference|medicare ref|medicare reference number|irn|medicare irn", "",
                                    "", ""},
    [MEANING_DVA] = {"dva|dva number|dva no|dva file number|dva card number", "", "", ""},
    [MEANING_OCCUPATION] = {"occupation|job|profession", "metier|profession", "ocupacion|profesion", "beruf"},
    [MEANING_EMERGENCY] = {"emergency contact|next of kin|emergency|contact person|phone number contact person",
                           "contact d urgence|personne a prevenir", "contacto de emergencia", "notfallkontakt"},
    [MEANING_NOTES] = {"notes|note|comments|comment|remarks|memo", "commentaires|commentaire|remarques|remarque",
                       "comentarios|comentario|observaciones|notas", "bemerkungen|bemerkung|notizen|kommentar"},
    [MEANING_ARCHIVED] = {"archived|inactive|is archived|is inactive", "archive|inactif", "archivado|inactivo",
                          "archiviert|inaktiv"},
    [MEANING_APPOINTMENT_KEY] = {"appointment id|appt id|booking id|appointment number|appointment no",
                                 "id rendez vous|id rdv|numero rendez vous", "id cita|numero de cita",
                                 "termin id|terminnummer|terminnr"},
    [MEANING_PRACTITIONER] = {"practitioner|provider|doctor|clinician|therapist|practitioner id|provider id|doctor id|"
                              "physio|dentist|consultant",
                              "medecin|docteur|id medecin|praticien|therapeute", "medico|doctor|profesional|id medico",
                              "arzt|behandler|therapeut|arzt id"},
    [MEANING_BUSINESS] = {"location|site|clinic|branch|business|practice|hospital", "lieu|cabinet|hopital|site",
                          "sede|clinica|sucursal|consultorio", "standort|praxis|klinik"},
    [MEANING_APPOINTMENT_TYPE] = {"appointment type|type|service|reason|treatment|visit type|visit reason",
                                  "motif|type|prestation", "motivo|tipo|servicio|tipo de cita",
                                  "terminart|grund|leistung|anlass"},
    [MEANING_STARTS] = {"appointment date|start|starts at|start time|start date|date|appointment day|appointment time|"
                        "date time|datetime|appointment start",
                        "date rendez vous|date rdv|date|debut", "fecha|fecha cita|fecha de la cita|inicio",
                        "datum|termin|beginn|terminbeginn"},
    [MEANING_TIME] = {"time|appointment time|start time", "heure|heure rdv", "hora|hora cita", "uhrzeit|zeit"},
    [MEANING_ENDS] = {"end|ends at|end time|finish|finish time", "fin|heure de fin", "fin|hora fin", "ende"},
    [MEANING_DURATION] = {"duration|length|minutes|duration minutes|duration min", "duree", "duracion",
                          "dauer|dauer minuten"},
    [MEANING_ATTENDANCE] = {"attendance|status|no show|attended|arrived|appointment status", "statut|presence",
                            "estado|asistencia", "anwesenheit|status"},
    [MEANING_CANCELLED] = {"cancelled|canceled|is cancelled|is canceled", "annule|annulee",
                           "cancelado|cancelada|anulado", "abgesagt|storniert"},
    [MEANING_DELETED] = {"deleted|is deleted|removed", "supprime", "borrado|eliminado", "geloscht"},
    [MEANING_BODY] = {"body|note|notes|note text|text|content|soap|progress note|clinical note|findings|description",
                      "texte|note|contenu|compte rendu", "texto|nota|contenido|descripcion|evolucion",
                      "text|notiz|inhalt|befund|verlauf"},
    [MEANING_CONTENT] = {"content|file|path|file path|data|image|document|attachment|blob|bytes",
                         "contenu|fichier|chemin|donnees", "contenido|archivo|ruta|datos", "inhalt|datei|pfad|daten"},
    [MEANING_FILE_NAME] = {"file name|filename|name|document name|original name", "nom du fichier|nom fichier|nom",
                           "nombre archivo|nombre del archivo|nombre", "dateiname|name"},
    [MEANING_COMPANY] = {"company|company name|organisation|organization|practice name|clinic name|business name",
                         "societe|entreprise|organisme", "empresa|compania|organizacion",
                         "firma|unternehmen|organisation"},
    [MEANING_REFERRER] = {"referrer|referrer id|referred by|referring doctor|referring doctor id|gp|gp id|contact id",
                          "adresse par|medecin traitant|correspondant", "referido por|derivado por",
                          "zuweiser|uberweiser|uberweisender arzt|hausarzt"},
};

/* What tables are called, in the languages above and as they come; one word each. */
static const struct {
    enum table_role role;
    const char *words;
} role_words[] = {
    {ROLE_PATIENTS,
     " patient patients client clients paciente pacientes cliente clientes patienten patientes kunde kunden "
     "klient klienten "},
    {ROLE_PRACTITIONERS,
     " practitioner practitioners doctor doctors docteur docteurs provider providers clinician "
     "clinicians therapist therapists physician physicians physio physios dentist dentists nurse "
     "nurses staff employee employees medecin medecins praticien praticiens infirmier infirmiers "
     "infirmiere infirmieres personnel medico medicos profesional profesionales enfermera enfermeras "
     "enfermero enfermeros empleado empleados personal arzt arzte behandler therapeut therapeuten "
     "pfleger pflegerin mitarbeiter "},
    {ROLE_APPOINTMENTS,
     " appointment appointments appt appts booking bookings visit visits diary schedule consultation "
     "consultations session sessions rdv rendezvous rendez agenda cita citas turno turnos consulta "
     "consultas termin termine buchung buchungen besuch besuche "},
    {ROLE_NOTES,
     " note notes clinical progress soap casenote casenotes nota notas historia evolucion notiz notizen verlauf "
     "befund befunde observations "},
    {ROLE_FILES, " attachment attachments document documents file files image images scan scans fichier fichiers piece "
                 "pieces documento documentos archivo archivos anhang anhange anlage anlagen dokument dokumente datei "
                 "dateien "},
    {ROLE_CONTACTS,
     " contact contacts referrer referrers referral referrals gp gps contacto contactos kontakt kontakte "
     "zuweiser uberweiser correspondant correspondants "},
    {ROLE_OTHER,
     " sysdiagrams migration migrations migrationhistory user users login logins log logs audit role roles "
     "permission permissions session setting settings bill bills billing payment payments invoice invoices "
     "receipt receipts salary stock product products item items medicine medicines medication drug drugs "
     "pharmacy pharmaceutical manufacturing manufacturer supplier suppliers department departments room rooms "
     "ward wards disease diseases prescription prescriptions utilisateur utilisateurs facture factures "
     "paiement paiements medicament medicaments usuario usuarios factura facturas pago pagos medicamento "
     "medicamentos benutzer rechnung rechnungen zahlung zahlungen medikament medikamente "},
};

/* Words that a table's name may have without saying anything. */
static const char table_words[] =
    " tbl tb t table dbo list lists liste lista info information details detail data daten "
    "master record records register medical export medicales ";

/* Words that say whose column it is and nothing more. */
static const char entity_words[] =
    " patient patients client clients paciente pacientes cliente patienten kunde the of de du ";

/* The letter without its accent for U+00C0 to U+00FF; a blank where there is none. */
static const char plain_latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";

static bool ends_with_blank(const struct text *text)
{
    return text->size && text->data[text->size - 1] == ' ';
}

static void put_letter(struct text *ret, const char *at, const char *name)
{
    unsigned char byte = (unsigned char)*at;
    bool begins_hump = isupper(byte) && at > name && islower((unsigned char)at[-1]);

    if (begins_hump && !ends_with_blank(ret))
        text_putc(ret, ' ');
    text_putc(ret, (char)tolower(byte));
}

/* A letter of two bytes, folded where it is Latin-1; combining accents (U+0300 and on) vanish. */
static void put_wide(struct text *ret, unsigned char lead, unsigned char next)
{
    unsigned codepoint = (lead & 0x1Fu) << 6 | (next & 0x3Fu);

    if (codepoint >= 0xC0 && codepoint <= 0xFF && plain_latin[codepoint - 0xC0] != ' ')
        text_putc(ret, plain_latin[codepoint - 0xC0]);
    else if ((codepoint < 0x300 || codepoint > 0x36F) && !ends_with_blank(ret))
        text_putc(ret, ' ');
}

void words_of(const char *name, struct text *ret)
{
    text_clear(ret);
    text_putc(ret, ' ');
    for (const char *at = name; *at; at++) {
        unsigned char byte = (unsigned char)*at;

        if (byte < 0x80 && isalnum(byte))
            put_letter(ret, at, name);
        else if (byte >= 0xC0 && byte < 0xE0 && at[1])
            put_wide(ret, byte, (unsigned char)*++at);
        else if (byte < 0x80 && !ends_with_blank(ret))
            text_putc(ret, ' ');
    }
    if (!ends_with_blank(ret))
        text_putc(ret, ' ');
}

/* The words without those that only say whose column it is. */
static void strip_entity(const char *words, char *ret, size_t room)
{
    size_t size = 0;

    ret[size++] = ' ';
    for (const char *at = words; *at == ' ' && at[1];) {
        const char *end = strchr(at + 1, ' ');
        size_t length = (size_t)(end - at); /* with the blank before it */
        char word[64];

        snprintf(word, sizeof word, "%.*s ", (int)(length < 60 ? length : 60), at);
        if (!strstr(entity_words, word) && size + length + 1 < room) {
            memcpy(ret + size, at + 1, length);
            size += length;
        }
        at = end;
    }
    ret[size] = '\0';
}

static int count_words(const char *padded)
{
    int count = -1;

    for (; *padded; padded++)
        count += *padded == ' ';
    return count;
}

static int fit_phrase(const char *words, const char *stripped, const char *phrase, size_t size)
{
    char padded[80];
    int score = 0;

    snprintf(padded, sizeof padded, " %.*s ", (int)size, phrase);
    if (strcmp(words, padded) == 0)
        return EXACT;
    if (strcmp(stripped, padded) == 0)
        return WITHOUT_ENTITY;
    if (!strstr(words, padded))
        return 0;
    score = CONTAINED + PER_WORD * count_words(padded);
    return score < CONTAINED_MOST ? score : CONTAINED_MOST;
}

int words_fit(const char *words, enum meaning meaning, const char **ret_language)
{
    char stripped[200];
    int best = 0;

    strip_entity(words, stripped, sizeof stripped);
    for (size_t language = 0; language < LANGUAGES; language++) {
        for (const char *phrase = phrases[meaning][language]; *phrase;) {
            size_t size = strcspn(phrase, "|");
            int score = fit_phrase(words, stripped, phrase, size);

            if (score > best) {
                best = score;
                *ret_language = languages[language];
            }
            phrase += size + (phrase[size] == '|');
        }
    }
    return best;
}

/* Gives the words one by one, each with a blank before and after it; false at the end. */
static bool next_word(const char **at, char *word, size_t room)
{
    const char *end = **at == ' ' && (*at)[1] ? strchr(*at + 1, ' ') : NULL;

    if (!end)
        return false;
    snprintf(word, room, "%.*s ", (int)((size_t)(end - *at) < room - 2 ? end - *at : (long)room - 2), *at);
    *at = end;
    return true;
}

static enum table_role role_of_word(const char *word)
{
    for (size_t i = 0; i < array_length(role_words); i++)
        if (strstr(role_words[i].words, word))
            return role_words[i].role;
    return ROLE_NONE;
}

static bool has_role(const char *words, enum table_role role)
{
    char word[WORD_SIZE];

    while (next_word(&words, word, sizeof word))
        if (role_of_word(word) == role)
            return true;
    return false;
}

bool words_name_practitioners(const char *words)
{
    return has_role(words, ROLE_PRACTITIONERS);
}

bool words_name_patients(const char *words)
{
    return has_role(words, ROLE_PATIENTS);
}

/* What is last in "doctor appointment" or "patient phone" is what the table holds, in most languages. */
enum table_role words_role(const char *words, bool *ret_alone)
{
    enum table_role role = ROLE_NONE;
    char word[WORD_SIZE];
    int telling = 0;

    while (next_word(&words, word, sizeof word)) {
        enum table_role own = role_of_word(word);

        if (own == ROLE_NONE && strstr(table_words, word))
            continue;
        telling++;
        role = own;
    }
    *ret_alone = telling == 1 && role != ROLE_NONE;
    return role;
}

void words_stem(const char *words, char *ret, size_t room)
{
    char word[WORD_SIZE];
    size_t size = 0;

    ret[0] = '\0';
    while (next_word(&words, word, sizeof word)) {
        if (strstr(table_words, word) || size + strlen(word) >= room)
            continue;
        size += (size_t)snprintf(ret + size, room - size, "%s%.*s", size ? " " : "", (int)strlen(word) - 2, word + 1);
    }
    if (size > 3 && ret[size - 1] == 's')
        ret[size - 1] = '\0';
}

bool words_end_as_key(const char *words)
{
    static const char *const ends[] = {" id ",  " no ",  " nr ",     " number ", " code ",
                                       " key ", " ref ", " nummer ", " numero "};
    size_t size = strlen(words);

    for (size_t i = 0; i < array_length(ends); i++)
        if (size >= strlen(ends[i]) && strcmp(words + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

struct known_value {
    const char *values; /* separated by "|" */
    const char *meaning;
};

static const char *find_value(const struct known_value *known, size_t count, struct slice value)
{
    for (size_t i = 0; i < count; i++) {
        for (const char *at = known[i].values; *at;) {
            size_t size = strcspn(at, "|");

            if (size == value.size && strncasecmp(at, value.data, size) == 0)
                return known[i].meaning;
            at += size + (at[size] == '|');
        }
    }
    return NULL;
}

const char *words_sex(struct slice value)
{
    static const struct known_value known[] = {
        {"f|female|w|woman|femme|féminin|feminin|mujer|femenino|weiblich|frau", "Female"},
        {"m|male|man|h|homme|masculin|hombre|masculino|männlich|mann", "Male"},
    };

    return find_value(known, array_length(known), value);
}

const char *words_attendance(struct slice value)
{
    static const struct known_value known[] = {
        {"arrived|attended|completed|complete|seen|done|checked in|present|présent|venu|atendida|asistió|erschienen",
         "arrived"},
        {"did not arrive|did not attend|dna|no show|no-show|noshow|missed|absent|absente|no asistió|nicht erschienen",
         "did_not_arrive"},
        {"cancelled|canceled|annulé|annule|cancelada|cancelado|abgesagt|storniert", "cancelled"},
    };

    return find_value(known, array_length(known), value);
}
