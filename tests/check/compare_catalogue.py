"""Taxes, concession types, suppliers, products, services, appointment types and contacts.

taxes             one for each rate that something is taxed with; GST is 10 %
concession types  the price tiers of patients, where the clinic has such tiers
suppliers         each is a supplier of products and a contact
products          prices as they stand on the shelf, with their tax; whole pieces in stock; kept archived when inactive
services          billable items at the first price there is, which is the standard one
referrers         contacts: GPs and specialists as doctors, others as standard; advertisements are no contacts
"""
import decimal

from clinic import ADVERTISING, by_key, expected_types, is_concession, phones_of, split_email
from cliniko import related_id
from compare_report import AnyOf, Holds, Record, line_of, take_marker

GST = decimal.Decimal(10)
STANDARD, DOCTOR = 0, 1
GENERAL_PRACTITIONER, SPECIALIST = "1", "2"
CONTACT_PHONES = (("Work", "Phone"), ("Fax", "Fax"))


def amount(value):
    """An exact number; None for nothing."""
    return decimal.Decimal(str(value)).normalize() if value not in (None, "") else None


def cents(value):
    """A price to the cent, since Cliniko works the tax out of it or onto it."""
    return amount(value).quantize(decimal.Decimal("0.01")) if value not in (None, "") else None


# ---- what should be there ----


def expected_taxes(tables):
    rates = {amount(row["TaxRate"]) for row in tables["Product"] if amount(row["TaxRate"])}
    if any(row["GstIncluded"] == "1" for row in tables["Service"]):
        rates.add(GST)
    return [Record("tax", f"tax of {rate} %", {"rate": rate}) for rate in sorted(rates)]


def expected_concessions(tables, answers):
    return [Record("concession", f"concession type {row['Name']!r}", {"name": line_of(row["Name"])})
            for row in tables["FeeCategory"] if is_concession(row, answers)]


def expected_suppliers(tables):
    return [Record("supplier", f"supplier {row['Name']!r}", {"name": line_of(row["Name"])})
            for row in tables["Supplier"]]


def expected_products(tables):
    suppliers = by_key(tables["Supplier"], "SupplierID")
    records = []
    for row in tables["Product"]:
        supplier = suppliers.get(row["SupplierID"])
        stock = amount(row["StockLevel"])
        fraction = stock is not None and stock % 1 != 0
        records.append(Record(line_of(row["Name"]), f"product {row['ProductID']}", {
            "name": line_of(row["Name"]),
            "price_including_tax": cents(row["SellPrice"]),
            "cost_price": amount(row["CostPrice"]),
            "item_code": line_of(row["Code"]),
            "serial_number": line_of(row["BarCode"]),
            "tax": amount(row["TaxRate"]) or None,
            "supplier": line_of(supplier["Name"]) if supplier else None,
            "stock_level": int(stock) if stock is not None else None,
            "notes": Holds("", [f"{stock:f}" if fraction else None, row["SupplierID"] if not supplier else None]),
            "archived": row["IsActive"] == "0",
        }))
    return records


def first_prices(tables):
    """{service: price} of the category that stands first."""
    prices = {}
    for row in sorted(tables["ServicePrice"], key=lambda row: int(row["FeeCategoryID"])):
        prices.setdefault(row["ServiceID"], amount(row["Price"]))
    return prices


def expected_services(tables, answers):
    """Each service once; or where tiers are those of practitioners, once for each price."""
    if answers.says("charge_types", "practitioner"):
        return tiered_services(tables)
    prices = first_prices(tables)
    return [Record(line_of(row["Description"]), f"service {row['ServiceID']}", {
        "name": line_of(row["Description"]),
        "item_type": "Service",
        "item_code": line_of(row["ItemCode"]),
        "price": prices.get(row["ServiceID"], amount(0)),
        "tax": GST if row["GstIncluded"] == "1" else None,
        "archived": row["IsActive"] == "0",
    }) for row in tables["Service"]]


def tiered_services(tables):
    services = by_key(tables["Service"], "ServiceID")
    tiers = by_key(tables["FeeCategory"], "FeeCategoryID")
    rows = [(services[row["ServiceID"]], tiers[row["FeeCategoryID"]], row["Price"]) for row in tables["ServicePrice"]]
    priced = {row["ServiceID"] for row in tables["ServicePrice"]}
    rows += [(row, None, "0") for row in tables["Service"] if row["ServiceID"] not in priced]
    records = []
    for service, tier, price in rows:
        name = line_of(service["Description"]) + (f" ({line_of(tier['Name'])})" if tier else "")
        records.append(Record(name, f"service {name!r}", {
            "name": name,
            "item_type": "Service",
            "item_code": line_of(service["ItemCode"]),
            "price": amount(price),
            "tax": GST if service["GstIncluded"] == "1" else None,
            "archived": service["IsActive"] == "0" or bool(tier) and tier["IsActive"] == "0",
        }))
    return records


def first_tier(tables, answers):
    """{service: what its billable item is called after its description} where tiers are those of practitioners."""
    if not answers.says("charge_types", "practitioner"):
        return {}
    tiers = by_key(tables["FeeCategory"], "FeeCategoryID")
    first = {}
    for row in sorted(tables["ServicePrice"], key=lambda row: int(row["FeeCategoryID"])):
        first.setdefault(row["ServiceID"], f" ({line_of(tiers[row['FeeCategoryID']]['Name'])})")
    return first


def colour_of(row):
    """#rrggbb of a number whose lowest byte is red."""
    number = int(row["Colour"])
    return f"#{number & 255:02x}{number >> 8 & 255:02x}{number >> 16 & 255:02x}"


def expected_appointment_types(tables, answers):
    tiers = first_tier(tables, answers)
    services = by_key(tables["Service"], "ServiceID")
    minutes = expected_types(tables)
    rows = {line_of(row["Name"]): row for row in tables["AppointmentType"]}
    records = []
    for name in minutes:
        row = rows.get(name)
        service = services.get(row["ServiceID"]) if row else None
        records.append(Record(name, f"appointment type {name!r}", {
            "name": name,
            "duration_in_minutes": minutes[name],
            "color": colour_of(row) if row else AnyColour(),
            "billable_item": line_of(service["Description"]) + tiers.get(service["ServiceID"], "") if service else None,
            "archived": bool(row) and row["IsActive"] == "0",
            "appointment_confirmation_template_ids": [],
            "appointment_reminder_template_ids": [],
            "show_in_online_bookings": False,
        }))
    return records


class AnyColour:
    def __eq__(self, other):
        return isinstance(other, str) and other.startswith("#")

    def __repr__(self):
        return "a colour"


def contact_of(row, name, fields):
    email, more_email = split_email(row["Email"])
    phones, more_phones = phones_of(row, CONTACT_PHONES)
    return Record("contact", f"contact {name}", {
        "email": email,
        "address_1": line_of(row["Address1"]),
        "address_2": line_of(row["Address2"]),
        "city": line_of(row["Suburb"]),
        "state": line_of(row["State"]),
        "post_code": line_of(row["PostCode"]),
        "phones": phones,
        "notes": Holds("", more_email + more_phones + fields.pop("more", [])),
        "archived": row["IsActive"] == "0",
        **fields,
    })


def expected_contacts(tables):
    records = []
    for row in tables["Supplier"]:
        names = (line_of(row["ContactName"]) or "").split(" ")
        records.append(contact_of(row, f"of supplier {row['SupplierID']}", {
            "type_code": STANDARD, "doctor_type": None, "title": None,
            "person": line_of(row["ContactName"]), "first_name": AnyOf(None, *names),
            "company_name": line_of(row["Name"]), "occupation": None, "provider_number": None, "more": ["Supplier"],
        }))
    for row in tables["Referrer"]:
        if row["Kind"] == ADVERTISING:
            continue
        doctor = row["Kind"] in (GENERAL_PRACTITIONER, SPECIALIST)
        records.append(contact_of(row, f"of referrer {row['ReferrerID']}", {
            "type_code": DOCTOR if doctor else STANDARD,
            "doctor_type": {GENERAL_PRACTITIONER: "general_practitioner", SPECIALIST: "specialist"}.get(row["Kind"]),
            "title": line_of(row["Title"]),
            "person": line_of(f"{row['FirstName']} {row['Surname']}"), "first_name": line_of(row["FirstName"]),
            "company_name": line_of(row["PracticeName"]),
            "occupation": line_of(row["Speciality"]),
            "provider_number": line_of(row["ProviderNumber"]),
        }))
    return records


# ---- what is there ----


class Names:
    """Looks related records up by their ids."""

    def __init__(self, account):
        self.taxes = {entry["id"]: amount(entry["rate"]) for entry in account["taxes"]}
        self.suppliers = {entry["id"]: entry["name"] for entry in account["product_suppliers"]}
        self.items = {entry["id"]: entry["name"] for entry in account["billable_items"]}


def found_products(account, names):
    records = []
    for entry in account["products"]:
        notes, _ = take_marker(entry["notes"])
        records.append(Record(entry["name"], f"product {entry['name']!r}", {
            **entry,
            "price_including_tax": cents(entry["price_including_tax"]),
            "cost_price": amount(entry["cost_price"]),
            "tax": names.taxes.get(related_id(entry, "tax")),
            "supplier": names.suppliers.get(related_id(entry, "product_supplier")),
            "notes": notes,
            "archived": entry.get("archived_at") is not None,
        }))
    return records


def found_services(account, names):
    return [Record(entry["name"], f"billable item {entry['name']!r}", {
        **entry,
        "price": amount(entry["price"]),
        "tax": names.taxes.get(related_id(entry, "tax")),
        "archived": entry.get("archived_at") is not None,
    }) for entry in account["billable_items"]]


def found_types(account, names):
    return [Record(entry["name"], f"appointment type {entry['name']!r}", {
        **entry,
        "billable_item": names.items.get(related_id(entry, "billable_item")),
        "archived": entry.get("archived_at") is not None,
    }) for entry in account["appointment_types"]]


def found_contacts(account):
    records = []
    for entry in account["contacts"]:
        notes, marker = take_marker(entry["notes"])
        records.append(Record("contact", f"contact {marker}", {
            **entry,
            "person": line_of(f"{entry['first_name'] or ''} {entry['last_name'] or ''}"),
            "phones": sorted((phone["phone_type"], phone["number"]) for phone in entry["phone_numbers"]),
            "notes": notes,
            "archived": entry.get("archived_at") is not None,
        }))
    return records


def named(account, collection, group):
    return [Record(group, f"{group} {entry['name']!r}", {"name": entry["name"]}) for entry in account[collection]]


def compare_catalogue(tables, account, answers, differences):
    names = Names(account)
    differences.records(expected_taxes(tables),
                        [Record("tax", f"tax {entry['name']!r}", {"rate": amount(entry["rate"])})
                         for entry in account["taxes"]])
    differences.records(expected_concessions(tables, answers), named(account, "concession_types", "concession"))
    differences.records(expected_suppliers(tables), named(account, "product_suppliers", "supplier"))
    differences.records(expected_products(tables), found_products(account, names))
    differences.records(expected_services(tables, answers), found_services(account, names))
    differences.records(expected_appointment_types(tables, answers), found_types(account, names))
    differences.records(expected_contacts(tables), found_contacts(account))
    for collection in ("products", "contacts"):
        differences.markers(collection, [(entry.get("name") or entry["id"], take_marker(entry["notes"])[1])
                                         for entry in account[collection]])
