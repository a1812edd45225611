#!/bin/sh
# Makes the folder `volume` here, with one of everything that a volume can hold. Needs root, setcap and Linux.
set -e
mkdir volume && cd volume
printf 'one\n' > file
printf '' > empty
head -c 1500 /dev/zero | tr '\0' x > odd-length
printf 'run\n' > setuid && chown 70:70 setuid && chmod 4750 setuid
printf 'cap\n' > capable && setcap cap_net_raw+ep capable
printf 'owner\n' > huge-owner && chown 4294967294:3000000000 huge-owner
printf 'past\n' > past
printf 'fraction\n' > fraction
mkdir empty-folder sticky && chmod 1777 sticky
printf 'inner\n' > sticky/inner
ln -s file symlink
ln -s nowhere dangling
ln -s /etc/passwd absolute
ln -s ../../.. climbing
printf 'linked\n' > link-a && ln link-a link-b && ln link-a sticky/link-c
mkfifo fifo && chmod 600 fifo
mknod null c 1 3
mknod disk b 8 17
long=$(printf 'n%.0s' $(seq 1 120))
printf 'long\n' > "$long"
ln -s "$long" to-long
ln "$long" also-long
mkdir -p deep/"$long"/"$long" && printf 'deep\n' > deep/"$long"/"$long"/"$long"
half=$(printf 'h%.0s' $(seq 1 60))
mkdir $half && printf 'prefix\n' > $half/$half
printf 'latin1\n' > "$(printf 'caf\351')"
printf 'utf8\n' > 'ñandú €'
printf 'newline\n' > "$(printf 'two\nlines')"
printf 'escape\n' > "$(printf 'red\033[31m\\')"
find . -exec touch -h -d @1700000000 {} +
touch -d @-86400 past
touch -d @1700000001.123456789 fraction
chown 70:71 . && chmod 2750 .
touch -d @1700000002 .
