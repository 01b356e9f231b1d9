#!/usr/bin/perl
# Sends and answers what Node has no sockets for: SCTP (which many kernels lack too) and ICMP echo, through raw sockets.
# Only what every Debian has of Perl (perl-base) is used.
#
#   raw.pl sctp-serve ADDRESS PORT...                          answers INIT with INIT-ACK until its input ends
#   raw.pl sctp ADDRESS PORT TRIES TIMEOUT_MS [SOURCE]         one line a try:
#   raw.pl icmp ADDRESS 0 TRIES TIMEOUT_MS [SOURCE]            answered ADDRESS PORT PEER PEERPORT LOCAL LOCALPORT |
#                                                              refused | unreachable | silent
use strict;
use warnings;
use Errno qw(EAGAIN ECONNREFUSED EPERM);
use Socket qw(AF_INET AF_INET6 SOCK_RAW inet_pton inet_ntop pack_sockaddr_in unpack_sockaddr_in pack_sockaddr_in6 unpack_sockaddr_in6);

use constant { SCTP => 132, ICMP => 1, ICMPV6 => 58, INIT => 1, INIT_ACK => 2 };

my @crc = map { my $c = $_; $c = $c & 1 ? ($c >> 1) ^ 0x82F63B78 : $c >> 1 for 1 .. 8; $c } 0 .. 255;

sub crc32c {
    my $crc = 0xFFFFFFFF;
    $crc = ($crc >> 8) ^ $crc[($crc ^ $_) & 0xFF] for unpack 'C*', shift;
    return $crc ^ 0xFFFFFFFF;
}

sub family { return $_[0] =~ /:/ ? AF_INET6 : AF_INET }

sub endpoint {
    my ($address) = @_;
    my $family = family($address);
    my $packed = inet_pton($family, $address) // die "not an address: $address\n";
    return $family == AF_INET ? pack_sockaddr_in(0, $packed) : pack_sockaddr_in6(0, $packed);
}

sub text {
    my ($name, $family) = @_;
    my (undef, $packed) = $family == AF_INET ? unpack_sockaddr_in($name) : unpack_sockaddr_in6($name);
    return inet_ntop($family, $packed);
}

sub raw_socket {
    my ($family, $protocol) = @_;
    socket(my $socket, $family, SOCK_RAW, $protocol) or die "raw socket: $!\n";
    return $socket;
}

# An IPv4 raw socket delivers the IP header too; an IPv6 one does not.
sub payload {
    my ($packet, $family) = @_;
    return $packet if $family == AF_INET6;
    return substr $packet, 4 * (ord($packet) & 0x0F);
}

sub sctp_packet {
    my ($from, $to, $tag, $chunk) = @_;
    my $head = pack 'nnN', $from, $to, $tag;
    my $sum = crc32c($head . pack('V', 0) . $chunk);
    return $head . pack('V', $sum) . $chunk;
}

sub init_chunk {
    my ($type, $tag, $parameters) = @_;
    my $body = pack('NNnnN', $tag, 65536, 1, 1, 1) . $parameters;
    return pack('CCn', $type, 0, 4 + length $body) . $body . ("\0" x (-length($body) % 4));
}

sub sctp_serve {
    my ($address, @ports) = @_;
    my %served = map { $_ => 1 } @ports;
    my $family = family($address);
    my $socket = raw_socket($family, SCTP);
    bind $socket, endpoint($address) or die "bind $address: $!\n";
    $| = 1;
    print "ready\n";
    while (1) {
        my $wanted = '';
        vec($wanted, fileno($_), 1) = 1 for $socket, \*STDIN;
        select(my $readable = $wanted, undef, undef, undef);
        if (vec $readable, fileno(STDIN), 1) { sysread(STDIN, my $ignored, 1) or exit 0 }
        next unless vec $readable, fileno($socket), 1;
        my $peer = recv $socket, my $packet, 65535, 0;
        next unless defined $peer;
        my ($from, $to, undef, undef, $type, undef, undef, $tag) = unpack 'nnNVCCnN', payload($packet, $family) . ("\0" x 20);
        next unless $type == INIT && $served{$to};
        # The state cookie says who answered and whom it saw.
        my $cookie = join ' ', $address, $to, text($peer, $family), $from;
        my $parameter = pack('nn', 7, 4 + length $cookie) . $cookie;
        send $socket, sctp_packet($to, $from, $tag, init_chunk(INIT_ACK, 1 + int rand 0x7FFFFFFF, $parameter)), 0, $peer;
    }
}

# Sends one packet from a new socket; returns the line for it.
sub try {
    my ($socket, $packet, $timeout, $read) = @_;
    send $socket, $packet, 0 or $! == EPERM or return $! == ECONNREFUSED ? 'refused' : 'unreachable';
    my $left = $timeout;
    while (1) {
        my $wanted = '';
        vec($wanted, fileno($socket), 1) = 1;
        (my $found, $left) = select(my $readable = $wanted, undef, undef, $left);
        return 'silent' unless $found > 0;
        my $peer = recv $socket, my $answer, 65535, 0;
        return $! == ECONNREFUSED ? 'refused' : 'unreachable' unless defined $peer;
        my $line = $read->($answer);
        return $line if defined $line;
    }
}

sub opened {
    my ($address, $protocol, $source) = @_;
    my $socket = raw_socket(family($address), $protocol);
    if (defined $source) { bind $socket, endpoint($source) or die "bind $source: $!\n" }
    connect $socket, endpoint($address) or return (undef, undef);
    return ($socket, text(getsockname($socket), family($address)));
}

sub sctp_try {
    my ($address, $port, $timeout, $source) = @_;
    my ($socket, $local) = opened($address, SCTP, $source);
    return 'unreachable' unless defined $socket;
    my $own = 1024 + int rand 64000;
    return try($socket, sctp_packet($own, $port, 0, init_chunk(INIT, 1 + int rand 0x7FFFFFFF, '')), $timeout, sub {
        my $answer = payload($_[0], family($address));
        my ($from, $to, undef, undef, $type) = unpack 'nnNVC', $answer . ("\0" x 16);
        return undef unless $from == $port && $to == $own && $type == INIT_ACK;
        my (undef, $length) = unpack 'nn', substr $answer, 32;
        return join ' ', 'answered', substr($answer, 36, $length - 4), $local, $own;
    });
}

sub icmp_try {
    my ($address, $timeout, $source) = @_;
    my $v6 = family($address) == AF_INET6;
    my ($socket, $local) = opened($address, $v6 ? ICMPV6 : ICMP, $source);
    return 'unreachable' unless defined $socket;
    my $id = int rand 65536;
    my $echo = pack 'CCnnn', $v6 ? 128 : 8, 0, 0, $id, 1;
    # The kernel fills in the checksum of ICMPv6, which covers the addresses; that of ICMP is ours.
    if (!$v6) {
        my $sum = 0;
        $sum += $_ for unpack 'n*', $echo;
        $sum = ($sum & 0xFFFF) + ($sum >> 16) while $sum >> 16;
        substr($echo, 2, 2) = pack 'n', ~$sum & 0xFFFF;
    }
    return try($socket, $echo, $timeout, sub {
        my ($type, undef, undef, $answered) = unpack 'CCnn', payload($_[0], family($address)) . ("\0" x 8);
        return undef unless $type == ($v6 ? 129 : 0) && $answered == $id;
        return join ' ', 'answered', $address, 0, $local, $id, $local, $id;
    });
}

my ($mode, $address, @rest) = @ARGV;
die "usage: raw.pl sctp-serve|sctp|icmp ADDRESS ...\n" unless defined $address;
if ($mode eq 'sctp-serve') { sctp_serve($address, @rest) }
my ($port, $tries, $timeout, $source) = @rest;
for (1 .. $tries) {
    print $mode eq 'sctp' ? sctp_try($address, $port, $timeout / 1000, $source) : icmp_try($address, $timeout / 1000, $source), "\n";
}
