#!/usr/bin/env bash
# Runs in Microsoft's SQL Server image: starts the server, restores /backup/database.bak once, and makes a login that may
# only read. Passwords are made here and stand in the volume of secrets; none is in an argument.
set -euo pipefail

secrets=/run/secrets
sqlcmd=$(ls /opt/mssql-tools*/bin/sqlcmd | tail -n 1)
database=$MSSQL_DATABASE

if [ "${ACCEPT_EULA:-}" != Y ]; then
    echo "mssql.sh: set MSSQL_ACCEPT_EULA=Y when you accept Microsoft's licence of SQL Server" >&2
    exit 1
fi
if [ ! -s /backup/database.bak ]; then
    echo "mssql.sh: set MSSQL_BACKUP to the path of a .bak file" >&2
    exit 1
fi

case $database in
'' | *[!A-Za-z0-9_\ -]*)
    echo "mssql.sh: MSSQL_DATABASE may have letters, digits, blanks, _ and - only" >&2
    exit 1
    ;;
esac

# make <file> <mode>: a password with all kinds of characters that SQL Server asks for.
make() {
    [ -s "$secrets/$1" ] || printf 'aA1-%s\n' "$(tr -dc 'A-Za-z0-9' </dev/urandom | head -c 24)" >"$secrets/$1"
    chmod "$2" "$secrets/$1"
}
umask 077
make mssql_sa_password 600
make source_password 644

MSSQL_SA_PASSWORD=$(cat $secrets/mssql_sa_password)
SQLCMDPASSWORD=$MSSQL_SA_PASSWORD
export MSSQL_SA_PASSWORD SQLCMDPASSWORD
/opt/mssql/bin/sqlservr &
server=$!
trap 'kill -TERM $server' TERM INT

# ask <statement>: the rows, cells separated by |.
ask() {
    "$sqlcmd" -C -S localhost -U sa -b -h -1 -W -s '|' -Q "SET NOCOUNT ON; $1"
}
until ask 'SELECT 1' >/dev/null 2>&1; do
    kill -0 $server
    sleep 1
done

# Nothing when there is no such database.
state() {
    ask "SELECT state_desc FROM sys.databases WHERE name = N'$database'"
}
while [ "$(state)" = RECOVERING ]; do
    sleep 1
done

# A restore that was interrupted leaves the database RESTORING, and is begun again.
restored=$(state)
if [ -z "$restored" ] || [ "$restored" = RESTORING ]; then
    # The files of the backup go where this server keeps its own; FILESTREAM files have no place on Linux.
    moves=$(ask "RESTORE FILELISTONLY FROM DISK = N'/backup/database.bak'" |
        awk -F'|' '{ gsub(/\047/, "\047\047", $1)
                     printf ", MOVE N\047%s\047 TO N\047/var/opt/mssql/data/restored_%d\047", $1, NR }')
    ask "RESTORE DATABASE [$database] FROM DISK = N'/backup/database.bak' WITH REPLACE, CHECKSUM, STOP_ON_ERROR$moves"
fi

# Each step looks for itself whether it was done: a first start that was interrupted is completed by the next one.
ask "IF (SELECT snapshot_isolation_state FROM sys.databases WHERE name = N'$database') <> 1
    ALTER DATABASE [$database] SET ALLOW_SNAPSHOT_ISOLATION ON"
cat >/tmp/reader.sql <<SQL
IF SUSER_ID(N'reader') IS NULL CREATE LOGIN reader WITH PASSWORD = N'$(cat $secrets/source_password)', CHECK_POLICY = OFF;
USE [$database];
IF USER_ID(N'reader') IS NULL CREATE USER reader FOR LOGIN reader;
ELSE ALTER USER reader WITH LOGIN = reader;
ALTER ROLE db_datareader ADD MEMBER reader;
SQL
"$sqlcmd" -C -S localhost -U sa -b -i /tmp/reader.sql
rm /tmp/reader.sql
echo "mssql.sh: $database is there; read it as mssql://reader@mssql/${database// /%20}"
wait $server
