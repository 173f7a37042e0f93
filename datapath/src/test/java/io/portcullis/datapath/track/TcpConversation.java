package io.portcullis.datapath.track;

import io.portcullis.datapath.packet.PacketView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Two TCP ends that talk over a network which loses, doubles and reorders, and the packets as a listener between client
 * and server sees them. The ends follow RFC 9293, 7323 and 2018: scaled windows that never shrink, zero windows and
 * their probes, keep-alives, retransmissions, selective acknowledgements, half-close. A seed makes the same talk again.
 */
final class TcpConversation {
    private static final int MAX_STEPS = 100_000;

    private final Random random;
    private final Host client;
    private final Host server;
    private final List<PacketView> seen = new ArrayList<>();

    private TcpConversation(Random random, Packets.End clientEnd, Packets.End serverEnd) {
        this.random = random;
        client = new Host(clientEnd, serverEnd);
        server = new Host(serverEnd, clientEnd);
        client.peer = server;
        server.peer = client;
    }

    /** All packets of a whole life that the listener sees. */
    static List<PacketView> of(Random random, Packets.End client, Packets.End server) {
        TcpConversation talk = new TcpConversation(random, client, server);
        talk.run();
        return talk.seen;
    }

    private void run() {
        client.sendSyn(false);
        for (int step = 0; step < MAX_STEPS && !(client.isDone() && server.isDone()); step++) {
            Host host = random.nextBoolean() ? client : server;
            int dice = random.nextInt(100);
            if (dice < 60) {
                host.receive();
            } else if (dice < 90) {
                host.send();
            } else {
                host.retransmit();
            }
        }
        if (!client.isDone() || !server.isDone()) {
            throw new AssertionError("the ends did not come to an end");
        }
    }

    private record Segment(int flags, int sequence, int acknowledgement, int window, int bytes) {}

    /** One end. Sequence numbers are counted from the SYN (0) as long and sent modulo 2^32. */
    private final class Host {
        private final Packets.End self;
        private final Packets.End other;
        private final int initial = random.nextInt();
        private final boolean wantsScale = random.nextInt(4) > 0;
        private final boolean wantsSack = random.nextInt(4) > 0;
        private final int ownScale = wantsScale ? random.nextInt(15) : 0;
        private final int segmentBytes = random.nextInt(5) == 0 ? 60_000 : 1 + random.nextInt(1_460);
        private final long total = 1L + random.nextInt(20) * (long) segmentBytes;
        private final boolean closesEarly = random.nextBoolean();
        private final List<Segment> inbox = new ArrayList<>();
        private final List<long[]> beyond = new ArrayList<>();
        private Host peer = this;
        private boolean isScaling;
        private boolean isSacking;
        private boolean isOpen;
        private int peerInitial;
        private boolean knowsPeer;
        private long unacknowledged;
        private long next;
        /** Right edge of what the peer allows, in our numbers. */
        private long allowed;

        private long expected;
        private long promised;
        /** In the peer's numbers, behind its FIN; 0: not seen. */
        private long peerFinEnd;

        Host(Packets.End self, Packets.End other) {
            this.self = self;
            this.other = other;
        }

        /** SYN, data, FIN: all sent and acknowledged, and the peer's FIN received. */
        boolean isDone() {
            return unacknowledged == total + 2 && peerFinEnd != 0 && expected == peerFinEnd;
        }

        void sendSyn(boolean isAnswer) {
            next = Math.max(next, 1);
            promised = Math.max(promised, expected + 30_000);
            emit(isAnswer ? Packets.SYN | Packets.ACK : Packets.SYN, 0, 0);
        }

        void send() {
            if (!isOpen) {
                return;
            }
            boolean mayClose = next == total + 1 && (closesEarly || peerFinEnd != 0 || random.nextInt(20) == 0);
            if (mayClose) {
                next = total + 2;
                emit(Packets.FIN | Packets.ACK, total + 1, 0);
                return;
            }
            long room = Math.min(Math.min(allowed, total + 1) - next, segmentBytes);
            if (room > 0) {
                long from = next;
                next += room;
                emit(Packets.ACK, from, (int) room);
            } else if (random.nextInt(10) == 0) {
                emit(Packets.ACK, next, 0);
            }
        }

        void retransmit() {
            if (!isOpen) {
                if (next > 0) {
                    sendSyn(knowsPeer);
                }
                return;
            }
            if (unacknowledged == next) {
                // keep-alive: one byte or none below what is next
                emit(Packets.ACK, next - 1, 0);
            } else if (unacknowledged == total + 1) {
                emit(Packets.FIN | Packets.ACK, total + 1, 0);
            } else if (unacknowledged > 0) {
                long from = unacknowledged;
                long to = Math.min(Math.min(next, total + 1), from + segmentBytes);
                emit(Packets.ACK, from, (int) (to - from));
            } else {
                sendSyn(true);
            }
            boolean isStuck = allowed <= next && unacknowledged == next && next <= total;
            if (isStuck) {
                // zero-window probe
                emit(Packets.ACK, next++, 1);
            }
        }

        void receive() {
            if (inbox.isEmpty()) {
                return;
            }
            int at = random.nextInt(4) == 0 ? random.nextInt(inbox.size()) : 0;
            Segment segment = random.nextInt(30) == 0 ? inbox.get(at) : inbox.remove(at);
            if ((segment.flags & Packets.SYN) != 0) {
                receiveSyn(segment);
                return;
            }
            if (!knowsPeer || next == 0) {
                return;
            }
            acknowledged(segment);
            boolean isFin = (segment.flags & Packets.FIN) != 0;
            if (segment.bytes > 0 || isFin) {
                long from = expected + (segment.sequence - (int) (peerInitial + expected));
                take(from, from + segment.bytes + (isFin ? 1 : 0));
                if (isFin) {
                    peerFinEnd = from + segment.bytes + 1;
                }
                emit(Packets.ACK, next, 0);
            } else if (segment.sequence - (int) (peerInitial + expected) < 0) {
                emit(Packets.ACK, next, 0);
            }
        }

        private void receiveSyn(Segment segment) {
            if (!knowsPeer) {
                knowsPeer = true;
                peerInitial = segment.sequence;
                expected = 1;
                isScaling = wantsScale && peer.wantsScale;
                isSacking = wantsSack && peer.wantsSack;
            }
            if ((segment.flags & Packets.ACK) == 0) {
                if (!isOpen) {
                    sendSyn(true);
                }
                return;
            }
            if (unacknowledged == 0) {
                acknowledged(segment);
            }
            emit(Packets.ACK, next, 0);
        }

        private void acknowledged(Segment segment) {
            long upTo = unacknowledged + (segment.acknowledgement - (int) (initial + unacknowledged));
            boolean isSyn = (segment.flags & Packets.SYN) != 0;
            if (upTo >= unacknowledged && upTo <= next) {
                unacknowledged = upTo;
                isOpen |= upTo > 0;
            }
            long window = (long) segment.window << (isScaling && !isSyn ? peer.ownScale : 0);
            allowed = Math.max(allowed, upTo + window);
        }

        private void take(long from, long to) {
            beyond.add(new long[] {from, to});
            boolean moved = true;
            while (moved) {
                moved = false;
                for (int i = beyond.size() - 1; i >= 0; i--) {
                    long[] range = beyond.get(i);
                    if (range[0] <= expected) {
                        moved |= range[1] > expected;
                        expected = Math.max(expected, range[1]);
                        beyond.remove(i);
                    }
                }
            }
        }

        private int window(boolean isSyn) {
            int shift = isScaling && !isSyn ? ownScale : 0;
            long unit = 1L << shift;
            long wanted = random.nextInt(8) == 0 ? 0 : random.nextInt(isSyn ? 65_536 : 120_000);
            // never takes back what was promised, rounds up to what the scale can say
            long window = Math.max(wanted, promised - expected);
            long field = Math.min(65_535, Math.max(0, (window + unit - 1) / unit));
            promised = Math.max(promised, expected + field * unit);
            return (int) field;
        }

        private void emit(int flags, long from, int bytes) {
            if (random.nextInt(20) == 0) {
                return; // lost before the listener
            }
            boolean isSyn = (flags & Packets.SYN) != 0;
            boolean isAck = (flags & Packets.ACK) != 0;
            int sequence = initial + (int) from;
            int acknowledgement = isAck ? peerInitial + (int) expected : 0;
            int window = window(isSyn);
            Packets.Tcp segment = Packets.tcp(self, other, flags)
                    .seq(sequence)
                    .ack(acknowledgement)
                    .win(window)
                    .bytes(bytes);
            boolean saysScale = isSyn && wantsScale && (!isAck || peer.wantsScale);
            if (saysScale) {
                segment.scale(ownScale);
            }
            if (isSyn && wantsSack && (!isAck || peer.wantsSack)) {
                segment.sackPermitted();
            }
            if (isSacking && !isSyn && !beyond.isEmpty()) {
                long[] range = beyond.get(random.nextInt(beyond.size()));
                segment.sack(peerInitial + (int) range[0], peerInitial + (int) range[1]);
            }
            seen.add(segment.view());
            if (random.nextInt(20) > 0) {
                peer.inbox.add(new Segment(flags, sequence, acknowledgement, window, bytes));
            }
            if (random.nextInt(20) == 0) {
                Collections.shuffle(peer.inbox, random);
            }
        }
    }
}
