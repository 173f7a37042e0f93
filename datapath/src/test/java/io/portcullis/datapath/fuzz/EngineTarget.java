package io.portcullis.datapath.fuzz;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.Rules;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.engine.VnicIdentity;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.Action;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** A few frames to an engine that allows everything, so that they reach the tracker: each has two bytes of length and direction in front. */
public final class EngineTarget {
    private static final Burst BURST = new Burst(Arena.global());
    private static final Burst TO_VM = new Burst(Arena.global());
    private static final Burst TO_NETWORK = new Burst(Arena.global());
    private static final Verdict[] VERDICTS = new Verdict[Burst.MAX_FRAMES];
    private static final VnicIdentity IDENTITY = new VnicIdentity(
            VnicId.parse("acme/web-1/eth0"),
            Frames.VM_MAC,
            List.of(Frames.VM, Frames.VM6),
            VnicProtection.STRICT.withLearnedAddresses(2));

    private EngineTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        ByteBuffer in = ByteBuffer.wrap(input);
        try (VnicEngine engine = new VnicEngine(IDENTITY, new ConnectionLimits(8, 2, 2, 4))) {
            engine.install(1, Rules.table(Action.ALLOW), 0);
            for (long nowNanos = 0; in.remaining() > 2; nowNanos += 100_000_000) {
                int head = in.getShort();
                byte[] frame = new byte[Math.min(head & 0x7ff, in.remaining())];
                in.get(frame);
                process(engine, Frames.repaired(frame), head < 0 ? Direction.IN : Direction.OUT, nowNanos);
            }
        }
    }

    private static void process(VnicEngine engine, byte[] frame, Direction direction, long nowNanos) {
        BURST.clear();
        TO_VM.clear();
        TO_NETWORK.clear();
        MemorySegment.copy(MemorySegment.ofArray(frame), 0, BURST.memory(), BURST.nextOffset(), frame.length);
        BURST.commit(frame.length);
        Arrays.fill(VERDICTS, null);
        engine.process(BURST, 0, 1, direction, nowNanos, VERDICTS, TO_VM, TO_NETWORK);
        if (VERDICTS[0] == null) {
            throw new AssertionError("no verdict");
        }
    }
}
