package io.portcullis.policy.compile;

import io.portcullis.policy.Action;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TimeoutPreset;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.MacPrefix;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/**
 * The canonical bytes of a rule table: equal tables give equal bytes, and their SHA-256 is the table's hash. Also the form
 * in which tables travel and are stored. Big endian; each distinct address match is written once and rules refer to it by index.
 */
public final class RuleTableCodec {
    /** "PRT" and the version of the format. */
    static final int MAGIC = 0x50525402;
    // How connections are tracked, as bits of one byte; a bit that is not known is refused.
    static final int LOOSE_TRACKING = 1;
    static final int NSX_TIMEOUTS = 2;
    static final int FTP_HELPER = 4;
    static final int EXCLUDED = 8;
    static final int ALL_TRACKING = LOOSE_TRACKING | NSX_TIMEOUTS | FTP_HELPER | EXCLUDED;

    // The last byte of a rule: in its two lowest bits whether it logs.
    static final int NO_LOG = 0;
    private static final int LOG = 1;
    /** Its label follows; tables without labels are as they were before there were any. */
    static final int LOG_WITH_LABEL = 2;

    static final int LOG_BITS = 3;
    // Then how it keeps state; tables whose rules all do as the tenant does are as they were before rules could do
    // otherwise.
    static final int STATELESS = 4;
    static final int STRICT_PICKUP = 8;
    static final int LOOSE_PICKUP = 16;
    static final int ALL_STATE = STATELESS | STRICT_PICKUP | LOOSE_PICKUP;

    // Codes of enum constants are their places in these lists. Append only.
    static final List<Action> ACTIONS = List.of(Action.ALLOW, Action.DROP, Action.REJECT, Action.PASS);
    static final List<IpFamily> FAMILIES = List.of(IpFamily.IPV4, IpFamily.IPV6, IpFamily.ANY);
    /** A tenant's as they were before there was a provider. */
    static final List<Stage> STAGES = List.of(
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

    static final List<RuleDirection> DIRECTIONS = List.of(RuleDirection.IN, RuleDirection.OUT, RuleDirection.BOTH);
    static final List<LiveFlowMode> LIVE_FLOW_MODES =
            List.of(LiveFlowMode.KEEP, LiveFlowMode.RECHECK, LiveFlowMode.RESET);

    private static final RecentBytes RECENT = new RecentBytes();

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
        byte[] content = encode(unsealed);
        String hash = hash(content);
        RECENT.put(hash, content);
        return new RuleTable(
                hash,
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
        RuleTable table = new RuleTableReader(content).read(hash(content));
        RECENT.put(table.hash(), content);
        return table;
    }

    private static String hash(byte[] content) {
        return HexFormat.of().formatHex(Sha256.digest(content));
    }

    /**
     * The bytes of a table that was sealed or read: those that were made then where it is not long ago, else as {@link #encode}. Not to be changed.
     */
    public static byte[] bytes(RuleTable table) {
        byte[] recent = RECENT.get(table.hash());
        return recent == null ? encode(table) : recent;
    }

    /** The bytes of a table, made anew. */
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
}
