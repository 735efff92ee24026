// libpcap doing nothing: reads a capture and adds up the lengths. The floor that `make bench`
// holds snat-audit against.
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

struct totals {
  uint64_t packets, bytes;
};

static void add(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
  struct totals *totals = (struct totals *)user;
  (void)bytes;
  totals->packets += 1;
  totals->bytes += header->len;
}

int main(int count, char **arguments) {
  char message[PCAP_ERRBUF_SIZE];
  struct totals totals = {0, 0};
  if (count != 2) {
    fprintf(stderr, "usage: empty-loop CAPTURE\n");
    return 2;
  }
  pcap_t *capture = pcap_open_offline(arguments[1], message);
  if (!capture) {
    fprintf(stderr, "%s\n", message);
    return 2;
  }
  int result = pcap_loop(capture, -1, add, (u_char *)&totals);
  if (result < 0) fprintf(stderr, "%s\n", pcap_geterr(capture));
  pcap_close(capture);
  printf("%lu packets, %lu bytes\n", totals.packets, totals.bytes);
  return result < 0 ? 2 : 0;
}
