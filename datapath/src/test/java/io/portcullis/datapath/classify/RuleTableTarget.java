package io.portcullis.datapath.classify;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.compile.RuleTableCodec;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * Bytes as a rule table: refused, or read to a table that has exactly these bytes, whose compiled form decides as a linear scan does about
 * frames of every kind, and about the edges of its own ranges.
 */
public final class RuleTableTarget {
    private static final List<byte[]> FRAMES = Frames.corpus();
    private static final int MAX_BYTES = 20_000;

    private RuleTableTarget() {}

    /** Called by the fuzzer. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length > MAX_BYTES) {
            return;
        }
        RuleTable table;
        try {
            table = RuleTableCodec.decode(input);
        } catch (IllegalArgumentException refused) {
            return;
        }
        if (!Arrays.equals(RuleTableCodec.encode(table), input)) {
            throw new AssertionError("another encoding of the same table");
        }
        Classifier compiled = CompiledRules.of(table, 0).classifier();
        Classifier linear = new LinearClassifier(table);
        PacketView packet = new PacketView();
        for (byte[] frame : FRAMES) {
            boolean isIp = PacketParser.parse(MemorySegment.ofArray(frame), 0, frame.length, packet) == ParseResult.OK
                    && packet.family != null;
            if (isIp) {
                compare(table, compiled, linear, packet);
            }
        }
    }

    private static void compare(RuleTable table, Classifier compiled, Classifier linear, PacketView packet) {
        compare(compiled, linear, packet);
        for (TableRule rule : table.rules()) {
            place(rule.sources(), packet, true);
            compare(compiled, linear, packet);
            place(rule.destinations(), packet, false);
            compare(compiled, linear, packet);
            for (ServiceMatch service : rule.services()) {
                packet.destinationPort = service.destinationPortLast();
                compare(compiled, linear, packet);
                packet.destinationPort = service.destinationPortFirst();
                packet.sourcePort = service.sourcePortFirst();
                compare(compiled, linear, packet);
            }
        }
    }

    private static void place(AddressMatch match, PacketView packet, boolean isSource) {
        for (IpRange range : match.ranges()) {
            if ((range.family() == IpFamily.IPV6) == (packet.family == IpFamily.IPV6)) {
                if (isSource) {
                    packet.sourceHigh = range.lastHigh();
                    packet.sourceLow = range.lastLow();
                } else {
                    packet.destinationHigh = range.firstHigh();
                    packet.destinationLow = range.firstLow();
                }
            }
        }
    }

    private static void compare(Classifier compiled, Classifier linear, PacketView packet) {
        for (Direction direction : Direction.values()) {
            int expected = linear.classify(packet, direction);
            int found = compiled.classify(packet, direction);
            if (found != expected) {
                throw new AssertionError("rule " + found + " instead of " + expected);
            }
        }
    }
}
