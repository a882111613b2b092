/* The password of a live SQL Server, for this program and the workers that it starts. */
#ifndef CLI_SOURCE_PASSWORD_H
#define CLI_SOURCE_PASSWORD_H

/* For an address mssql://… only. The files of the settings are put into the environment by their full paths, for
 * workers in other folders. Without a password file the password is asked for on the terminal, not shown, and kept in a
 * file in memory that the workers inherit. Where there is no terminal nothing happens: opening the source says what is
 * missing. */
void source_password_prepare(const char *source);

#endif
