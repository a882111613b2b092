#include "sandbox/settings.h"

#include "sandbox/record.h"

static void write_account(const struct account *account, struct json_writer *writer)
{
    char id[ID_SIZE];

    id_format(account->id, id);
    json_key(writer, "account");
    json_begin_object(writer);
    json_member_text(writer, "id", id);
    json_member_text(writer, "name", account->name);
    json_member_text(writer, "country", account->country);
    json_member_text(writer, "country_code", account->country_code);
    json_member_text(writer, "currency_symbol", "$");
    json_member_text(writer, "subdomain", account->subdomain);
    json_member_bool(writer, "has_time_travelers", account->has_time_travelers);
    json_member_bool(writer, "time_zone_support", account->time_zone_support);
    json_end_object(writer);
}

/* The groups that a transfer does not read, with plausible values, so that a strict reader finds them. */
static void write_others(struct json_writer *writer)
{
    static const char others[] =
        "{\"start_hour\":7,\"end_hour\":20,\"timeslot_height_in_pixels\":20,\"timeslot_size_in_minutes\":15,"
        "\"show_current_time_indicator\":true,\"multiple_appointments_gap\":true}";

    json_key(writer, "calendar");
    json_put_raw(writer, slice_of(others));
    json_key(writer, "documents_and_printing");
    json_put_raw(writer, slice_of("{\"logo_url\":null,\"logo_height\":0}"));
    json_key(writer, "email");
    json_put_raw(writer, slice_of("{\"patient_accept_email_marketing_by_default\":false}"));
    json_key(writer, "integrations");
    json_put_raw(writer, slice_of("{\"mail_chimp\":{\"enabled\":false},\"xero\":{\"enabled\":false}}"));
    json_key(writer, "online_bookings");
    json_put_raw(writer, slice_of("{\"enabled\":false}"));
    json_key(writer, "online_payments");
    json_put_raw(writer, slice_of("{\"activated\":false}"));
    json_key(writer, "patient_privacy");
    json_put_raw(writer, slice_of("{\"browser_title_name_format\":\"initials\",\"requires_hipaa_compliance\":false}"));
    json_key(writer, "sms");
    json_put_raw(writer, slice_of("{\"patient_accept_sms_marketing_by_default\":false,\"replies_supported\":true}"));
    json_key(writer, "wait_list");
    json_put_raw(writer, slice_of("{\"default_wait_list_expiry_period\":30}"));
}

void settings_answer(struct act *act)
{
    struct json_writer writer;

    json_write_init(&writer, &act->answer->body);
    json_begin_object(&writer);
    write_account(act->account, &writer);
    json_key(&writer, "patient_custom_fields_definition");
    json_put_raw(&writer, slice_of("{\"sections\":[]}"));
    json_key(&writer, "reminders");
    json_begin_object(&writer);
    json_member_text(&writer, "default_reminder_type", act->account->default_reminder_type);
    json_end_object(&writer);
    json_key(&writer, "terminology");
    json_begin_object(&writer);
    json_member_text(&writer, "patient", act->account->terminology);
    json_key(&writer, "titles");
    json_put_raw(&writer, slice_of("[\"Mr\",\"Mrs\",\"Ms\",\"Miss\",\"Mx\",\"Dr\"]"));
    json_end_object(&writer);
    write_others(&writer);
    json_end_object(&writer);
    answer_json(act->answer, 200);
}
