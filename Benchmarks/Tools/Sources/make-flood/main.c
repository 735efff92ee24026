// Writes a capture of a flood to standard output: each tuple once, from addresses all over the range.
//
//   make-flood KIND COUNT [RATE] | snat-audit analyze --server -
//
// KIND: syn, syn6 (IPv6), syn-ack (each SYN answered), ack, fin, rst, fragment (first ones of datagrams
// that never come whole), targets (SYNs to ever other servers), same (one SYN again and again).
// RATE: packets per second of capture time, 200,000 by default.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t frame[128];
static uint64_t packets, rate = 200000;

static void put16(uint8_t *at, uint32_t value) {
  at[0] = value >> 8;
  at[1] = value;
}

static void put32(uint8_t *at, uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

static void put(size_t length) {
  uint64_t microseconds = packets++ * 1000000 / rate;
  uint32_t header[4] = {
      (uint32_t)(1760000000 + microseconds / 1000000), microseconds % 1000000, length, length};
  fwrite(header, sizeof header, 1, stdout);
  fwrite(frame, length, 1, stdout);
}

// A bijection of 32 bits, so that no address comes twice.
static uint32_t mixed(uint32_t value) {
  value *= 0x9e3779b1;
  value ^= value >> 15;
  return value * 0x85ebca6b;
}

static size_t segment(
    int isIPv6, uint32_t host, uint32_t server, int isReply, uint8_t flags, uint32_t sequence,
    uint32_t acknowledgment, uint16_t place) {
  size_t network = isIPv6 ? 40 : 20;
  memset(frame, 0, sizeof frame);
  put32(frame + 2, 0x02000001);
  put32(frame + 8, 0x02000002);
  put16(frame + 12, isIPv6 ? 0x86dd : 0x0800);
  uint8_t *ip = frame + 14, *tcp = ip + network;
  if (isIPv6) {
    ip[0] = 0x60;
    put16(ip + 4, 20);
    ip[6] = 6;
    ip[7] = 64;
    put32(ip + (isReply ? 24 : 8), 0x20010db8);
    put32(ip + (isReply ? 36 : 20), host);
    put32(ip + (isReply ? 8 : 24), 0x20010db9);
    put32(ip + (isReply ? 20 : 36), server);
  } else {
    ip[0] = 0x45;
    put16(ip + 2, 40);
    put16(ip + 4, (uint32_t)packets);
    put16(ip + 6, place);
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + (isReply ? 16 : 12), host);
    put32(ip + (isReply ? 12 : 16), server);
  }
  uint16_t port = 1024 + host % 64000;
  put16(tcp + (isReply ? 2 : 0), port);
  put16(tcp + (isReply ? 0 : 2), 80);
  put32(tcp + 4, sequence);
  put32(tcp + 8, acknowledgment);
  tcp[12] = 0x50;
  tcp[13] = flags;
  put16(tcp + 14, 64240);
  return 14 + network + 20;
}

int main(int count, char **arguments) {
  if (count < 3) {
    fputs("usage: make-flood KIND COUNT [RATE]\n", stderr);
    return 2;
  }
  const char *kind = arguments[1];
  uint64_t tuples = strtoull(arguments[2], NULL, 10);
  if (count > 3) rate = strtoull(arguments[3], NULL, 10);
  static char buffer[1 << 20];
  setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
  uint32_t file[6] = {0xa1b2c3d4, 4 << 16 | 2, 0, 0, 262144, 1};
  fwrite(file, sizeof file, 1, stdout);
  const uint32_t server = 0xc0a80101;
  uint8_t flags = 2;
  if (!strcmp(kind, "ack")) flags = 0x10;
  if (!strcmp(kind, "fin")) flags = 0x11;
  if (!strcmp(kind, "rst")) flags = 4;
  int isIPv6 = !strcmp(kind, "syn6"), isAnswered = !strcmp(kind, "syn-ack");
  int hasTargets = !strcmp(kind, "targets"), isSame = !strcmp(kind, "same");
  uint16_t place = !strcmp(kind, "fragment") ? 0x2000 : 0x4000;
  for (uint64_t number = 0; number < tuples; number++) {
    uint32_t host = mixed((uint32_t)number), isn = host * 2654435761u;
    if (isSame) host = isn = 7;
    put(segment(isIPv6, host, hasTargets ? mixed(host) : server, 0, flags, isn, 0, place));
    if (isAnswered) put(segment(0, host, server, 1, 0x12, 99, isn + 1, place));
  }
  return fflush(stdout) != 0;
}
