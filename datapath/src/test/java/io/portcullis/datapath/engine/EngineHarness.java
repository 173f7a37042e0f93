package io.portcullis.datapath.engine;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.guard.ConnectionLimits;
import io.portcullis.datapath.packet.Checksums;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.VnicProtection;
import io.portcullis.policy.table.RuleTable;
import java.lang.foreign.Arena;
import java.util.List;

/** An engine of the VM in {@link Frames}, fed frame by frame, with a clock that the test moves. */
final class EngineHarness implements AutoCloseable {
    static final int MAX_CONNECTIONS = 1_000;

    final VnicEngine engine;
    long nowNanos = 1_000_000_000L;
    /** How much time passes with each frame. */
    long stepNanos = 1_000_000;

    private final Arena arena = Arena.ofConfined();
    private final Burst burst = new Burst(arena);
    final Burst toVm = new Burst(arena);
    final Burst toNetwork = new Burst(arena);
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];

    EngineHarness() {
        this(MAX_CONNECTIONS);
    }

    EngineHarness(int maxConnections) {
        this(ConnectionLimits.onlyConnections(maxConnections));
    }

    EngineHarness(ConnectionLimits limits) {
        this(limits, VnicProtection.STRICT);
    }

    EngineHarness(VnicProtection protection) {
        this(ConnectionLimits.onlyConnections(MAX_CONNECTIONS), protection);
    }

    private EngineHarness(ConnectionLimits limits, VnicProtection protection) {
        VnicIdentity identity = new VnicIdentity(
                VnicId.parse("acme/web-1/eth0"), Frames.VM_MAC, List.of(Frames.VM, Frames.VM6), protection);
        engine = new VnicEngine(identity, limits);
    }

    EngineHarness with(long revision, RuleTable table) {
        engine.install(revision, table, nowNanos);
        return this;
    }

    Verdict out(FrameBuilder frame) {
        return process(frame, Direction.OUT);
    }

    Verdict in(FrameBuilder frame) {
        return process(frame, Direction.IN);
    }

    private Verdict process(FrameBuilder frame, Direction direction) {
        burst.clear();
        frame.appendTo(burst);
        engine.process(burst, 0, 1, direction, nowNanos, verdicts, toVm, toNetwork);
        nowNanos += stepNanos;
        return verdicts[0];
    }

    /** A TCP connection that the VM opens from {@code port} to 443, three-way handshake and one answered request. */
    void openTcp(int port) {
        require(out(Frames.fromVm().tcp(port, 443).flags(PacketView.TCP_SYN).sequence(100)));
        require(in(Frames.toVm()
                .tcp(443, port)
                .flags(PacketView.TCP_SYN | PacketView.TCP_ACK)
                .sequence(500)
                .acknowledgement(101)));
        require(out(segment(port)));
        require(in(answer(port)));
    }

    /** What the VM sends next in a connection of {@link #openTcp}. */
    static FrameBuilder segment(int port) {
        return Frames.fromVm()
                .tcp(port, 443)
                .flags(PacketView.TCP_ACK)
                .sequence(101)
                .acknowledgement(501);
    }

    /** What its peer sends next. */
    static FrameBuilder answer(int port) {
        return Frames.toVm()
                .tcp(443, port)
                .flags(PacketView.TCP_ACK)
                .sequence(501)
                .acknowledgement(101);
    }

    long counter(String name) {
        return engine.counters().getOrDefault(name, 0L);
    }

    /** The only reply in the burst, parsed, its checksums verified. */
    static PacketView only(Burst replies) {
        if (replies.count() != 1) {
            throw new AssertionError(replies.count() + " replies");
        }
        PacketView view = new PacketView();
        ParseResult result = PacketParser.parse(replies.memory(), replies.offset(0), replies.length(0), view);
        if (result != ParseResult.OK || !Checksums.isTransportValid(view)) {
            throw new AssertionError("bad reply: " + result);
        }
        return view;
    }

    private static void require(Verdict verdict) {
        if (verdict != Verdict.ALLOW) {
            throw new AssertionError("not allowed: " + verdict);
        }
    }

    @Override
    public void close() {
        engine.close();
        arena.close();
    }
}
