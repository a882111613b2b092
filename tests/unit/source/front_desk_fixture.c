#include "front_desk_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { TABLE_BYTES_MAX = 1024 * 1024 };

static const struct reference_table {
    const char *name;
    const char *columns;
} tables[] = {
    {"PracticeGroup", "PracticeGroupID,Name,HeaderText,BankDetails,IsLocation,IsActive"},
    {"Location", "LocationID,Name,Address1,Address2,Suburb,State,PostCode,Phone,TimeZoneName"},
    {"Practitioner",
     "PractitionerID,PracticeGroupID,LocationID,Title,FirstName,Surname,ShortDescription,Profession,Qualifications,Email,ProviderNumber,IsActive,DateLeft"},
    {"ProviderNumber", "ProviderNumberID,PractitionerID,LocationID,HealthFundID,FeeCategoryID,Number"},
    {"FeeCategory", "FeeCategoryID,Name,Kind,IsActive"},
    {"HealthFund", "HealthFundID,Name,Code"},
    {"PatientGroup", "PatientGroupID,Name"},
    {"Patient",
     "PatientID,FileNumber,Title,FirstName,MiddleName,Surname,PreferredName,DateOfBirth,Sex,Address1,Address2,Suburb,State,PostCode,Country,PostalAddress,PhoneHome,PhoneWork,PhoneMobile,Fax,Email,Occupation,Employer,MedicareNo,MedicareRef,MedicareExpiry,DvaNo,DvaCard,HealthFundID,HealthFundNo,PensionNo,FeeCategoryID,ReferrerID,GpID,PractitionerID,EmergencyName,EmergencyPhone,EmergencyRelation,ConsentSms,ConsentEmail,Status,MergedIntoPatientID,Notes,Photo,DateCreated,DateModified,RowVer,RowGuid"},
    {"PatientGroupMember", "PatientID,PatientGroupID"},
    {"PatientAccount", "PatientAccountID,PatientID,Name,FeeCategoryID,PayerName,ClaimNo,IsDefault"},
    {"PatientContact", "PatientContactID,PatientID,Name,Relation,Phone,Email,IsNextOfKin"},
    {"PatientWarning", "PatientWarningID,PatientID,WarningText,Kind,IsConfidential,DueDate,IsDone,CreatedAt"},
    {"Referrer",
     "ReferrerID,Kind,Title,FirstName,Surname,PracticeName,Speciality,ProviderNumber,Address1,Address2,Suburb,State,PostCode,Phone,Fax,Email,IsActive"},
    {"Referral", "ReferralID,PatientID,ReferrerID,ReferralDate,ExpiryDate,Sessions,Notes"},
    {"Supplier", "SupplierID,Name,ContactName,Address1,Address2,Suburb,State,PostCode,Phone,Fax,Email,IsActive"},
    {"Service", "ServiceID,ItemCode,Description,DurationMin,GstIncluded,IsActive"},
    {"ServicePrice", "ServiceID,FeeCategoryID,Price"},
    {"Product", "ProductID,Code,BarCode,Name,SupplierID,CostPrice,SellPrice,TaxRate,StockLevel,IsActive"},
    {"AppointmentType", "AppointmentTypeID,Name,DurationMin,Colour,ServiceID,IsActive"},
    {"Appointment",
     "AppointmentID,PatientID,CasualName,CasualPhone,PractitionerID,LocationID,AppointmentTypeID,StartTime,DurationMin,Attendance,ArrivedAt,IsCancelled,CancelledAt,CancelReason,SeriesID,Notes,CreatedBy,CreatedAt,IsDeleted"},
    {"AppointmentSeries", "SeriesID,Pattern,Every,Weekdays,FromDate,UntilDate"},
    {"NoteTemplate", "NoteTemplateID,Name"},
    {"ClinicalNote",
     "ClinicalNoteID,PatientID,PractitionerID,AppointmentID,NoteTemplateID,NoteDate,Title,Body,BodyFormat,IsEncrypted,IsDraft,AmendsNoteID"},
    {"Attachment",
     "AttachmentID,RowGuid,PatientID,FileName,Extension,Description,Category,AddedAt,SizeBytes,IsEncrypted,Content,LinkPath"},
    {"XRay", "XRayID,PatientID,TakenOn,BodyRegion,FileName,Image,ReportText,ReportFile,PractitionerID"},
    {"Letter", "LetterID,PatientID,ReferrerID,PractitionerID,LetterDate,Subject,Body,Format,IsSent"},
    {"WaitList", "WaitListID,PatientID,PractitionerID,Wanted,AddedAt,IsDone"},
    {"Recall", "RecallID,PatientID,DueDate,Reason,IsDone"},
    {"AppUser", "UserID,LoginName,PractitionerID,IsAdmin"},
    {"Invoice",
     "InvoiceID,PatientID,PatientAccountID,PractitionerID,AppointmentID,InvoiceNumber,InvoiceDate,Total,Gst,Balance,IsCredit"},
    {"InvoiceLine", "InvoiceLineID,InvoiceID,ServiceID,ProductID,Description,Quantity,UnitPrice,Gst,Amount"},
    {"Payment", "PaymentID,PatientID,InvoiceID,PaidAt,Method,Amount,Reference"},
    {"DbVersion", "SchemaVersion,UpgradedAt"},
};

static bool is_listed(const char *columns, struct slice name)
{
    for (const char *at = columns; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strcspn(at, ",\n") == name.size && memcmp(at, name.data, name.size) == 0)
            return true;
    return false;
}

/* Appends the table's columns that are not among `columns`; gives their number. */
static size_t put_missing(const char *all, const char *columns, struct text *out)
{
    size_t count = 0;

    for (const char *at = all; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        struct slice name = {at, strcspn(at, ",")};

        if (is_listed(columns, name))
            continue;
        text_printf(out, ",%.*s", (int)name.size, name.data);
        count++;
    }
    return count;
}

/* Ends each row with as many empty fields. */
static void put_rows(const char *rows, size_t missing, struct text *out)
{
    bool quoted = false;

    for (; *rows; rows++) {
        quoted ^= *rows == '"';
        for (size_t i = 0; *rows == '\n' && !quoted && i < missing; i++)
            text_putc(out, ',');
        text_putc(out, *rows);
    }
}

void front_desk_write(struct folder_fixture *folder, const char *table, const char *columns, const char *rows)
{
    scoped(string_free) char *file = x_sprintf("%s.csv", table);
    size_t at = 0;
    struct text content;

    while (at < array_length(tables) && strcmp(tables[at].name, table) != 0)
        at++;
    cr_assert(at < array_length(tables), "there is no table %s", table);
    text_init(&content, TABLE_BYTES_MAX);
    text_puts(&content, columns);
    at = put_missing(tables[at].columns, columns, &content);
    text_putc(&content, '\n');
    put_rows(rows, at, &content);
    folder_fixture_write(folder, file, text_string(&content));
    text_release(&content);
}

void front_desk_make(struct folder_fixture *folder)
{
    for (size_t i = 0; i < array_length(tables); i++) {
        scoped(string_free) char *first = x_strndup(tables[i].columns, strcspn(tables[i].columns, ","));

        front_desk_write(folder, tables[i].name, first, "");
    }
    front_desk_write(folder, "DbVersion", "SchemaVersion,UpgradedAt", "2014.18,2015-01-01 00:00:00.000\n");
    front_desk_write(folder, "Location", "LocationID,Name,TimeZoneName", "1,Balmain,Australia/Sydney\n");
    front_desk_write(folder, "Practitioner", "PractitionerID,Title,FirstName,Surname,IsActive,PracticeGroupID",
                     "1,Ms,Sarah,Whitlock,1,1\n");
    front_desk_write(folder, "AppointmentType", "AppointmentTypeID,Name,DurationMin,Colour,IsActive",
                     "1,Standard,30,16711680,1\n");
}
