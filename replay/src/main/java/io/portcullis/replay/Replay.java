package io.portcullis.replay;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.engine.DecisionTrace;
import io.portcullis.datapath.engine.DropReason;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.engine.VnicEngine;
import io.portcullis.datapath.packet.EtherTypes;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.datapath.port.Burst;
import io.portcullis.datapath.track.TrackResult;
import io.portcullis.policy.VnicId;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import io.portcullis.ports.pcap.LinkTypes;
import io.portcullis.ports.pcap.PcapFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One engine without an identity, fed with captured packets one at a time; the times of the capture are its clock. One thread.
 * Without rules of the user's nothing is enforced: the engine tracks, and every packet is reported as allowed.
 */
public final class Replay implements AutoCloseable {
    private static final VnicId NAME = VnicId.parse("replay/capture/all");
    private static final long EXPIRY_INTERVAL_NANOS = 1_000_000_000L;
    private static final int SOURCE_MAC_OFFSET = 6;
    private static final int GROUP_BIT = 1;

    private final ReplaySettings settings;
    private final Arena arena = Arena.ofConfined();
    private final Burst frames = new Burst(arena);
    private final Burst answersIn = new Burst(arena);
    private final Burst answersOut = new Burst(arena);
    private final Verdict[] verdicts = new Verdict[Burst.MAX_FRAMES];
    private final DecisionTrace trace = new DecisionTrace();
    private final PacketView view = new PacketView();
    private final Map<Long, String> ruleNames = new HashMap<>();
    private final VnicEngine engine;

    private final Map<Integer, Long> foreignLinkTypes = new TreeMap<>();

    private boolean isHeld;
    private long packets;
    private long nowNanos;
    private long expiredNanos;

    public Replay(ReplaySettings settings) {
        this.settings = settings;
        engine = VnicEngine.withoutIdentity(NAME, settings.maxConnections());
        engine.setTrace(trace);
        engine.setVerifiesChecksums(settings.verifiesChecksums());
        RuleTable table = settings.table();
        engine.install(1, table, 0);
        ruleNames.put(RuleTable.DEFAULT_RULE_ID, "default");
        for (TableRule rule : table.rules()) {
            ruleNames.put(rule.id(), rule.name());
        }
    }

    /** Decides about the next packet of the file. */
    public PacketOutcome next(PcapFrame captured) {
        packets++;
        advance(captured.epochNanos());
        frames.clear();
        int at = frames.nextOffset();
        int length = LinkTypes.toEthernet(captured.linkType(), cut(captured), frames.memory(), at);
        if (length == LinkTypes.NOT_ETHERNET) {
            if (!LinkTypes.isKnown(captured.linkType())) {
                foreignLinkTypes.merge(captured.linkType(), 1L, Long::sum);
            }
            return notIp("link-type-" + captured.linkType());
        }
        frames.memory()
                .asSlice((long) at - Burst.VNET_HEADER_BYTES, Burst.VNET_HEADER_BYTES)
                .fill((byte) 0);
        if (length > SOURCE_MAC_OFFSET) {
            individualSource(at);
        }
        frames.commit(length);
        PacketParser.parse(frames.memory(), at, length, view);
        Direction direction = settings.inside().direction(view);
        answersIn.clear();
        answersOut.clear();
        engine.process(frames, 0, 1, direction, nowNanos, verdicts, answersIn, answersOut);
        return outcome(verdicts[0]);
    }

    /** Counts a packet of the file that the engine shall not see. */
    void skip() {
        packets++;
    }

    /** How many packets had link types in which nothing can be found here, by type. */
    Map<Integer, Long> foreignLinkTypes() {
        return foreignLinkTypes;
    }

    /** The last packet as it was parsed: what could be read of it. */
    PacketView lastPacket() {
        return view;
    }

    /** What the engine counted. */
    public Map<String, Long> counters() {
        return engine.counters();
    }

    /** The time of the capture, where it counts; it never goes back. */
    private void advance(long epochNanos) {
        if (settings.ignoresTime()) {
            return;
        }
        nowNanos = packets == 1 ? epochNanos : Math.max(nowNanos, epochNanos);
        if (packets == 1 || nowNanos - expiredNanos >= EXPIRY_INTERVAL_NANOS) {
            engine.expire(nowNanos);
            expiredNanos = nowNanos;
        }
    }

    /** No frame is longer; the rest of a jumbogram (RFC 2675), which nothing here supports, cannot make it right. */
    private static byte[] cut(PcapFrame captured) {
        byte[] bytes = captured.bytes();
        int added = captured.linkType() == LinkTypes.ETHERNET ? 0 : LinkTypes.mostEthernetBytes(0);
        int most = Burst.MAX_FRAME_BYTES - added;
        return bytes.length <= most ? bytes : Arrays.copyOf(bytes, most);
    }

    /** No station sends from a group address, but tools that make captures anonymous write such. */
    private void individualSource(int frame) {
        byte first = frames.memory().get(ValueLayout.JAVA_BYTE, (long) frame + SOURCE_MAC_OFFSET);
        frames.memory().set(ValueLayout.JAVA_BYTE, (long) frame + SOURCE_MAC_OFFSET, (byte) (first & ~GROUP_BIT));
    }

    private PacketOutcome notIp(String reason) {
        view.family = null;
        return new PacketOutcome(packets, Verdict.ALLOW, PacketState.NONE, false, null, reason);
    }

    private PacketOutcome outcome(Verdict decided) {
        isHeld = decided == Verdict.HOLD;
        // it goes on if the first fragment of its datagram does
        Verdict verdict = isHeld ? Verdict.ALLOW : decided;
        PacketState state = state();
        boolean isRuled = settings.isEnforced() && trace.isRuled();
        return new PacketOutcome(
                packets,
                settings.isEnforced() ? verdict : Verdict.ALLOW,
                state,
                trace.isReply(),
                isRuled ? ruleNames.get(trace.ruleId()) : null,
                reason(state));
    }

    private PacketState state() {
        if (!isIp()) {
            return PacketState.NONE;
        }
        TrackResult tracked = trace.tracked();
        if (trace.isStateless()) {
            return PacketState.NONE;
        }
        if (trace.dropReason() == DropReason.FRAGMENT || trace.dropReason() == DropReason.CHECKSUM) {
            return PacketState.INVALID;
        }
        if (tracked == null) {
            return trace.dropReason() == null ? PacketState.NONE : PacketState.INVALID;
        }
        return switch (tracked) {
            case MISS_NEW -> PacketState.NEW;
            case MISS_EXPECTED -> PacketState.RELATED;
            case MISS_UNTRACKED -> PacketState.NONE;
            case HIT_ORIGINAL -> {
                if (trace.isAnswered()) {
                    yield PacketState.ESTABLISHED;
                }
                yield trace.isExpected() ? PacketState.RELATED : PacketState.NEW;
            }
            case HIT_REPLY -> PacketState.ESTABLISHED;
            case RELATED -> PacketState.RELATED;
            default -> PacketState.INVALID;
        };
    }

    /** Also of IP that the parser could not trust. */
    private boolean isIp() {
        return view.etherType == EtherTypes.IPV4 || view.etherType == EtherTypes.IPV6;
    }

    private String reason(PacketState state) {
        TrackResult tracked = trace.tracked();
        if (trace.parsed() != ParseResult.OK) {
            return trace.parsed().counterName();
        }
        if (tracked != null && tracked.isInvalid() && !trace.isStateless()) {
            return tracked.counterName();
        }
        DropReason dropped = trace.dropReason();
        boolean isMissingRule = !settings.isEnforced() && dropped == DropReason.ETHERTYPE;
        if (dropped != null && !isMissingRule) {
            return dropped.counterName();
        }
        if (isHeld) {
            return "fragment-held";
        }
        if (trace.isStateless()) {
            return "stateless";
        }
        return state == PacketState.NONE ? untracked() : state.name().toLowerCase(Locale.ROOT);
    }

    private String untracked() {
        return switch (view.etherType) {
            case EtherTypes.ARP -> "arp";
            case EtherTypes.IPV6 -> "neighbour-discovery";
            default -> "not-ip";
        };
    }

    @Override
    public void close() {
        engine.close();
        arena.close();
    }
}
