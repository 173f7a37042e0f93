package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.MacPrefix;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The canonical bytes of a rule table: equal tables give equal bytes, and their SHA-256 is the table's hash. Also the form
 * in which tables travel and are stored. Big endian; each distinct address match is written once and rules refer to it by index.
 */
public final class RuleTableCodec {
    /** "PRT" and the version of the format. */
    private static final int MAGIC = 0x50525402;
    /** Fewest bytes of one encoded rule; bounds what a damaged count may allocate. */
    private static final int MIN_RULE_BYTES = 51;

    private static final int RANGE_BYTES = 33;
    private static final int SERVICE_BYTES = 16;

    // How connections are tracked, as bits of one byte; a bit that is not known is refused.
    private static final int LOOSE_TRACKING = 1;
    private static final int NSX_TIMEOUTS = 2;
    private static final int FTP_HELPER = 4;
    private static final int EXCLUDED = 8;
    private static final int ALL_TRACKING = LOOSE_TRACKING | NSX_TIMEOUTS | FTP_HELPER | EXCLUDED;

    // The last byte of a rule: in its two lowest bits whether it logs.
    private static final int NO_LOG = 0;
    private static final int LOG = 1;
    /** Its label follows; tables without labels are as they were before there were any. */
    private static final int LOG_WITH_LABEL = 2;

    private static final int LOG_BITS = 3;
    // Then how it keeps state; tables whose rules all do as the tenant does are as they were before rules could do
    // otherwise.
    private static final int STATELESS = 4;
    private static final int STRICT_PICKUP = 8;
    private static final int LOOSE_PICKUP = 16;
    private static final int ALL_STATE = STATELESS | STRICT_PICKUP | LOOSE_PICKUP;

    // Codes of enum constants are their places in these lists. Append only.
    private static final List<Action> ACTIONS = List.of(Action.ALLOW, Action.DROP, Action.REJECT, Action.PASS);
    private static final List<IpFamily> FAMILIES = List.of(IpFamily.IPV4, IpFamily.IPV6, IpFamily.ANY);
    /** A tenant's as they were before there was a provider. */
    private static final List<Stage> STAGES = List.of(
            Stage.ETHERNET,
            Stage.EMERGENCY,
            Stage.INFRASTRUCTURE,
            Stage.ENVIRONMENT,
            Stage.APPLICATION,
            Stage.PROVIDER_ETHERNET,
            Stage.PROVIDER_EMERGENCY,
            Stage.PROVIDER_INFRASTRUCTURE,
            Stage.PROVIDER_ENVIRONMENT,
            Stage.PROVIDER_APPLICATION);

    private static final List<RuleDirection> DIRECTIONS =
            List.of(RuleDirection.IN, RuleDirection.OUT, RuleDirection.BOTH);
    private static final List<LiveFlowMode> LIVE_FLOW_MODES =
            List.of(LiveFlowMode.KEEP, LiveFlowMode.RECHECK, LiveFlowMode.RESET);

    private RuleTableCodec() {}

    /** A table with these rules and the hash of its content; with the time-outs of Linux, without helpers. */
    public static RuleTable seal(List<TableRule> rules, Action defaultAction, boolean looseTracking) {
        return seal(rules, defaultAction, looseTracking, TimeoutPreset.LINUX, false);
    }

    /** A table with all this and the hash of its content. */
    public static RuleTable seal(
            List<TableRule> rules,
            Action defaultAction,
            boolean looseTracking,
            TimeoutPreset timeouts,
            boolean ftpHelper) {
        return seal(new RuleTable("", rules, defaultAction, looseTracking, timeouts, ftpHelper));
    }

    /**
     * The table of a vNIC for which the tenant's rules do not hold.
     *
     * @param rules the provider's
     */
    static RuleTable sealExcluded(List<TableRule> rules, TimeoutPreset timeouts, boolean ftpHelper) {
        return seal(new RuleTable("", rules, Action.ALLOW, true, timeouts, ftpHelper, true));
    }

    private static RuleTable seal(RuleTable unsealed) {
        return new RuleTable(
                hash(encode(unsealed)),
                unsealed.rules(),
                unsealed.defaultAction(),
                unsealed.looseTracking(),
                unsealed.timeouts(),
                unsealed.ftpHelper(),
                unsealed.excluded());
    }

    /**
     * Reads what {@link #encode} wrote, with the hash of exactly these bytes. Throws {@link IllegalArgumentException} for
     * another version, truncated, damaged or trailing content, and for bytes that are not canonical.
     */
    public static RuleTable decode(byte[] content) {
        ByteBuffer in = ByteBuffer.wrap(content);
        try {
            if (in.getInt() != MAGIC) {
                throw new IllegalArgumentException("no rule table, or one of another version");
            }
            Action defaultAction = constant(ACTIONS, in);
            int tracking = tracking(in);
            List<AddressMatch> matches = new ArrayList<>();
            for (int left = count(in, 6); left > 0; left--) {
                matches.add(readMatch(in));
            }
            List<TableRule> rules = new ArrayList<>();
            for (int left = count(in, MIN_RULE_BYTES); left > 0; left--) {
                rules.add(readRule(in, matches));
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes after the end of the rule table");
            }
            RuleTable table = new RuleTable(
                    hash(content),
                    rules,
                    defaultAction,
                    (tracking & LOOSE_TRACKING) != 0,
                    (tracking & NSX_TIMEOUTS) != 0 ? TimeoutPreset.NSX : TimeoutPreset.LINUX,
                    (tracking & FTP_HELPER) != 0,
                    (tracking & EXCLUDED) != 0);
            if (!Arrays.equals(encode(table), content)) {
                throw new IllegalArgumentException("the rule table is not in its canonical form");
            }
            return table;
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("the rule table is truncated", truncated);
        }
    }

    private static String hash(byte[] content) {
        return HexFormat.of().formatHex(Sha256.digest(content));
    }

    public static byte[] encode(RuleTable table) {
        List<TableRule> rules = table.rules();
        TableWriter out = new TableWriter();
        int[] indexes = new int[2 * rules.size()];
        for (int rule = 0; rule < rules.size(); rule++) {
            indexes[2 * rule] = out.indexOf(rules.get(rule).sources());
            indexes[2 * rule + 1] = out.indexOf(rules.get(rule).destinations());
        }
        out.writeInt(MAGIC);
        out.writeByte(ACTIONS.indexOf(table.defaultAction()));
        out.writeByte(tracking(table));
        out.writeInt(out.matches().size());
        for (AddressMatch match : out.matches()) {
            writeMatch(out, match);
        }
        out.writeInt(rules.size());
        for (int rule = 0; rule < rules.size(); rule++) {
            writeRule(out, rules.get(rule), indexes[2 * rule], indexes[2 * rule + 1]);
        }
        return out.toBytes();
    }

    private static int tracking(RuleTable table) {
        int timeouts = switch (table.timeouts()) {
            case LINUX -> 0;
            case NSX -> NSX_TIMEOUTS;
        };
        return (table.looseTracking() ? LOOSE_TRACKING : 0)
                | timeouts
                | (table.ftpHelper() ? FTP_HELPER : 0)
                | (table.excluded() ? EXCLUDED : 0);
    }

    private static int tracking(ByteBuffer in) {
        int bits = in.get();
        if ((bits & ~ALL_TRACKING) != 0) {
            throw new IllegalArgumentException("the rule table is damaged, or of a newer build: tracking of " + bits);
        }
        return bits;
    }

    private static void writeMatch(TableWriter out, AddressMatch match) {
        out.writeBoolean(match.any());
        out.writeBoolean(match.negated());
        out.writeInt(match.ranges().size());
        for (IpRange range : match.ranges()) {
            out.writeByte(FAMILIES.indexOf(range.family()));
            out.writeLong(range.firstHigh());
            out.writeLong(range.firstLow());
            out.writeLong(range.lastHigh());
            out.writeLong(range.lastLow());
        }
    }

    private static AddressMatch readMatch(ByteBuffer in) {
        boolean any = flag(in);
        boolean negated = flag(in);
        List<IpRange> ranges = new ArrayList<>();
        for (int left = count(in, RANGE_BYTES); left > 0; left--) {
            ranges.add(new IpRange(constant(FAMILIES, in), in.getLong(), in.getLong(), in.getLong(), in.getLong()));
        }
        return new AddressMatch(any, negated, ranges);
    }

    private static void writeRule(TableWriter out, TableRule rule, int sources, int destinations) {
        out.writeLong(rule.id());
        byte[] name = rule.name().getBytes(StandardCharsets.UTF_8);
        out.writeInt(name.length);
        out.write(name);
        out.writeByte(STAGES.indexOf(rule.stage()));
        out.writeByte(DIRECTIONS.indexOf(rule.direction()));
        out.writeByte(FAMILIES.indexOf(rule.family()));
        out.writeInt(sources);
        out.writeInt(destinations);
        out.writeInt(rule.services().size());
        for (ServiceMatch service : rule.services()) {
            out.writeShort(service.protocol());
            out.writeShort(service.sourcePortFirst());
            out.writeShort(service.sourcePortLast());
            out.writeShort(service.destinationPortFirst());
            out.writeShort(service.destinationPortLast());
            out.writeShort(service.icmpType());
            out.writeShort(service.icmpCode());
            out.writeByte(service.tcpFlagsMask());
            out.writeByte(service.tcpFlagsValue());
        }
        out.writeBoolean(rule.servicesNegated());
        writeEthernet(out, rule.ethernet());
        out.writeByte(ACTIONS.indexOf(rule.action()));
        out.writeByte(LIVE_FLOW_MODES.indexOf(rule.liveFlowMode()));
        int state = state(rule);
        if (rule.logLabel().isEmpty()) {
            out.writeByte(state | (rule.log() ? LOG : NO_LOG));
            return;
        }
        byte[] label = rule.logLabel().getBytes(StandardCharsets.UTF_8);
        out.writeByte(state | LOG_WITH_LABEL);
        out.writeInt(label.length);
        out.write(label);
    }

    private static int state(TableRule rule) {
        int pickup = switch (rule.pickup()) {
            case INHERIT -> 0;
            case STRICT -> STRICT_PICKUP;
            case LOOSE -> LOOSE_PICKUP;
        };
        return (rule.stateless() ? STATELESS : 0) | pickup;
    }

    private static TcpPickup pickup(int bits) {
        return switch (bits & (STRICT_PICKUP | LOOSE_PICKUP)) {
            case 0 -> TcpPickup.INHERIT;
            case STRICT_PICKUP -> TcpPickup.STRICT;
            case LOOSE_PICKUP -> TcpPickup.LOOSE;
            default -> throw new IllegalArgumentException("the rule table is damaged: a rule both strict and loose");
        };
    }

    private static TableRule readRule(ByteBuffer in, List<AddressMatch> matches) {
        long id = in.getLong();
        String name = text(in);
        Stage stage = constant(STAGES, in);
        RuleDirection direction = constant(DIRECTIONS, in);
        IpFamily family = constant(FAMILIES, in);
        AddressMatch sources = match(matches, in.getInt());
        AddressMatch destinations = match(matches, in.getInt());
        List<ServiceMatch> services = new ArrayList<>();
        for (int left = count(in, SERVICE_BYTES); left > 0; left--) {
            services.add(service(in));
        }
        boolean servicesNegated = flag(in);
        EthernetMatch ethernet = readEthernet(in);
        Action action = constant(ACTIONS, in);
        LiveFlowMode liveFlowMode = constant(LIVE_FLOW_MODES, in);
        int bits = in.get();
        int log = bits & LOG_BITS;
        if ((bits & ~(LOG_BITS | ALL_STATE)) != 0 || log > LOG_WITH_LABEL) {
            throw new IllegalArgumentException("the rule table is damaged, or of a newer build: log of " + bits);
        }
        return new TableRule(
                id,
                name,
                stage,
                direction,
                family,
                sources,
                destinations,
                services,
                servicesNegated,
                ethernet,
                action,
                liveFlowMode,
                log != NO_LOG,
                log == LOG_WITH_LABEL ? text(in) : "",
                (bits & STATELESS) != 0,
                pickup(bits));
    }

    private static String text(ByteBuffer in) {
        byte[] text = new byte[count(in, 1)];
        in.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static void writeEthernet(TableWriter out, EthernetMatch ethernet) {
        out.writeInt(ethernet.etherTypes().size());
        for (int etherType : ethernet.etherTypes()) {
            out.writeShort(etherType);
        }
        writePrefixes(out, ethernet.sources());
        out.writeBoolean(ethernet.sourcesNegated());
        writePrefixes(out, ethernet.destinations());
        out.writeBoolean(ethernet.destinationsNegated());
    }

    private static void writePrefixes(TableWriter out, List<MacPrefix> prefixes) {
        out.writeInt(prefixes.size());
        for (MacPrefix prefix : prefixes) {
            out.writeLong(prefix.value() << 16 | prefix.bits());
        }
    }

    private static EthernetMatch readEthernet(ByteBuffer in) {
        List<Integer> etherTypes = new ArrayList<>();
        for (int left = count(in, Short.BYTES); left > 0; left--) {
            etherTypes.add(Short.toUnsignedInt(in.getShort()));
        }
        return new EthernetMatch(etherTypes, readPrefixes(in), flag(in), readPrefixes(in), flag(in));
    }

    private static List<MacPrefix> readPrefixes(ByteBuffer in) {
        List<MacPrefix> prefixes = new ArrayList<>();
        for (int left = count(in, Long.BYTES); left > 0; left--) {
            long prefix = in.getLong();
            prefixes.add(new MacPrefix(prefix >>> 16, (int) prefix & 0xffff));
        }
        return prefixes;
    }

    private static AddressMatch match(List<AddressMatch> matches, int index) {
        if (index < 0 || index >= matches.size()) {
            throw new IllegalArgumentException("a rule refers to address match " + index + " of " + matches.size());
        }
        return matches.get(index);
    }

    private static ServiceMatch service(ByteBuffer in) {
        ServiceMatch service = new ServiceMatch(
                in.getShort(),
                port(in),
                port(in),
                port(in),
                port(in),
                in.getShort(),
                in.getShort(),
                in.get() & 0xff,
                in.get() & 0xff);
        if (!service.hasFieldsInRange()) {
            throw new IllegalArgumentException("the rule table has a service that cannot be");
        }
        return service;
    }

    private static int port(ByteBuffer in) {
        return Short.toUnsignedInt(in.getShort());
    }

    /** A count of things of at least {@code minBytes} each, which must still fit the rest. */
    private static int count(ByteBuffer in, int minBytes) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / minBytes) {
            throw new IllegalArgumentException("the rule table is damaged: a count of " + count);
        }
        return count;
    }

    private static boolean flag(ByteBuffer in) {
        byte value = in.get();
        if (value < 0 || value > 1) {
            throw new IllegalArgumentException("the rule table is damaged: a flag of " + value);
        }
        return value == 1;
    }

    private static <E> E constant(List<E> codes, ByteBuffer in) {
        int code = in.get();
        if (code < 0 || code >= codes.size()) {
            throw new IllegalArgumentException("the rule table is damaged: code " + code);
        }
        return codes.get(code);
    }
}
