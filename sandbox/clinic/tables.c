#include "sandbox/clinic/tables.h"

#include <string.h>

#include "base/memory.h"
#include "base/must.h"

static const struct column practice_group_columns[] = {{"PracticeGroupID", "int"},
                                                       {"Name", "nvarchar(100)"},
                                                       {"HeaderText", "ntext"},
                                                       {"BankDetails", "nvarchar(200)"},
                                                       {"IsLocation", "bit"},
                                                       {"IsActive", "bit"},
                                                       {0}};

static const struct column location_columns[] = {{"LocationID", "int"},           {"Name", "nvarchar(100)"},
                                                 {"Address1", "nvarchar(100)"},   {"Address2", "nvarchar(100)"},
                                                 {"Suburb", "nvarchar(60)"},      {"State", "char(3)"},
                                                 {"PostCode", "char(4)"},         {"Phone", "nvarchar(30)"},
                                                 {"TimeZoneName", "varchar(50)"}, {0}};

static const struct column practitioner_columns[] = {{"PractitionerID", "int"},
                                                     {"PracticeGroupID", "int"},
                                                     {"LocationID", "int"},
                                                     {"Title", "nvarchar(20)"},
                                                     {"FirstName", "nvarchar(60)"},
                                                     {"Surname", "nvarchar(60)"},
                                                     {"ShortDescription", "nvarchar(20)"},
                                                     {"Profession", "nvarchar(60)"},
                                                     {"Qualifications", "nvarchar(200)"},
                                                     {"Email", "nvarchar(120)"},
                                                     {"ProviderNumber", "varchar(10)"},
                                                     {"IsActive", "bit"},
                                                     {"DateLeft", "smalldatetime"},
                                                     {0}};

static const struct column provider_number_columns[] = {{"ProviderNumberID", "int"},
                                                        {"PractitionerID", "int"},
                                                        {"LocationID", "int"},
                                                        {"HealthFundID", "int"},
                                                        {"FeeCategoryID", "int"},
                                                        {"Number", "varchar(10)"},
                                                        {0}};

static const struct column fee_category_columns[] = {
    {"FeeCategoryID", "smallint"}, {"Name", "nvarchar(60)"}, {"Kind", "tinyint"}, {"IsActive", "bit"}, {0}};

static const struct column health_fund_columns[] = {
    {"HealthFundID", "smallint"}, {"Name", "nvarchar(80)"}, {"Code", "varchar(8)"}, {0}};

static const struct column patient_group_columns[] = {{"PatientGroupID", "int"}, {"Name", "nvarchar(60)"}, {0}};

static const struct column patient_columns[] = {{"PatientID", "int"},
                                                {"FileNumber", "nvarchar(20)"},
                                                {"Title", "nvarchar(20)"},
                                                {"FirstName", "nvarchar(60)"},
                                                {"MiddleName", "nvarchar(60)"},
                                                {"Surname", "nvarchar(60)"},
                                                {"PreferredName", "nvarchar(60)"},
                                                {"DateOfBirth", "datetime"},
                                                {"Sex", "char(1)"},
                                                {"Address1", "nvarchar(100)"},
                                                {"Address2", "nvarchar(100)"},
                                                {"Suburb", "nvarchar(60)"},
                                                {"State", "varchar(10)"},
                                                {"PostCode", "varchar(10)"},
                                                {"Country", "nvarchar(60)"},
                                                {"PostalAddress", "nvarchar(max)"},
                                                {"PhoneHome", "nvarchar(40)"},
                                                {"PhoneWork", "nvarchar(40)"},
                                                {"PhoneMobile", "nvarchar(40)"},
                                                {"Fax", "nvarchar(40)"},
                                                {"Email", "nvarchar(200)"},
                                                {"Occupation", "nvarchar(100)"},
                                                {"Employer", "nvarchar(100)"},
                                                {"MedicareNo", "varchar(15)"},
                                                {"MedicareRef", "tinyint"},
                                                {"MedicareExpiry", "char(7)"},
                                                {"DvaNo", "varchar(12)"},
                                                {"DvaCard", "tinyint"},
                                                {"HealthFundID", "smallint"},
                                                {"HealthFundNo", "varchar(30)"},
                                                {"PensionNo", "varchar(20)"},
                                                {"FeeCategoryID", "smallint"},
                                                {"ReferrerID", "int"},
                                                {"GpID", "int"},
                                                {"PractitionerID", "int"},
                                                {"EmergencyName", "nvarchar(100)"},
                                                {"EmergencyPhone", "nvarchar(40)"},
                                                {"EmergencyRelation", "nvarchar(40)"},
                                                {"ConsentSms", "bit"},
                                                {"ConsentEmail", "bit"},
                                                {"Status", "tinyint"},
                                                {"MergedIntoPatientID", "int"},
                                                {"Notes", "ntext"},
                                                {"Photo", "image"},
                                                {"DateCreated", "datetime"},
                                                {"DateModified", "datetime2(3)"},
                                                {"RowVer", "rowversion"},
                                                {"RowGuid", "uniqueidentifier"},
                                                {"FullName", "nvarchar(122)"},
                                                {0}};

static const struct column patient_group_member_columns[] = {{"PatientID", "int"}, {"PatientGroupID", "int"}, {0}};

static const struct column patient_account_columns[] = {
    {"PatientAccountID", "int"},    {"PatientID", "int"},       {"Name", "nvarchar(60)"}, {"FeeCategoryID", "smallint"},
    {"PayerName", "nvarchar(100)"}, {"ClaimNo", "varchar(30)"}, {"IsDefault", "bit"},     {0}};

static const struct column patient_contact_columns[] = {
    {"PatientContactID", "int"}, {"PatientID", "int"},       {"Name", "nvarchar(120)"}, {"Relation", "nvarchar(40)"},
    {"Phone", "nvarchar(40)"},   {"Email", "nvarchar(200)"}, {"IsNextOfKin", "bit"},    {0}};

static const struct column patient_warning_columns[] = {
    {"PatientWarningID", "int"}, {"PatientID", "int"},      {"WarningText", "nvarchar(max)"},
    {"Kind", "tinyint"},         {"IsConfidential", "bit"}, {"DueDate", "date"},
    {"IsDone", "bit"},           {"CreatedAt", "datetime"}, {0}};

static const struct column referrer_columns[] = {{"ReferrerID", "int"},
                                                 {"Kind", "tinyint"},
                                                 {"Title", "nvarchar(20)"},
                                                 {"FirstName", "nvarchar(60)"},
                                                 {"Surname", "nvarchar(60)"},
                                                 {"PracticeName", "nvarchar(100)"},
                                                 {"Speciality", "nvarchar(60)"},
                                                 {"ProviderNumber", "varchar(10)"},
                                                 {"Address1", "nvarchar(100)"},
                                                 {"Address2", "nvarchar(100)"},
                                                 {"Suburb", "nvarchar(60)"},
                                                 {"State", "varchar(10)"},
                                                 {"PostCode", "varchar(10)"},
                                                 {"Phone", "nvarchar(40)"},
                                                 {"Fax", "nvarchar(40)"},
                                                 {"Email", "nvarchar(200)"},
                                                 {"IsActive", "bit"},
                                                 {0}};

static const struct column referral_columns[] = {
    {"ReferralID", "int"},  {"PatientID", "int"},    {"ReferrerID", "int"},      {"ReferralDate", "date"},
    {"ExpiryDate", "date"}, {"Sessions", "tinyint"}, {"Notes", "nvarchar(400)"}, {0}};

static const struct column supplier_columns[] = {{"SupplierID", "int"},
                                                 {"Name", "nvarchar(120)"},
                                                 {"ContactName", "nvarchar(120)"},
                                                 {"Address1", "nvarchar(100)"},
                                                 {"Address2", "nvarchar(100)"},
                                                 {"Suburb", "nvarchar(60)"},
                                                 {"State", "varchar(10)"},
                                                 {"PostCode", "varchar(10)"},
                                                 {"Phone", "nvarchar(40)"},
                                                 {"Fax", "nvarchar(40)"},
                                                 {"Email", "nvarchar(200)"},
                                                 {"IsActive", "bit"},
                                                 {0}};

static const struct column service_columns[] = {{"ServiceID", "int"},
                                                {"ItemCode", "varchar(15)"},
                                                {"Description", "nvarchar(200)"},
                                                {"DurationMin", "smallint"},
                                                {"GstIncluded", "bit"},
                                                {"IsActive", "bit"},
                                                {0}};

static const struct column service_price_columns[] = {
    {"ServiceID", "int"}, {"FeeCategoryID", "smallint"}, {"Price", "money"}, {0}};

static const struct column product_columns[] = {{"ProductID", "int"},
                                                {"Code", "varchar(30)"},
                                                {"BarCode", "varchar(30)"},
                                                {"Name", "nvarchar(120)"},
                                                {"SupplierID", "int"},
                                                {"CostPrice", "money"},
                                                {"SellPrice", "smallmoney"},
                                                {"TaxRate", "decimal(5,2)"},
                                                {"StockLevel", "decimal(9,2)"},
                                                {"IsActive", "bit"},
                                                {0}};

static const struct column appointment_type_columns[] = {{"AppointmentTypeID", "int"},
                                                         {"Name", "nvarchar(60)"},
                                                         {"DurationMin", "smallint"},
                                                         {"Colour", "int"},
                                                         {"ServiceID", "int"},
                                                         {"IsActive", "bit"},
                                                         {0}};

static const struct column appointment_columns[] = {{"AppointmentID", "int"},
                                                    {"PatientID", "int"},
                                                    {"CasualName", "nvarchar(120)"},
                                                    {"CasualPhone", "nvarchar(40)"},
                                                    {"PractitionerID", "int"},
                                                    {"LocationID", "int"},
                                                    {"AppointmentTypeID", "int"},
                                                    {"StartTime", "datetime"},
                                                    {"DurationMin", "smallint"},
                                                    {"Attendance", "tinyint"},
                                                    {"ArrivedAt", "datetime"},
                                                    {"IsCancelled", "bit"},
                                                    {"CancelledAt", "datetime"},
                                                    {"CancelReason", "nvarchar(200)"},
                                                    {"SeriesID", "int"},
                                                    {"Notes", "nvarchar(max)"},
                                                    {"CreatedBy", "varchar(30)"},
                                                    {"CreatedAt", "datetime"},
                                                    {"IsDeleted", "bit"},
                                                    {0}};

static const struct column appointment_series_columns[] = {{"SeriesID", "int"},
                                                           {"Pattern", "tinyint"},
                                                           {"Every", "tinyint"},
                                                           {"Weekdays", "tinyint"},
                                                           {"FromDate", "date"},
                                                           {"UntilDate", "date"},
                                                           {0}};

static const struct column note_template_columns[] = {{"NoteTemplateID", "int"}, {"Name", "nvarchar(80)"}, {0}};

static const struct column clinical_note_columns[] = {{"ClinicalNoteID", "int"},
                                                      {"PatientID", "int"},
                                                      {"PractitionerID", "int"},
                                                      {"AppointmentID", "int"},
                                                      {"NoteTemplateID", "int"},
                                                      {"NoteDate", "datetime"},
                                                      {"Title", "nvarchar(120)"},
                                                      {"Body", "nvarchar(max)"},
                                                      {"BodyFormat", "tinyint"},
                                                      {"IsEncrypted", "bit"},
                                                      {"IsDraft", "bit"},
                                                      {"AmendsNoteID", "int"},
                                                      {0}};

static const struct column attachment_columns[] = {{"AttachmentID", "int"},
                                                   {"RowGuid", "uniqueidentifier"},
                                                   {"PatientID", "int"},
                                                   {"FileName", "nvarchar(260)"},
                                                   {"Extension", "varchar(10)"},
                                                   {"Description", "nvarchar(200)"},
                                                   {"Category", "nvarchar(60)"},
                                                   {"AddedAt", "datetime"},
                                                   {"SizeBytes", "bigint"},
                                                   {"IsEncrypted", "bit"},
                                                   {"Content", "varbinary(max)"},
                                                   {"LinkPath", "nvarchar(400)"},
                                                   {0}};

static const struct column xray_columns[] = {{"XRayID", "int"},
                                             {"PatientID", "int"},
                                             {"TakenOn", "date"},
                                             {"BodyRegion", "nvarchar(60)"},
                                             {"FileName", "nvarchar(260)"},
                                             {"Image", "varbinary(max)"},
                                             {"ReportText", "nvarchar(max)"},
                                             {"ReportFile", "varbinary(max)"},
                                             {"PractitionerID", "int"},
                                             {0}};

static const struct column letter_columns[] = {{"LetterID", "int"},        {"PatientID", "int"},
                                               {"ReferrerID", "int"},      {"PractitionerID", "int"},
                                               {"LetterDate", "datetime"}, {"Subject", "nvarchar(200)"},
                                               {"Body", "image"},          {"Format", "tinyint"},
                                               {"IsSent", "bit"},          {0}};

static const struct column wait_list_columns[] = {{"WaitListID", "int"},
                                                  {"PatientID", "int"},
                                                  {"PractitionerID", "int"},
                                                  {"Wanted", "nvarchar(200)"},
                                                  {"AddedAt", "datetime"},
                                                  {"IsDone", "bit"},
                                                  {0}};

static const struct column recall_columns[] = {{"RecallID", "int"},         {"PatientID", "int"}, {"DueDate", "date"},
                                               {"Reason", "nvarchar(120)"}, {"IsDone", "bit"},    {0}};

static const struct column app_user_columns[] = {
    {"UserID", "smallint"}, {"LoginName", "varchar(30)"}, {"PractitionerID", "smallint"}, {"IsAdmin", "bit"}, {0}};

static const struct column invoice_columns[] = {
    {"InvoiceID", "int"},        {"PatientID", "int"},     {"PatientAccountID", "int"},
    {"PractitionerID", "int"},   {"AppointmentID", "int"}, {"InvoiceNumber", "varchar(20)"},
    {"InvoiceDate", "datetime"}, {"Total", "money"},       {"Gst", "money"},
    {"Balance", "money"},        {"IsCredit", "bit"},      {0}};

static const struct column invoice_line_columns[] = {{"InvoiceLineID", "int"},
                                                     {"InvoiceID", "int"},
                                                     {"ServiceID", "int"},
                                                     {"ProductID", "int"},
                                                     {"Description", "nvarchar(200)"},
                                                     {"Quantity", "decimal(9,2)"},
                                                     {"UnitPrice", "money"},
                                                     {"Gst", "money"},
                                                     {"Amount", "money"},
                                                     {0}};

static const struct column payment_columns[] = {
    {"PaymentID", "int"},      {"PatientID", "int"}, {"InvoiceID", "int"},          {"PaidAt", "datetime"},
    {"Method", "varchar(20)"}, {"Amount", "money"},  {"Reference", "nvarchar(60)"}, {0}};

static const struct column db_version_columns[] = {{"SchemaVersion", "varchar(20)"}, {"UpgradedAt", "datetime"}, {0}};

const struct table clinic_tables[CLINIC_TABLE_COUNT] = {{"PracticeGroup", practice_group_columns},
                                                        {"Location", location_columns},
                                                        {"Practitioner", practitioner_columns},
                                                        {"ProviderNumber", provider_number_columns},
                                                        {"FeeCategory", fee_category_columns},
                                                        {"HealthFund", health_fund_columns},
                                                        {"PatientGroup", patient_group_columns},
                                                        {"Patient", patient_columns},
                                                        {"PatientGroupMember", patient_group_member_columns},
                                                        {"PatientAccount", patient_account_columns},
                                                        {"PatientContact", patient_contact_columns},
                                                        {"PatientWarning", patient_warning_columns},
                                                        {"Referrer", referrer_columns},
                                                        {"Referral", referral_columns},
                                                        {"Supplier", supplier_columns},
                                                        {"Service", service_columns},
                                                        {"ServicePrice", service_price_columns},
                                                        {"Product", product_columns},
                                                        {"AppointmentType", appointment_type_columns},
                                                        {"Appointment", appointment_columns},
                                                        {"AppointmentSeries", appointment_series_columns},
                                                        {"NoteTemplate", note_template_columns},
                                                        {"ClinicalNote", clinical_note_columns},
                                                        {"Attachment", attachment_columns},
                                                        {"XRay", xray_columns},
                                                        {"Letter", letter_columns},
                                                        {"WaitList", wait_list_columns},
                                                        {"Recall", recall_columns},
                                                        {"AppUser", app_user_columns},
                                                        {"Invoice", invoice_columns},
                                                        {"InvoiceLine", invoice_line_columns},
                                                        {"Payment", payment_columns},
                                                        {"DbVersion", db_version_columns}};

const struct table *clinic_table(const char *name)
{
    size_t i = 0;

    while (strcmp(clinic_tables[i].name, name) != 0) {
        i++;
        must(i < CLINIC_TABLE_COUNT);
    }
    return &clinic_tables[i];
}
