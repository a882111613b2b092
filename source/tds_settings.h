/* How a live SQL Server is reached, beside its address: set by the programs that read sources, from their own settings.
 */
#ifndef SOURCE_TDS_SETTINGS_H
#define SOURCE_TDS_SETTINGS_H

struct tds_settings {
    const char *password_file; /* its first line is the password; NULL or empty: there is none */
    const char *ca_file;       /* PEM: the connection is encrypted, and the server's certificate must come from here */
};

extern struct tds_settings tds_settings;

#define TDS_PASSWORD_FILE_HELP                                                                                         \
    "File whose first line is the password of a live SQL Server (mssql://…). Without it 'handover' asks for the "    \
    "password on the terminal."
#define TDS_CA_FILE_HELP                                                                                               \
    "Certificate authority of a live SQL Server (PEM): with it the connection must be encrypted, and the server's "    \
    "certificate is checked."

#endif
