import { type MetricName } from "./metrics.ts";

/** Why targets are missed, as far as profiles tell: stands beside each that is. */
export const explanations: Readonly<Partial<Record<MetricName, string>>> = {
  "produce1m.perCpuSecond": `A request is writing (36 %), CRC (13 %), receiving (10 %), a look at each record (5 %) and the
flush of the segment that was rolled (6 %); JavaScript and the collector are next to nothing. Kafka makes the same system
calls and computes the same sum.`,
  "produce6p.perSecond": `What the line below says: the broker has one thread for this, which is busy all the time,
while Kafka uses 1.1 cores. Writes by the thread pool use the second core, but are not more records (see "Writes by the
event loop or by the thread pool").`,
  "produce6p.perCpuSecond": `By perf a request of 64 KB is 56 µs of CPU: writing the file 27 µs (48 %), CRC 10 (18 %),
the look at each record 3 (6 %), sending 3 (5 %), receiving 2.5 (4 %), the one copy 1 (2 %), waiting for events, collector and
compiler 1 (2 %); what is left, 8 (15 %), is JavaScript and Node's own in small pieces, the largest 1 µs. Writing, receiving,
sending and CRC, which no broker can do without, are 42 µs; Kafka's whole request is 144, and a quarter of that 36.`,
  "connections.kilobytesEach": `V8's objects are 1.7 kB each, 0.8 of them Node's socket and 0.9 ours; malloc has 1.1 to 1.9 for libuv's
handle and Node's wrapper of it. What else there is are pages that V8 has not given back. Kafka's connections fill a heap that is
resident already: the broker as a whole has a fifth of its memory (line below).`,
  "ceiling.share": `The ceiling receives and answers, and keeps nothing: 4.7 µs for a request of 16 KB. Writing it to a
file alone costs more than that (5.3 µs of 18), then come CRC (2.7), the look at the records (0.9) and JavaScript in a
hundred small pieces (4 to 5). The line below compares with a sink that writes.`,
  "rebalanceClassic.ms": `The broker works for a share of that time only (line below). The rest is the 200 members', which
are one process: it is busy for half of the time, and has three answers to wait for, one after the other.`,
  "rebalanceConsumer.ms": `Each join makes a new target of all members (40 % of the CPU time by the profile; records 15 %; the
rest requests and answers), in the one thread that also reads the requests, where Kafka has one for each and two cores.`,
  "pacedTransactions.perSecond": `Each transaction lasts 100 ms by its producer's will, so that no broker can have more
than 10 a second. What can differ is how many records go into them (line below).`,
};
