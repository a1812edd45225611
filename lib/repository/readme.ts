/** Puts a backup of any type together with Python's standard library and the `zstd` command, by FORMAT.md alone. */
const script = `import hashlib, itertools, json, os, struct, subprocess, sys, tempfile

def member(folder):
    "Its index, and its own chunks one after the other in a file."
    with open(os.path.join(folder, 'index'), 'rb') as file:
        data = file.read()
    if data[:8] != b'RSPINDEX' or hashlib.sha256(data[:-32]).digest() != data[-32:]:
        sys.exit(folder + ': the index is damaged')
    version, average, p, f, n, s, raw = struct.unpack_from('<6IQ', data, 8)
    at, parents = 40, []
    for _ in range(p):
        length, = struct.unpack_from('<H', data, at)
        parents.append(data[at + 2:at + 2 + length].decode())
        at += 2 + length
    at += 8 * f
    runs = list(struct.iter_unpack('<3I', data[at:at + 12 * s]))
    at += 12 * s
    lengths = struct.unpack_from('<%dI' % n, data, at)
    names = data[at + 4 * n:-32]
    chunks = tempfile.TemporaryFile()
    with open(os.path.join(folder, 'manifest.json')) as file:
        stored = os.path.join(folder, json.load(file)['objects']['data']['name'])
    if os.path.getsize(stored) > 0:
        subprocess.run(['zstd', '-dcq', stored], stdout=chunks, check=True)
    return parents, runs, lengths, [0, *itertools.accumulate(lengths)], names, chunks

folder = sys.argv[1].rstrip('/')
own = member(folder)
members = [own] + [member(os.path.join(os.path.dirname(folder), name)) for name in own[0]]
for backup, first, count in own[1]:
    _, _, lengths, starts, names, chunks = members[backup]
    chunks.seek(starts[first])
    for number in range(first, first + count):
        chunk = chunks.read(lengths[number])
        if hashlib.sha256(chunk).digest() != names[32 * number:32 * number + 32]:
            sys.exit('chunk %d of member %d is damaged' % (number, backup))
        sys.stdout.buffer.write(chunk)
`

const indented = (text: string): string => text.trimEnd().replaceAll(/^(?=.)/gm, '    ')

/** The text of a repository's `README.txt`: how to restore from it with stock tools. */
export const instructions = `This folder is a Respaldo repository: backups of PostgreSQL databases and of volumes.
It can be restored without Respaldo, with zstd, tar and PostgreSQL's own tools.

Backups are in   sources/<source>/<id>/
A backup is whole when its folder holds manifest.json (JSON text, worth reading).

Restore a full backup ("type": "full") into a new, empty database:

    createdb -T template0 mydb
    zstd -dc sources/<source>/<id>/database.dump.zst | pg_restore --no-owner --exit-on-error -d mydb

If the file is called database.sql.zst it is plain SQL:

    zstd -dc sources/<source>/<id>/database.sql.zst | psql -X -v ON_ERROR_STOP=1 -d mydb

If it is called volume.tar.zst it is the tar of a volume, as the folder volume.
As root, where that folder may be made:

    zstd -dc sources/<source>/<id>/volume.tar.zst | tar -xp --numeric-owner --xattrs-include='*'

Roles that the database needs, if they were backed up, are SQL too
(leave out --no-owner above once they exist):

    zstd -dc sources/<source>/<id>/globals.sql.zst

Check a file: manifest.json names each file's size and SHA-256.

    sha256sum sources/<source>/<id>/database.dump.zst

An incremental ("type": "incremental") holds only what its chain had not: the
backups that its index names. Save the script below as restore.py; it needs
Python 3 and zstd, and room in TMPDIR for the chain unpacked. It checks every
piece and prints the dump:

    python3 restore.py sources/<source>/<id> | pg_restore --no-owner --exit-on-error -d mydb

(of a volume: the tar, for the tar command above)

restore.py:

${indented(script)}
`
