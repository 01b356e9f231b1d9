# Sends UDP datagrams through a raw socket, each to a random Service and from a source port of its own, so that each is
# a new flow: perl send.pl SOURCE SERVICES FLOWS (at most 60,000) prints flows a second.
use strict;
use warnings;
use Socket;
use Time::HiRes qw(time);
my ($source, $services, $flows) = @ARGV;
socket(my $raw, AF_INET, SOCK_RAW, 255) or die "raw socket: $!";
my $from = inet_aton($source);
srand(7);
my @packets = map {
  my $service = 1 + int(rand($services));
  my $to = pack('C4', 10, 96 + ($service >> 16), ($service >> 8) & 255, $service & 255);
  my $datagram = pack('nnnn', 2000 + $_, 80, 8, 0);
  [pack('CCnnnCCna4a4', 0x45, 0, 28, $_, 0, 64, 17, 0, $from, $to) . $datagram, pack_sockaddr_in(0, $to)];
} 1 .. $flows;
my $began = time;
send($raw, $_->[0], 0, $_->[1]) for @packets;
printf "%.0f\n", $flows / (time - $began);
