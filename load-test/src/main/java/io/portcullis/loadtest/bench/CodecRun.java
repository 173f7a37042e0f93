package io.portcullis.loadtest.bench;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.ImportResult;
import io.portcullis.datapath.track.TableBatch;
import io.portcullis.datapath.track.TableCodec;
import io.portcullis.datapath.track.TableExport;
import io.portcullis.datapath.track.TableImport;
import io.portcullis.loadtest.bench.CodecBench.CodecResult;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.Deflater;

/**
 * A table of {@link MigrateFlows} goes from one engine to another, again and again, in pieces as large as those of a migration. One thread. What is
 * timed, in processor time, is what the loop, the encoding thread and the decoding thread of hosts do; not messages, encryption and frames.
 */
final class CodecRun {
    /** As a migration copies and encodes them. */
    private static final int SLOTS_PER_STEP = 256;

    private static final int BATCH_SLOTS = 16_384;

    private static final long SECOND = 1_000_000_000L;
    private static final long MILLISECOND = 1_000_000L;
    /** While which the connections are opened, and then used. */
    private static final int OPENING_SECONDS = 20;

    private static final int USE_SECONDS = 20;
    /** Each is used so often, on average. */
    private static final int USES = 2;

    private static final int WARM_UP_ROUNDS = 3;
    private static final int WARM_UP_CONNECTIONS = 500_000;
    private static final int VLAN_TAG = 4;
    private static final int ADDRESS_BYTES = 12;

    private final int connections;
    private final int rounds;
    private final MigrateFlows flows;
    private final VnicEngine source;
    private final Burst burst = new Burst(Arena.global());
    private final Burst replies = new Burst(Arena.global());
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private final TableBatch batch = new TableBatch();
    private final MigrateFlows.Arrived frame = new MigrateFlows.Arrived();
    private final SplittableRandom random = new SplittableRandom(1);
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private long nowNanos = SECOND;

    private long collectNanos;
    private long encodeNanos;
    private long decodeNanos;
    private long bytes;
    private long deflatedBytes;
    private long deflateNanos;

    CodecRun(int connections, int rounds) {
        this.connections = connections;
        this.rounds = rounds;
        flows = new MigrateFlows(connections, 1);
        source = engine();
    }

    CodecResult run() {
        try (source;
                batch) {
            open();
            use();
            for (int round = 0; round < WARM_UP_ROUNDS + WARM_UP_CONNECTIONS / connections; round++) {
                move();
            }
            CompilerPause.take();
            double[] collected = new double[rounds];
            double[] encoded = new double[rounds];
            double[] decoded = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                move();
                collected[round] = (double) collectNanos / connections;
                encoded[round] = (double) encodeNanos / connections;
                decoded[round] = (double) decodeNanos / connections;
            }
            return new CodecResult(
                    connections,
                    median(collected),
                    median(encoded),
                    median(decoded),
                    (double) bytes / connections,
                    flows.floorBits() / 8,
                    (double) deflatedBytes / connections,
                    (double) deflateNanos / connections);
        }
    }

    // ---- the table

    private VnicEngine engine() {
        try {
            VnicIdentity identity = new VnicIdentity(
                    VnicId.parse("bench/vm/eth0"),
                    MigrateFlows.VM_MAC,
                    List.of(InetAddress.getByAddress(new byte[] {10, 0, 0, 5})));
            VnicEngine made = new VnicEngine(identity, connections + 1);
            TableRule https = TableRule.of(1_000, "bench/https", Action.ALLOW)
                    .services(ServiceMatch.ports(PacketView.PROTOCOL_TCP, 443, 443))
                    .build();
            made.install(1, new RuleTable("bench-codec", List.of(https), Action.DROP, false), nowNanos);
            return made;
        } catch (UnknownHostException e) {
            throw new AssertionError("4 bytes are an address", e);
        }
    }

    private void open() {
        long step = OPENING_SECONDS * SECOND / connections;
        for (int i = 0; i < connections; i++) {
            nowNanos += step;
            pass(flows.clientSyn(i), Direction.IN);
            arrived(i, false);
            pass(flows.vmSynAck(i), Direction.OUT);
            arrived(i, true);
            pass(flows.clientAck(i), Direction.IN);
        }
        if (source.connectionCount() != connections) {
            throw new IllegalStateException(source.connectionCount() + " connections instead of " + connections);
        }
    }

    /** Frames on connections drawn at random, at random times, in either direction. */
    private void use() {
        long step = USE_SECONDS * SECOND / ((long) USES * connections);
        for (long number = 0; number < (long) USES * connections; number++) {
            nowNanos += step;
            int i = random.nextInt(connections);
            boolean isVm = random.nextBoolean();
            pass(
                    isVm ? flows.vmData(i, number, 0) : flows.clientData(i, number, 0),
                    isVm ? Direction.OUT : Direction.IN);
            arrived(i, isVm);
        }
        nowNanos += MILLISECOND;
    }

    private void pass(byte[] tagged, Direction direction) {
        int tag = direction == Direction.IN ? VLAN_TAG : 0;
        burst.clear();
        MemorySegment from = MemorySegment.ofArray(tagged);
        int at = burst.nextOffset();
        burst.memory()
                .asSlice(at - (long) Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        MemorySegment.copy(from, 0, burst.memory(), at, ADDRESS_BYTES);
        MemorySegment.copy(
                from,
                ADDRESS_BYTES + (long) tag,
                burst.memory(),
                at + (long) ADDRESS_BYTES,
                tagged.length - (long) ADDRESS_BYTES - tag);
        burst.commit(tagged.length - tag);
        source.process(burst, 0, 1, direction, nowNanos, verdicts, replies, replies);
        replies.clear();
        if (verdicts[0] != Verdict.ALLOW) {
            throw new IllegalStateException("a frame was not allowed: " + verdicts[0]);
        }
    }

    private void arrived(int i, boolean fromVm) {
        if (!frame.read(burst.memory(), burst.offset(0), burst.length(0), 0)) {
            throw new IllegalStateException("not one of these frames");
        }
        if (fromVm) {
            flows.clientGot(i, frame.sequence, frame.flags, frame.payload);
        } else {
            flows.vmGot(i, frame.sequence, frame.flags, frame.payload);
        }
    }

    // ---- moves

    private void move() {
        collectNanos = 0;
        encodeNanos = 0;
        bytes = 0;
        try (TableExport export = source.beginExport(TableCodec.FORMAT_VERSION);
                VnicEngine target = engine();
                TableImport taken = target.beginImport()) {
            List<byte[]> chunks = new ArrayList<>();
            while (!export.isRoundOver() || export.entries() == 0) {
                chunks.addAll(piece(export));
            }
            long begin = threads.getCurrentThreadCpuTime();
            for (byte[] chunk : chunks) {
                bytes += chunk.length;
                require(taken.add(chunk, nowNanos));
            }
            decodeNanos = threads.getCurrentThreadCpuTime() - begin;
            deflate(chunks);
            target.adopt(taken, export.entries(), export.digest(), nowNanos);
            if (target.connectionCount() != connections) {
                throw new IllegalStateException(target.connectionCount() + " connections arrived");
            }
        }
    }

    private List<byte[]> piece(TableExport export) {
        long begin = threads.getCurrentThreadCpuTime();
        export.beginBatch(batch);
        do {
            export.collect(batch, SLOTS_PER_STEP, nowNanos);
        } while (!export.isRoundOver() && batch.count() < BATCH_SLOTS);
        long collected = threads.getCurrentThreadCpuTime();
        List<byte[]> chunks = export.encode(batch).chunks();
        encodeNanos += threads.getCurrentThreadCpuTime() - collected;
        collectNanos += collected - begin;
        return chunks;
    }

    /** What a general compression, at its fastest, would make of the chunks: they are sent as they are. */
    private void deflate(List<byte[]> chunks) {
        byte[] room = new byte[1 << 20];
        long begin = threads.getCurrentThreadCpuTime();
        deflatedBytes = 0;
        try (Deflater deflater = new Deflater(Deflater.BEST_SPEED, true)) {
            for (byte[] chunk : chunks) {
                deflater.reset();
                deflater.setInput(chunk);
                deflater.finish();
                while (!deflater.finished()) {
                    deflatedBytes += deflater.deflate(room);
                }
            }
        }
        deflateNanos = threads.getCurrentThreadCpuTime() - begin;
    }

    private static void require(ImportResult result) {
        if (result != ImportResult.IMPORTED) {
            throw new IllegalStateException("a chunk was refused: " + result);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
