-- A patient as a transfer sends it, for wrk.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
wrk.headers["User-Agent"] = "Handover (bench@example.com)"
wrk.headers["Authorization"] = os.getenv("BENCH_AUTHORIZATION")

local count = 0

request = function()
    count = count + 1
    return wrk.format(nil, nil, nil, string.format(
        '{"first_name":"Zoë","last_name":"O\'Neil-Okafor","title":"Ms","date_of_birth":"1984-02-29","sex":"Female",' ..
        '"email":"zoe.%d@example.com","address_1":"12 Harbour Street","city":"Newcastle","state":"NSW",' ..
        '"post_code":"2300","country":"Australia","medicare":"2123456701","medicare_reference_number":"2",' ..
        '"occupation":"Teacher","notes":"Prefers mornings.\\nSecond line.","patient_phone_numbers":' ..
        '[{"phone_type":"Mobile","number":"0412 345 678"},{"phone_type":"Home","number":"(02) 4900 0000"}],' ..
        '"old_reference_id":"B-%d","reminder_type":"None","receives_confirmation_emails":false}', count, count))
end
