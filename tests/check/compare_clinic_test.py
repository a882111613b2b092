"""The comparison finds what it is for: an account that is right passes, and each single fault in it is seen."""
import contextlib
import copy
import io
import pathlib
import struct
import tempfile
import unittest
import zlib

import clinic
import compare_clinic
import compare_files
import compare_notes
import compare_pictures
from compare_report import Holds, take_marker

PATIENT = {
    "PatientID": "1", "FileNumber": "H1", "Title": "Ms", "FirstName": " Zoë ", "MiddleName": "", "Surname": "O'Dea",
    "PreferredName": "", "DateOfBirth": "1980-02-29 00:00:00", "Sex": "F", "Address1": "1 Wharf Road", "Address2": "",
    "Suburb": "Balmain", "State": "NSW", "PostCode": "0800", "Country": "", "PostalAddress": "",
    "PhoneHome": "ask for Jan", "PhoneWork": "", "PhoneMobile": "0412 345 678 / 0400 111 222", "Fax": "",
    "Email": "a@b.example; c@d.example", "Occupation": "", "Employer": "", "MedicareNo": "2123 45670 1",
    "MedicareRef": "3", "MedicareExpiry": "", "DvaNo": "pending", "DvaCard": "0", "HealthFundID": "1",
    "HealthFundNo": "77", "PensionNo": "", "FeeCategoryID": "1", "ReferrerID": "2", "GpID": "1", "PractitionerID": "1",
    "EmergencyName": "", "EmergencyPhone": "", "EmergencyRelation": "", "ConsentSms": "1", "ConsentEmail": "1",
    "Status": "0", "MergedIntoPatientID": "", "Notes": "first\r\nsecond", "Photo": "", "DateModified": "2026-03-02 10:00:00",
}
APPOINTMENT = {
    "AppointmentID": "1", "PatientID": "1", "CasualName": "", "CasualPhone": "", "PractitionerID": "1", "LocationID": "1",
    "AppointmentTypeID": "1", "StartTime": "2026-03-02 09:00:00.000", "DurationMin": "30", "Attendance": "1", "ArrivedAt": "",
    "IsCancelled": "0", "CancelledAt": "", "CancelReason": "", "Notes": "bring \"x-rays\"", "IsDeleted": "0",
}
FIRM = {"Address1": "Unit 4", "Address2": "", "Suburb": "Camperdown", "State": "NSW", "PostCode": "2050",
        "Phone": "02 9555 0161", "Fax": "", "Email": "", "IsActive": "1"}
WARNING = {"PatientWarningID": "1", "PatientID": "1", "WarningText": "Falls risk", "Kind": "0", "IsConfidential": "0",
           "DueDate": "", "IsDone": "0"}
NOTE = {"ClinicalNoteID": "1", "PatientID": "1", "PractitionerID": "1", "AppointmentID": "1", "Title": "Review",
        "NoteDate": "2026-03-02 09:30:00.000", "Body": "x", "IsDraft": "0", "AmendsNoteID": ""}
ATTACHMENT = {"AttachmentID": "1", "PatientID": "1", "FileName": "consent.txt", "Content": "Attachment.files/1.txt",
              "LinkPath": "", "AddedAt": "2025-01-02 10:00:00"}
XRAY = {"XRayID": "1", "PatientID": "1", "TakenOn": "2025-02-03", "BodyRegion": "L knee", "FileName": "xr1.png",
        "Image": "XRay.files/1.png", "ReportText": "", "ReportFile": "", "PractitionerID": ""}
LETTER = {"LetterID": "1", "PatientID": "1", "PractitionerID": "1", "LetterDate": "2025-03-04 10:00:00",
          "Subject": "Discharge", "Body": "Letter.files/1.rtf"}
LONG_WARNING = "Allergic to plasters " * 20
ANSWERS = clinic.Answers({
    "questions": {"charge_types": "patient", "warnings_confidential": "no", "reminders": "memos",
                  "casual_appointments": "notes"},
    "practitioner": {"FD-2": "Old Practitioner", "FD-3": None},
})


# ---- files ----


def png_of(width, height, value):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((value + x + y) & 255 for x in range(width)) for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pdf_of(lines, *images):
    """A PDF of one page. An image is either a Grey or the bytes of a JPEG, with its size."""
    text = "BT /F1 10 Tf 14 TL 50 790 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    text += "".join(f" q 50 0 0 50 50 {100 + 60 * i} cm /I{i} Do Q" for i in range(len(images)))
    names = " ".join(f"/I{i} {6 + i} 0 R" for i in range(len(images)))
    objects = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
               "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 4 0 R>>/XObject<<" + names
               + ">>>>/Contents 5 0 R>>", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    streams = [("", text.encode("latin-1"))]
    for image in images:
        grey, packed = image if isinstance(image, tuple) else (image, None)
        head = f"/Type/XObject/Subtype/Image/Width {grey.size[0]}/Height {grey.size[1]}/ColorSpace/DeviceGray" \
               "/BitsPerComponent 8"
        streams.append((head + ("/Filter/DCTDecode" if packed else ""), packed or grey.pixels))
    bodies = [one.encode() for one in objects]
    bodies += [f"<<{head}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream" for head, data in streams]
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    return out + f"trailer\n<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()


PNG = png_of(20, 10, 40)
# A JPEG as far as its headers go: poppler takes its bytes out as they are.
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300" + "10" * 64 + "ffc0000b080008000801011100"
                     "ffc40014000100000000000000000000000000000000ffc40014100100000000000000000000000000000000"
                     "ffda0008010100003f0000ffd9")
JPEG_SIZE = compare_pictures.Grey(8, 8, [bytes(8)] * 8)
PICTURE_NOTE = "{\\rtf1 Visit\\par{\\pict\\pngblip\\picw20\r\n" + PNG.hex() + "}}"
FILES = {"Attachment.files/1.txt": b"I consent.", "Attachment.files/2.txt": b"", "XRay.files/1.png": PNG,
         "XRay.files/2.png": PNG, "XRay.files/3.jpg": JPEG, "XRay.files/4.dcm": bytes(128) + b"DICM" + bytes(40),
         "Letter.files/1.rtf": b"{\\rtf1 Dear}", "Letter.files/2.doc": b"\xd0\xcf\x11\xe0 Word"}
TRUTH = [{"TableName": table, "RowID": row, "ColumnName": column, "Pictures": pictures, "Text": text}
         for table, row, column, pictures, text in (
             ("ClinicalNote", "1", "Body", "0", "S: knee < 3/10 & “better”\n\n• heel raises\nHop\t60\t70\n"),
             ("ClinicalNote", "2", "Body", "1", "Visit\n"),
             ("XRay", "2", "ReportText", "0", "No fracture.\nNormal for age.\n"),
             ("XRay", "3", "ReportText", "0", "Degenerative change.\n"),
             ("XRay", "4", "ReportText", "0", "Seen on another screen.\n"),
             ("Letter", "1", "Body", "0", "Dear Dr Lee\n\nThank you.\n"))]


def tables(folder):
    for name, content in FILES.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    found = clinic.Tables({
        "HealthFund": [{"HealthFundID": "1", "Name": "Wattle"}],
        "FeeCategory": [{"FeeCategoryID": "1", "Name": "Student", "Kind": "0", "IsActive": "1"},
                        {"FeeCategoryID": "2", "Name": "WorkCover", "Kind": "2", "IsActive": "1"}],
        "Patient": [PATIENT, {**PATIENT, "PatientID": "2", "Status": "2", "ConsentEmail": "0", "FeeCategoryID": "",
                              "GpID": "", "ReferrerID": ""},
                    {**PATIENT, "PatientID": "3", "MergedIntoPatientID": "2"}],
        "PatientContact": [{"PatientContactID": "1", "PatientID": "3", "Name": "Jan", "Relation": "Carer",
                            "Phone": "0400 333 444", "Email": "", "IsNextOfKin": "1"}],
        "PatientWarning": [WARNING, {**WARNING, "PatientWarningID": "2", "WarningText": LONG_WARNING,
                                     "IsConfidential": "1"},
                           {**WARNING, "PatientWarningID": "3", "WarningText": "Send report", "Kind": "1",
                            "DueDate": "2026-04-01"},
                           {**WARNING, "PatientWarningID": "4", "WarningText": "done", "Kind": "1", "IsDone": "1"},
                           {**WARNING, "PatientWarningID": "5", "PatientID": "999"}],
        "Practitioner": [
            {"PractitionerID": "1", "FirstName": "Sarah", "Surname": "Whitlock", "LocationID": "1"},
            {"PractitionerID": "2", "FirstName": "Graham", "Surname": "Pell", "LocationID": "1"},
            {"PractitionerID": "3", "FirstName": "Lena", "Surname": "Brandt", "LocationID": "1"}],
        "Location": [{"LocationID": "1", "Name": "Balmain", "TimeZoneName": "Australia/Sydney"}],
        "Service": [{"ServiceID": "1", "ItemCode": "500", "Description": "Consultation", "GstIncluded": "0",
                     "IsActive": "1"}],
        "ServicePrice": [{"ServiceID": "1", "FeeCategoryID": "2", "Price": "99.0000"},
                         {"ServiceID": "1", "FeeCategoryID": "1", "Price": "80.0000"}],
        "Supplier": [{**FIRM, "SupplierID": "1", "Name": "Bands", "ContactName": "Trish Okafor"}],
        "Product": [{"ProductID": "1", "Code": "B-1", "BarCode": "931", "Name": "Band", "SupplierID": "1",
                     "CostPrice": "4.5000", "SellPrice": "12.9500", "TaxRate": "10.00", "StockLevel": "-3.00",
                     "IsActive": "0"}],
        "Referrer": [
            {**FIRM, "ReferrerID": "1", "Kind": "1", "Title": "Dr", "FirstName": "Ann", "Surname": "Lee",
             "PracticeName": "Rozelle", "Speciality": "", "ProviderNumber": "05X"},
            {**FIRM, "ReferrerID": "2", "Kind": "3", "Title": "", "FirstName": "", "Surname": "",
             "PracticeName": "Local Paper", "Speciality": "", "ProviderNumber": ""}],
        "AppointmentType": [{"AppointmentTypeID": "1", "Name": "Standard", "DurationMin": "45", "Colour": "16711680",
                             "ServiceID": "1", "IsActive": "1"}],
        "Appointment": [
            APPOINTMENT,
            {**APPOINTMENT, "AppointmentID": "2"},  # a true duplicate of the first
            {**APPOINTMENT, "AppointmentID": "3", "PatientID": "3", "Attendance": "2"},
            {**APPOINTMENT, "AppointmentID": "4", "Attendance": "0", "IsCancelled": "1", "CancelReason": "Sick",
             "CancelledAt": "2026-03-01 10:00:00"},
            {**APPOINTMENT, "AppointmentID": "5", "IsDeleted": "1"},
            {**APPOINTMENT, "AppointmentID": "6", "PatientID": "", "CasualName": "Lunch"},
            {**APPOINTMENT, "AppointmentID": "7", "PatientID": "999"},
            {**APPOINTMENT, "AppointmentID": "8", "PractitionerID": "2"},
            {**APPOINTMENT, "AppointmentID": "9", "PractitionerID": "3"},
        ],
        "ClinicalNote": [NOTE, {**NOTE, "ClinicalNoteID": "2", "PractitionerID": "3", "AppointmentID": "9",
                                "Body": PICTURE_NOTE, "IsDraft": "1"}],
        "Attachment": [ATTACHMENT, {**ATTACHMENT, "AttachmentID": "2", "Content": "Attachment.files/2.txt"},
                       {**ATTACHMENT, "AttachmentID": "3", "Content": "", "LinkPath": "\\\\S\\x"}],
        "XRay": [XRAY, {**XRAY, "XRayID": "2", "Image": "XRay.files/2.png", "ReportText": "No fracture."},
                 {**XRAY, "XRayID": "3", "Image": "XRay.files/3.jpg", "ReportText": "Degenerative change."},
                 {**XRAY, "XRayID": "4", "Image": "XRay.files/4.dcm", "ReportText": "Seen on another screen."}],
        "Letter": [LETTER, {**LETTER, "LetterID": "2", "Body": "Letter.files/2.doc"}],
    })
    found.folder = pathlib.Path(folder)
    return found


# ---- the account ----


def link(collection, number, rest=""):
    return {"links": {"self": f"https://localhost/v1/{collection}/{number}{rest}"}}


def patient(number, archived):
    return {
        "id": f"10{number}", "old_reference_id": f"FD-{number}", "first_name": "Zoë", "last_name": "O'Dea", "title": "Ms",
        "date_of_birth": "1980-02-29", "sex": "Female", "address_1": "1 Wharf Road", "city": "Balmain", "state": "NSW",
        "post_code": "0800", "email": "a@b.example", "medicare": "2123456701", "medicare_reference_number": "3",
        "patient_phone_numbers": [{"phone_type": "Mobile", "number": "0412 345 678"},
                                  {"phone_type": "Mobile", "number": "0400 111 222"}],
        "notes": "first\nsecond\nFile number: H1\nHealth fund: Wattle, number 77\nEmail as recorded: "
                 "a@b.example; c@d.example\nHome phone as recorded: ask for Jan\nDVA number as recorded: pending\n"
                 "Usual practitioner: Sarah Whitlock",
        "archived_at": archived,
    }


def patients():
    return [
        {**patient(1, None), "reminder_type": "SMS & Email", "receives_confirmation_emails": True,
         "concession_type": link("concession_types", 1), "referring_doctor": link("contacts", 2),
         "referral_source": "Local Paper", "appointment_notes": "Falls risk"},
        {**patient(2, "2026-03-02T00:00:00Z"), "reminder_type": "SMS", "receives_confirmation_emails": False,
         "emergency_contact": "Jan, Carer, 0400 333 444",
         "notes": patient(2, None)["notes"] + "\nContact: Jan, Carer, 0400 333 444"},
    ]


def appointment(number, patient_number, practitioner=1, **changes):
    return {
        "id": f"20{number}", "patient": link("patients", f"10{patient_number}"),
        "practitioner": link("practitioners", practitioner), "business": link("businesses", 1),
        "appointment_type": link("appointment_types", 1), "starts_at": "2026-03-01T22:00:00Z",
        "ends_at": "2026-03-01T22:30:00Z", "notes": "bring \"x-rays\"", "cancelled_at": None, "cancellation_reason": None,
        "cancellation_note": None, **changes,
    }


def named_type(number, name, minutes, **more):
    return {"id": str(number), "name": name, "duration_in_minutes": minutes, "show_in_online_bookings": False,
            "color": "#0000ff", "archived_at": None, "appointment_confirmation_template_ids": [],
            "appointment_reminder_template_ids": [], **more}


def contact(number, marker, **more):
    return {"id": str(number), "type_code": 0, "doctor_type": None, "title": None, "occupation": None,
            "provider_number": None, "email": None, "address_1": "Unit 4", "address_2": None, "city": "Camperdown",
            "state": "NSW", "post_code": "2050", "archived_at": None,
            "phone_numbers": [{"phone_type": "Work", "number": "02 9555 0161"}], "notes": f"[{marker}]", **more}


def note(number, title, content, **more):
    return {"id": f"30{number}", "patient": link("patients", 101), "title": title, "draft": False,
            "content": {"sections": [{"questions": [{"answer": content}]}]}, "practitioner": link("practitioners", 1), **more}


NOTE_HTML = "<div>S: knee &lt; 3/10 &amp; “better”</div><div><br></div><div>• heel raises</div><div>Hop\u00a0\u00a060 70</div>"
PICTURE = compare_pictures.read_png(PNG)


def contents():
    """{number: (file name, description, bytes)}"""
    return {
        1: ("consent.txt", "consent.txt, 2025-01-02 [FD-1]", FILES["Attachment.files/1.txt"]),
        2: ("xr1.png", "X-ray: L knee, xr1.png, 2025-02-03 [FD-xray-1]", PNG),
        3: ("x-ray-2.pdf", "X-ray: L knee, 2025-02-03 [FD-xray-2]", pdf_of(["No fracture.", "Normal for age."], PICTURE)),
        4: ("x-ray-3.pdf", "X-ray: L knee, 2025-02-03 [FD-xray-3]", pdf_of(["Degenerative change."], (JPEG_SIZE, JPEG))),
        5: ("xr4.dcm", "X-ray: L knee, 2025-02-03 [FD-xray-4/image]", FILES["XRay.files/4.dcm"]),
        6: ("x-ray-4.pdf", "X-ray: L knee, 2025-02-03 [FD-xray-4]", pdf_of(["Seen on another screen."])),
        7: ("letter-1.pdf", "Letter: Discharge, from Sarah Whitlock, 2025-03-04 [FD-letter-1]",
            pdf_of(["Dear Dr Lee", "Thank you."])),
        8: ("letter-2.doc", "Letter: Discharge, from Sarah Whitlock, 2025-03-04 [FD-letter-2]", FILES["Letter.files/2.doc"]),
        9: ("note-2.pdf", "Clinical note: Review, 2026-03-02 [FD-note-2]", pdf_of(["Visit"], PICTURE)),
    }


def account(files=None):
    files = files or contents()

    def download(address, sink):
        sink(files[int(address.rsplit("/", 2)[1]) - 400][2])

    return {
        "owner": "Sarah Whitlock", "download": download, "patient_cases": [],
        "routes": {"POST /v1/patients": {"201": 2}, "GET /v1/users": {"200": 1}},
        "taxes": [{"id": "1", "name": "GST", "rate": 10}],
        "concession_types": [{"id": "1", "name": "Student"}],
        "product_suppliers": [{"id": "1", "name": "Bands"}],
        "products": [{"id": "1", "name": "Band", "price_including_tax": "12.95", "cost_price": "4.50", "item_code": "B-1",
                      "serial_number": "931", "tax": link("taxes", 1), "product_supplier": link("product_suppliers", 1),
                      "stock_level": -3, "notes": "[FD-1]", "archived_at": "2026-03-02T00:00:00Z"}],
        "billable_items": [{"id": "1", "name": "Consultation", "item_type": "Service", "item_code": "500",
                            "price": "80.00", "archived_at": None}],
        "contacts": [contact(1, "FD-S1", first_name="Trish", last_name="Okafor", company_name="Bands",
                             notes="Supplier [FD-S1]"),
                     contact(2, "FD-R1", first_name="Ann", last_name="Lee", title="Dr", company_name="Rozelle", type_code=1,
                             doctor_type="general_practitioner", provider_number="05X")],
        "businesses": [{"id": "1", "business_name": "Balmain"}],
        "practitioners": [{"id": "1", "first_name": "Sarah", "last_name": "Whitlock"},
                          {"id": "2", "first_name": "Old", "last_name": "Practitioner"}],
        "appointment_types": [named_type(1, "Standard", 45, billable_item=link("billable_items", 1)),
                              named_type(2, "Appointment", 30)],
        "patients": patients(),
        "medical_alerts": [
            {"id": "1", "patient": link("patients", 101), "name": ("Allergic to plasters " * 11).strip() + " (1/2)"},
            {"id": "2", "patient": link("patients", 101), "name": ("Allergic to plasters " * 9).strip() + " (2/2)"}],
        "communications": [{"id": "1", "patient": link("patients", 101), "content": "Send report, due 2026-04-01 [FD-3]",
                            "confidential": False, "category_code": 12}],
        "appointments": [
            appointment(1, 1), appointment(2, 1), appointment(3, 2),
            appointment(4, 1, cancelled_at="2026-03-02T00:00:00Z", cancellation_reason=50,
                        cancellation_note="Sick\nCancelled at 2026-03-01 10:00:00"),
            appointment(8, 1, practitioner=2),
        ],
        "unavailable_blocks": [{
            "id": "1", "practitioner": link("practitioners", 1), "business": link("businesses", 1),
            "starts_at": "2026-03-01T22:00:00Z", "ends_at": "2026-03-01T22:30:00Z",
            "notes": "Lunch\nbring \"x-rays\"\nArrived [FD-6]"}],
        "attendees": [{"id": number, "booking": link("bookings", f"20{number}"), "arrived": arrived}
                      for number, arrived in ((1, True), (2, True), (3, False), (4, None), (8, True))],
        "treatment_notes": [
            note(1, "2026-03-02 09:30, Sarah Whitlock: Review [FD-note-1]", NOTE_HTML, booking=link("bookings", 201)),
            note(2, "2026-03-02 09:30, Lena Brandt: Review [FD-note-2]", "<div>Visit</div>", draft=True)],
        "patient_attachments": [
            {"id": str(400 + number), "patient": link("patients", 101), "filename": name, "description": description,
             "size": len(data), "processing_completed": True,
             "content": link("patient_attachments", 400 + number, "/content")}
            for number, (name, description, data) in files.items()],
    }


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.tables = tables(self.folder.name)

    def differences(self, found, log_total=0, answers=ANSWERS, keys=(), truth=TRUTH):
        self.shown = io.StringIO()
        with contextlib.redirect_stdout(self.shown):
            return compare_clinic.compare(self.tables, found, {"total": log_total}, answers, truth, keys)

    def assert_seen(self, what, found, **more):
        with self.subTest(what):
            self.assertGreater(self.differences(found, **more), 0, what)

    def assert_seen_without_documents(self, what, found, **more):
        """Where neither notes nor files are concerned; those take most of the time."""
        self.assert_seen(what, found, truth=TRUTH if "treatment_notes" in what or "attachments" in what else None, **more)

    def with_file(self, number, data=None, **entry):
        """The account with other bytes, or other facts, of a file."""
        files = contents()
        name, description, old = files[number]
        files[number] = (name, description, old if data is None else data)
        found = account(files)
        found["patient_attachments"][number - 1].update(entry)
        return found


class Comparison(Case):
    def test_an_account_that_is_right_passes(self):
        self.assertEqual(self.differences(account()), 0, self.shown.getvalue())
        self.assertEqual(self.differences(account(), truth=None), 0, self.shown.getvalue())
        self.assertIn("0 differences", self.shown.getvalue())

    def test_every_changed_field_of_a_record_is_seen(self):
        apart = {"id", "links", "download", "content"}
        for collection, number in (("patients", 0), ("products", 0), ("billable_items", 0), ("contacts", 1),
                                   ("appointment_types", 0), ("unavailable_blocks", 0), ("communications", 0),
                                   ("treatment_notes", 0)):
            for field, value in account()[collection][number].items():
                if field in apart:
                    continue
                found = account()
                changed = "2026-01-01T00:00:00Z" if value in (None, False, []) else None
                found[collection][number][field] = [] if isinstance(value, list) and value else changed
                self.assert_seen_without_documents(f"{collection}: {field}", found)

    def test_every_changed_field_of_an_appointment_is_seen(self):
        changes = {"starts_at": "2026-03-01T23:00:00Z", "ends_at": "2026-03-01T22:45:00Z", "notes": None,
                   "patient": link("patients", 102), "practitioner": link("practitioners", 2),
                   "business": None, "appointment_type": link("appointment_types", 2),
                   "cancelled_at": "2026-03-02T00:00:00Z", "cancellation_reason": 30, "cancellation_note": "x"}
        for field, value in changes.items():
            found = account()
            found["appointments"][0][field] = value
            self.assert_seen_without_documents(field, found)

    def test_lost_doubled_and_foreign_records_are_seen(self):
        for collection in ("taxes", "concession_types", "product_suppliers", "products", "billable_items", "contacts",
                           "appointment_types", "patients", "medical_alerts", "communications", "appointments",
                           "unavailable_blocks", "attendees", "treatment_notes", "patient_attachments"):
            found = account()
            del found[collection][0]
            self.assert_seen_without_documents(f"lost: {collection}", found)
            if collection != "attendees":
                found = account()
                found[collection].append({**copy.deepcopy(found[collection][0]), "id": "401"})
                self.assert_seen_without_documents(f"doubled: {collection}", found)

    def test_wrong_attendance_phones_and_templates_are_seen(self):
        found = account()
        found["attendees"][2]["arrived"] = None
        self.assert_seen_without_documents("attendance", found)
        found = account()
        found["patients"][1]["patient_phone_numbers"].pop()
        self.assert_seen_without_documents("phone", found)
        found = account()
        found["appointment_types"][0]["appointment_reminder_template_ids"] = ["72"]
        self.assert_seen_without_documents("template", found)

    def test_what_was_not_to_be_written_or_sent_is_seen(self):
        self.assert_seen_without_documents("a message to a patient", account(), log_total=1)
        for route in ("POST /v1/invoices", "PATCH /v1/practitioners/{id}", "POST /v1/businesses", "DELETE /v1/users/{id}"):
            found = account()
            found["routes"][route] = {"201": 1}
            self.assert_seen_without_documents(route, found)
        found = account()
        found["patient_cases"].append({"id": "1"})
        self.assert_seen_without_documents("a case", found)

    def test_a_confidential_warning_that_everybody_sees_is_seen(self):
        for field in ("notes", "appointment_notes"):
            found = account()
            found["patients"][0][field] += "\n" + LONG_WARNING.strip()
            self.assert_seen_without_documents(field, found)

    def test_alerts_that_are_cut_mixed_or_too_long_are_seen(self):
        found = account()
        found["medical_alerts"][1]["name"] = "Allergic (2/2)"
        self.assert_seen_without_documents("cut", found)
        found = account()
        found["medical_alerts"][1]["name"] = found["medical_alerts"][1]["name"].replace("(2/2)", "(2/3)")
        self.assert_seen_without_documents("a part is missing", found)
        found = account()
        found["medical_alerts"] = [{**found["medical_alerts"][0], "name": LONG_WARNING.strip()}]
        self.assert_seen_without_documents("longer than Cliniko takes", found)

    def test_memos_without_their_day_or_marker_are_seen(self):
        for content in ("Send report [FD-3]", "Send report, due 2026-04-01"):
            found = account()
            found["communications"][0]["content"] = content
            self.assert_seen_without_documents(content, found)

    def test_each_answer_changes_what_is_right(self):
        for question, value in (("charge_types", "practitioner"), ("warnings_confidential", "yes"),
                                ("reminders", "notes"), ("casual_appointments", "leave"),
                                ("casual_appointments", "walk_ins")):
            other = clinic.Answers({"questions": {**ANSWERS.questions, question: value},
                                    "practitioner": ANSWERS.practitioners})
            self.assert_seen_without_documents(f"{question} is {value}", account(), answers=other)
        everybody = clinic.Answers({"questions": ANSWERS.questions})
        self.assert_seen_without_documents("those who left go by their own names", account(), answers=everybody)


class Notes(Case):
    def changed(self, number=0, answer=None, **fields):
        found = account()
        found["treatment_notes"][number].update(fields)
        if answer is not None:
            found["treatment_notes"][number]["content"]["sections"][0]["questions"][0]["answer"] = answer
        return found

    def test_every_change_of_the_text_is_seen(self):
        for what, answer in (("a line lost", NOTE_HTML.replace("<div>• heel raises</div>", "")),
                             ("a word changed", NOTE_HTML.replace("knee", "hip")),
                             ("lines in one", NOTE_HTML.replace("</div><div>Hop", " Hop")),
                             ("markup shown", NOTE_HTML.replace("S:", "&lt;b&gt;S:")),
                             ("escaped twice", NOTE_HTML.replace("&lt;", "&amp;lt;")),
                             ("a letter garbled", NOTE_HTML.replace("“", "â")),
                             ("more than there was", NOTE_HTML + "<div>internal: not for print</div>"),
                             ("nothing", "")):
            self.assert_seen(what, self.changed(answer=answer))

    def test_several_answers_are_read_as_one_text(self):
        found = self.changed(answer=NOTE_HTML.split("<div><br></div>")[0])
        found["treatment_notes"][0]["content"]["sections"].append(
            {"questions": [{"answer": NOTE_HTML.split("<div><br></div>")[1]}]})
        self.assertEqual(self.differences(found), 0, self.shown.getvalue())

    def test_wrong_titles_authors_and_visits_are_seen(self):
        for what, fields in (("date", {"title": "2026-03-03 09:30, Sarah Whitlock: Review [FD-note-1]"}),
                             ("author in the title", {"title": "2026-03-02 09:30, Lena Brandt: Review [FD-note-1]"}),
                             ("title", {"title": "2026-03-02 09:30, Sarah Whitlock [FD-note-1]"}),
                             ("marker", {"title": "2026-03-02 09:30, Sarah Whitlock: Review"}),
                             ("marker of another", {"title": "2026-03-02 09:30, Sarah Whitlock: Review [FD-note-2]"}),
                             ("author", {"practitioner": link("practitioners", 2)}),
                             ("visit", {"booking": None}),
                             ("draft", {"draft": True}),
                             ("patient", {"patient": link("patients", 102)})):
            self.assert_seen(what, self.changed(**fields))

    def test_a_practitioner_whose_key_was_given_is_the_author(self):
        self.tables["ClinicalNote"][1]["PractitionerID"] = "2"
        self.assert_seen("written with the owner's key", account(), keys={"Old Practitioner": "key"})


class Files(Case):
    def test_bytes_that_changed_are_seen(self):
        for number in (1, 2, 5, 8):
            data = contents()[number][2]
            self.assert_seen(f"file {number}: a byte", self.with_file(number, data[:-1] + b"\x01", size=len(data)))
        self.assert_seen("cut", self.with_file(1, b"I cons", size=6))

    def test_pdfs_that_lack_something_are_seen(self):
        other = compare_pictures.read_png(png_of(20, 10, 90))
        cases = {
            "a line lost": (3, pdf_of(["No fracture."], PICTURE)),
            "another word": (3, pdf_of(["No fracture.", "Abnormal for age."], PICTURE)),
            "the picture lost": (3, pdf_of(["No fracture.", "Normal for age."])),
            "another picture": (3, pdf_of(["No fracture.", "Normal for age."], other)),
            "a JPEG recoded": (4, pdf_of(["Degenerative change."], JPEG_SIZE)),
            "a JPEG with another byte": (4, pdf_of(["Degenerative change."], (JPEG_SIZE, JPEG[:60] + b"\x11" + JPEG[61:]))),
            "a letter with a picture": (7, pdf_of(["Dear Dr Lee", "Thank you."], PICTURE)),
            "a letter as it was": (7, FILES["Letter.files/1.rtf"]),
            "an empty page": (7, pdf_of([])),
            "a broken PDF": (7, b"%PDF-1.4\nbroken"),
            "a note without its picture": (9, pdf_of(["Visit"])),
        }
        for what, (number, data) in cases.items():
            self.assert_seen(what, self.with_file(number, data, size=len(data)))

    def test_facts_that_are_wrong_are_seen(self):
        for what, fields in (("size", {"size": 9}), ("not processed", {"processing_completed": False}),
                             ("a name with blanks", {"filename": "a b.txt"}), ("no name", {"filename": None}),
                             ("description without the name", {"description": "2025-01-02 [FD-1]"}),
                             ("description without the day", {"description": "consent.txt [FD-1]"}),
                             ("no marker", {"description": "consent.txt, 2025-01-02"}),
                             ("another marker", {"description": "consent.txt, 2025-01-02 [FD-9]"}),
                             ("of another patient", {"patient": link("patients", 102)})):
            self.assert_seen(what, self.with_file(1, **fields))

    def test_letters_that_no_font_has_need_the_original_beside_the_pdf(self):
        truth = [dict(row) for row in TRUTH]
        truth[-1]["Text"] = "Dear 王\nThank you.\n"
        files = contents()
        files[7] = (*files[7][:2], pdf_of(["Dear ?", "Thank you."]))
        with contextlib.redirect_stdout(io.StringIO()):
            alone = compare_clinic.compare(self.tables, account(files), {"total": 0}, ANSWERS, truth)
            files[10] = ("original.rtf", "Letter: Discharge, from Sarah Whitlock, 2025-03-04 [FD-letter-1/original]",
                         FILES["Letter.files/1.rtf"])
            beside = compare_clinic.compare(self.tables, account(files), {"total": 0}, ANSWERS, truth)
        self.assertGreater(alone, 0)
        self.assertEqual(beside, 0)


class Rules(unittest.TestCase):
    def test_hours_that_are_skipped_or_repeated(self):
        cases = (
            ("Australia/Sydney", "2025-10-05 02:30:00", "2025-10-04T16:30:00Z"),    # skipped: as if 03:30 daylight time
            ("Australia/Sydney", "2025-04-06 02:30:00", "2025-04-05T15:30:00Z"),    # twice: the first
            ("Australia/Brisbane", "2025-10-05 02:30:00", "2025-10-04T16:30:00Z"),  # no daylight saving there
            ("Australia/Darwin", "2025-10-05 02:29:59.997", "2025-10-04T17:00:00Z"),  # half an hour, and a tick before
        )
        for zone, wall, want in cases:
            with self.subTest(zone=zone, wall=wall):
                self.assertEqual(clinic.shown(clinic.to_utc(clinic.wall(wall), clinic.zoneinfo.ZoneInfo(zone))), want)

    def test_fields_that_hold_more_than_they_should(self):
        self.assertEqual(clinic.split_email("none"), (None, ["none"]))
        self.assertEqual(clinic.split_email(""), (None, []))
        self.assertEqual(clinic.split_phones("02 9555 0140 ext 12"), (["02 9555 0140 ext 12"], []))
        self.assertEqual(clinic.medicare_of({"MedicareNo": "21234567014", "MedicareRef": ""}), ("2123456701", "4"))
        self.assertEqual(clinic.dva_of({"DvaNo": "nx 98 765"}), ("NX98765", []))
        self.assertEqual(clinic.birth_of({"DateOfBirth": "1753-01-01 00:00:00"}, "2026-01-01"), (None, []))
        self.assertEqual(clinic.birth_of({"DateOfBirth": "2030-05-06 00:00:00"}, "2026-01-01"), (None, ["2030-05-06"]))

    def test_rules_for_texts(self):
        self.assertTrue(Holds("a", ["b", "c"]) == "a\nc, b")
        self.assertFalse(Holds("a", ["b", "c"]) == "a\nc")
        self.assertFalse(Holds("a", []) == "ab")
        self.assertTrue(Holds("", []) == None)  # noqa: E711
        self.assertFalse(Holds("", ["a"], without=["b"]) == "a b")
        self.assertEqual(take_marker("text [x] [FD-R7]"), ("text [x]", "FD-R7"))
        self.assertEqual(take_marker("text [FD-1], more"), ("text [FD-1], more", None))
        self.assertFalse(compare_notes.Title("b", "a") == "a b")

    def test_texts_are_read_as_a_person_reads_them(self):
        self.assertEqual(compare_notes.reading("• a\u00a0 b \n\n Zoe\u0308\tx"), ["a b", "Zoë x"])
        self.assertEqual(compare_notes.content_lines({"sections": [{"questions": [{"answer": "<p>a</p>b<br>c"}]}]}),
                         ["a", "b", "c"])

    def test_shaped_letters_are_looked_for_piece_by_piece(self):
        page = compare_files.squeezed("Arabic: ىرسيلا 5 mg")
        self.assertTrue(compare_files.stands_in("Arabic: اليسرى 5 mg", page, True))
        self.assertFalse(compare_files.stands_in("Arabic: اليسرى 6 mg", page, True))
        self.assertFalse(compare_files.stands_in("王 5 mg", page, True))
        self.assertTrue(compare_files.stands_in("王 5 mg", page, False))

    def test_pictures_are_read_alike_in_all_formats(self):
        grey = compare_pictures.read_png(png_of(5, 3, 7))
        rows = [grey.pixels[y * 5:y * 5 + 5] for y in range(3)]
        palette = b"".join(struct.pack("<I", value * 0x10101) for value in range(256))
        dib = struct.pack("<IiiHHIIiiII", 40, 5, 3, 1, 8, 0, 0, 0, 0, 256, 0) + palette
        dib += b"".join(row + b"\0\0\0" for row in reversed(rows))
        self.assertTrue(compare_pictures.read_dib(dib).like(grey, 0))
        bmp = b"BM" + struct.pack("<III", 0, 0, 14 + 40 + 1024) + dib
        self.assertTrue(compare_pictures.read_bmp(bmp).like(grey, 0))
        self.assertFalse(compare_pictures.read_png(png_of(5, 3, 17)).like(grey))
        self.assertEqual(compare_pictures.pictures_in(PICTURE_NOTE), [("png", PNG)])

    def test_null_and_quoted_text_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "T.csv").write_bytes(b'A,B\r\n,"x\r\n""y"""\r\n')
            self.assertEqual(clinic.read_tables(folder), {"T": [{"A": "", "B": 'x\r\n"y"'}]})


if __name__ == "__main__":
    unittest.main()
