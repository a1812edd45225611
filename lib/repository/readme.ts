/** The text of a repository's `README.txt`: how to restore from it with stock tools. */
export const instructions = `This folder is a Respaldo repository: backups of PostgreSQL databases.
It can be restored without Respaldo, with zstd and PostgreSQL's own tools.

Backups are in   sources/<source>/<id>/
A backup is whole when its folder holds manifest.json (JSON text, worth reading).

Restore a full backup ("type": "full") into a new, empty database:

    createdb -T template0 mydb
    zstd -dc sources/<source>/<id>/database.dump.zst | pg_restore --no-owner --exit-on-error -d mydb

If the file is called database.sql.zst it is plain SQL:

    zstd -dc sources/<source>/<id>/database.sql.zst | psql -X -v ON_ERROR_STOP=1 -d mydb

Roles that the database needs, if they were backed up, are SQL too
(leave out --no-owner above once they exist):

    zstd -dc sources/<source>/<id>/globals.sql.zst

Check a file: manifest.json names each file's size and SHA-256.

    sha256sum sources/<source>/<id>/database.dump.zst
`
