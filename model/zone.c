#include "model/zone.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/memory.h"
#include "base/must.h"

enum { NAME_MAX_CHARACTERS = 100, DAYS_KEPT = 4096, ZONES_MAX = 600 };

/* The offsets a day before and a day after the noon of some wall day: what all of its times are decided by. */
struct day_offsets {
    bool known;
    int64_t day;
    int64_t before;
    int64_t after;
};

struct zone {
    struct zone *next;
    char *asked; /* the name that it was asked for by */
    char *name;  /* IANA */
    UCalendar *calendar;
    struct day_offsets days[DAYS_KEPT];
};

struct zones {
    struct zone *first;
    size_t count;
};

struct zones *zones_new(void)
{
    return x_alloc(sizeof(struct zones));
}

static void zone_destroy(struct zone **zone)
{
    if (!*zone)
        return;
    if ((*zone)->calendar)
        ucal_close((*zone)->calendar);
    free((*zone)->asked);
    free((*zone)->name);
    free(*zone);
    *zone = NULL;
}

void zones_destroy(struct zones **zones)
{
    struct zone *zone = *zones ? (*zones)->first : NULL;

    while (zone) {
        struct zone *next = zone->next;

        zone_destroy(&zone);
        zone = next;
    }
    free(*zones);
    *zones = NULL;
}

/* The canonical IANA name, or false when the name is no place of ICU's data. */
static bool canonical(const UChar *asked, UChar ret[NAME_MAX_CHARACTERS])
{
    UErrorCode status = U_ZERO_ERROR;
    UBool is_system = 0;

    ucal_getCanonicalTimeZoneID(asked, -1, ret, NAME_MAX_CHARACTERS, &is_system, &status);
    return U_SUCCESS(status) && is_system;
}

static bool from_windows(const UChar *asked, UChar ret[NAME_MAX_CHARACTERS])
{
    UErrorCode status = U_ZERO_ERROR;
    int length = ucal_getTimeZoneIDForWindowsID(asked, -1, NULL, ret, NAME_MAX_CHARACTERS - 1, &status);

    if (U_FAILURE(status) || length <= 0)
        return false;
    ret[length] = 0;
    return true;
}

static bool is_place(const char *name)
{
    return strchr(name, '/') != NULL || strcmp(name, "UTC") == 0;
}

/* `ret_name` gets the name to keep: as asked when it is IANA's, so that "Australia/Sydney" stays what people wrote. */
static bool resolve(const char *asked, UChar ret[NAME_MAX_CHARACTERS], char ret_name[NAME_MAX_CHARACTERS])
{
    UChar wide[NAME_MAX_CHARACTERS];
    UErrorCode status = U_ZERO_ERROR;
    size_t length = strlen(asked);

    if (length == 0 || length >= NAME_MAX_CHARACTERS)
        return false;
    for (size_t i = 0; i <= length; i++) {
        if ((unsigned char)asked[i] >= 0x80)
            return false;
        wide[i] = (UChar)asked[i];
    }
    if (is_place(asked) && canonical(wide, ret)) {
        memcpy(ret_name, asked, length + 1);
        return true;
    }
    if (!from_windows(wide, ret))
        return false;
    u_strToUTF8(ret_name, NAME_MAX_CHARACTERS, NULL, ret, -1, &status);
    return U_SUCCESS(status);
}

static struct zone *zone_open(const char *asked, struct fault *fault)
{
    UChar id[NAME_MAX_CHARACTERS];
    char name[NAME_MAX_CHARACTERS];
    UErrorCode status = U_ZERO_ERROR;
    struct zone *zone = NULL;

    if (!resolve(asked, id, name)) {
        fault_set(fault, FAULT_BAD_INPUT,
                  "'%.40s' is not a time zone: write an IANA name such as Australia/Perth or a Windows name", asked);
        return NULL;
    }
    zone = x_alloc(sizeof *zone);
    zone->asked = x_strdup(asked);
    zone->name = x_strdup(name);
    zone->calendar = ucal_open(id, -1, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status)) {
        fault_set(fault, FAULT_INTERNAL, "time zone %s cannot be opened: ICU says %s", name, u_errorName(status));
        zone_destroy(&zone);
    }
    return zone;
}

bool zones_find(struct zones *zones, const char *name, struct zone **ret, struct fault *fault)
{
    struct zone *zone = zones->first;

    while (zone && strcmp(zone->asked, name) != 0)
        zone = zone->next;
    if (!zone) {
        if (zones->count >= ZONES_MAX)
            return fault_set(fault, FAULT_BAD_INPUT, "'%.40s': more than %d time zones in one source", name, ZONES_MAX);
        zone = zone_open(name, fault);
        if (!zone)
            return false;
        zone->next = zones->first;
        zones->first = zone;
        zones->count++;
    }
    *ret = zone;
    return true;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

static int64_t floor_day(int64_t seconds)
{
    return seconds / 86400 - (seconds % 86400 < 0);
}

static int64_t offset_at(struct zone *zone, int64_t utc_seconds)
{
    UErrorCode status = U_ZERO_ERROR;
    int64_t milliseconds = 0;

    ucal_setMillis(zone->calendar, (double)utc_seconds * 1000.0, &status);
    milliseconds = ucal_get(zone->calendar, UCAL_ZONE_OFFSET, &status);
    milliseconds += ucal_get(zone->calendar, UCAL_DST_OFFSET, &status);
    must(U_SUCCESS(status));
    return milliseconds / 1000;
}

bool zones_agree(struct zone *one, struct zone *other, int64_t from, int64_t to)
{
    for (int64_t at = from; at < to; at += 86400)
        if (offset_at(one, at) != offset_at(other, at))
            return false;
    return offset_at(one, to) == offset_at(other, to);
}

/* Zones change their offset at most once in three days, so the offsets on both sides say whether a change is near. */
static const struct day_offsets *offsets_around(struct zone *zone, int64_t day)
{
    struct day_offsets *slot = &zone->days[(uint64_t)day % DAYS_KEPT];

    if (!slot->known || slot->day != day) {
        slot->known = true;
        slot->day = day;
        slot->before = offset_at(zone, (day - 1) * 86400);
        slot->after = offset_at(zone, (day + 2) * 86400);
    }
    return slot;
}

int64_t zone_to_utc(struct zone *zone, int64_t wall_seconds, enum wall_kind *ret_kind)
{
    const struct day_offsets *near = offsets_around(zone, floor_day(wall_seconds));
    int64_t by_old = wall_seconds - near->before;
    int64_t by_new = wall_seconds - near->after;
    bool old_holds = true;
    bool new_holds = true;

    *ret_kind = WALL_PLAIN;
    if (near->before == near->after)
        return by_old;
    old_holds = offset_at(zone, by_old) == near->before;
    new_holds = offset_at(zone, by_new) == near->after;
    if (old_holds && new_holds)
        *ret_kind = WALL_TWICE;
    else if (!old_holds && !new_holds)
        *ret_kind = WALL_SKIPPED;
    return new_holds && !old_holds ? by_new : by_old;
}
