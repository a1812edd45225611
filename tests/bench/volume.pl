# Fills a folder, or changes 1 % of its files: volume.pl FOLDER BYTES | volume.pl FOLDER change. A third of the bytes are small files, a third
# large ones of text, a third large ones that nothing compresses. Text is cut out of a corpus that is many times larger than a compressor's window.
use strict;
use warnings;

my ($root, $what) = @ARGV;
srand($what eq 'change' ? 2 : 1);
my @words = map { join '', map { (qw(b c d f g l m n p r s t v))[rand 13] . (qw(a e i o u))[rand 5] } 1 .. 1 + rand 4 } 1 .. 4000;
my $corpus = '';
$corpus .= $words[4000**rand() - 1] . (rand() < 0.1 ? ".\n" : ' ') while length $corpus < 24_000_000;
open my $random, '<', '/dev/urandom' or die $!;

sub text {
  my ($bytes) = @_;
  my $text = '';
  $text .= int(rand 1e9) . ' ' . substr($corpus, rand(length($corpus) - 2000), 200 + rand 1200) while length $text < $bytes;
  return substr $text, 0, $bytes;
}

sub noise {
  my ($bytes) = @_;
  sysread $random, my $noise, 1_000_000;
  while (length $noise < $bytes) { sysread $random, $noise, 1_000_000, length $noise }
  return substr $noise, 0, $bytes;
}

sub put {
  my ($path, $content) = @_;
  open my $file, '>', $path or die "$path: $!";
  print $file $content or die $!;
  close $file or die $!;
}

if ($what eq 'change') {
  my @files = split /\0/, `find "$root" -type f -print0 | sort -z`;
  for (my $at = 50; $at < @files; $at += 100) {
    my $bytes = -s $files[$at];
    put($files[$at], $files[$at] =~ /noise/ ? noise($bytes) : text($bytes));
  }
  exit;
}

my $third = $what / 3;
my $large = 10_000_000 < $third / 4 ? 10_000_000 : $third / 4;
for (my ($done, $n) = (0, 0); $done < $third; $n++) {
  my $folder = sprintf "$root/small/%03d", $n / 500;
  system 'mkdir', '-p', $folder if $n % 500 == 0;
  my $bytes = int(500 + 15_000 * rand() ** 2 * 1.5);
  put(sprintf("$folder/%06d.txt", $n), text($bytes));
  $done += $bytes;
}
mkdir "$root/$_" for qw(text noise);
put("$root/text/$_.log", text($large)), put("$root/noise/$_.bin", noise($large)) for 1 .. $third / $large;
