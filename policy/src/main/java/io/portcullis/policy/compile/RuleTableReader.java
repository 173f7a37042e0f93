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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * Reads what {@link RuleTableCodec#encode} wrote, and nothing else: bytes that it would write otherwise are refused as they are read, so that
 * nothing need be written once more to compare. One thread, one use.
 */
final class RuleTableReader {
    /** Fewest bytes of one encoded rule; bounds what a damaged count may allocate. */
    private static final int MIN_RULE_BYTES = 51;

    private static final int RANGE_BYTES = 33;
    private static final int SERVICE_BYTES = 16;
    private static final char REPLACEMENT = '\ufffd';

    private final ByteBuffer in;
    private final List<AddressMatch> matches = new ArrayList<>();
    private final Map<List<ServiceMatch>, List<ServiceMatch>> serviceLists = new HashMap<>();
    /** Matches that rules have referred to so far. */
    private int used;

    RuleTableReader(byte[] content) {
        in = ByteBuffer.wrap(content);
    }

    /**
     * The table. Throws {@link IllegalArgumentException} as {@link RuleTableCodec#decode} says.
     *
     * @param hash of the content
     */
    RuleTable read(String hash) {
        try {
            if (in.getInt() != RuleTableCodec.MAGIC) {
                throw new IllegalArgumentException("no rule table, or one of another version");
            }
            Action defaultAction = constant(RuleTableCodec.ACTIONS);
            int tracking = tracking();
            for (int left = count(6); left > 0; left--) {
                matches.add(readMatch());
            }
            List<TableRule> rules = new ArrayList<>();
            for (int left = count(MIN_RULE_BYTES); left > 0; left--) {
                rules.add(readRule());
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes after the end of the rule table");
            }
            if (used != matches.size() || new HashSet<>(matches).size() != used) {
                throw notCanonical();
            }
            return new RuleTable(
                    hash,
                    rules,
                    defaultAction,
                    (tracking & RuleTableCodec.LOOSE_TRACKING) != 0,
                    (tracking & RuleTableCodec.NSX_TIMEOUTS) != 0 ? TimeoutPreset.NSX : TimeoutPreset.LINUX,
                    (tracking & RuleTableCodec.FTP_HELPER) != 0,
                    (tracking & RuleTableCodec.EXCLUDED) != 0);
        } catch (BufferUnderflowException truncated) {
            throw new IllegalArgumentException("the rule table is truncated", truncated);
        }
    }

    private static IllegalArgumentException notCanonical() {
        return new IllegalArgumentException("the rule table is not in its canonical form");
    }

    private int tracking() {
        int bits = in.get();
        if ((bits & ~RuleTableCodec.ALL_TRACKING) != 0) {
            throw new IllegalArgumentException("the rule table is damaged, or of a newer build: tracking of " + bits);
        }
        return bits;
    }

    private AddressMatch readMatch() {
        boolean any = flag();
        boolean negated = flag();
        List<IpRange> ranges = new ArrayList<>();
        for (int left = count(RANGE_BYTES); left > 0; left--) {
            ranges.add(new IpRange(
                    constant(RuleTableCodec.FAMILIES), in.getLong(), in.getLong(), in.getLong(), in.getLong()));
        }
        return new AddressMatch(any, negated, ranges);
    }

    private TableRule readRule() {
        long id = in.getLong();
        String name = text();
        Stage stage = constant(RuleTableCodec.STAGES);
        RuleDirection direction = constant(RuleTableCodec.DIRECTIONS);
        IpFamily family = constant(RuleTableCodec.FAMILIES);
        AddressMatch sources = match(in.getInt());
        AddressMatch destinations = match(in.getInt());
        List<ServiceMatch> services = services();
        boolean servicesNegated = flag();
        EthernetMatch ethernet = readEthernet();
        Action action = constant(RuleTableCodec.ACTIONS);
        LiveFlowMode liveFlowMode = constant(RuleTableCodec.LIVE_FLOW_MODES);
        int bits = in.get();
        int log = bits & RuleTableCodec.LOG_BITS;
        if ((bits & ~(RuleTableCodec.LOG_BITS | RuleTableCodec.ALL_STATE)) != 0
                || log > RuleTableCodec.LOG_WITH_LABEL) {
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
                log != RuleTableCodec.NO_LOG,
                log == RuleTableCodec.LOG_WITH_LABEL ? label() : "",
                (bits & RuleTableCodec.STATELESS) != 0,
                pickup(bits));
    }

    private static TcpPickup pickup(int bits) {
        return switch (bits & (RuleTableCodec.STRICT_PICKUP | RuleTableCodec.LOOSE_PICKUP)) {
            case 0 -> TcpPickup.INHERIT;
            case RuleTableCodec.STRICT_PICKUP -> TcpPickup.STRICT;
            case RuleTableCodec.LOOSE_PICKUP -> TcpPickup.LOOSE;
            default -> throw new IllegalArgumentException("the rule table is damaged: a rule both strict and loose");
        };
    }

    /** A rule without one logs otherwise. */
    private String label() {
        String label = text();
        if (label.isEmpty()) {
            throw notCanonical();
        }
        return label;
    }

    private String text() {
        byte[] bytes = new byte[count(1)];
        in.get(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        // what is no UTF-8 was replaced
        if (text.indexOf(REPLACEMENT) >= 0 && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
            throw notCanonical();
        }
        return text;
    }

    private EthernetMatch readEthernet() {
        List<Integer> etherTypes = new ArrayList<>();
        for (int left = count(Short.BYTES); left > 0; left--) {
            etherTypes.add(Short.toUnsignedInt(in.getShort()));
        }
        EthernetMatch match = new EthernetMatch(etherTypes, readPrefixes(), flag(), readPrefixes(), flag());
        return match.equals(EthernetMatch.ANY) ? EthernetMatch.ANY : match;
    }

    private List<MacPrefix> readPrefixes() {
        List<MacPrefix> prefixes = new ArrayList<>();
        for (int left = count(Long.BYTES); left > 0; left--) {
            long prefix = in.getLong();
            prefixes.add(new MacPrefix(prefix >>> 16, (int) prefix & 0xffff));
        }
        return prefixes;
    }

    private AddressMatch match(int index) {
        if (index < 0 || index >= matches.size()) {
            throw new IllegalArgumentException("a rule refers to address match " + index + " of " + matches.size());
        }
        // each is written once, where it is referred to first
        if (index > used) {
            throw notCanonical();
        }
        used = Math.max(used, index + 1);
        return matches.get(index);
    }

    /** Rules have few different ones, and equal ones are one list. */
    private List<ServiceMatch> services() {
        int count = count(SERVICE_BYTES);
        List<ServiceMatch> services = new ArrayList<>(count);
        for (int left = count; left > 0; left--) {
            services.add(service());
        }
        return serviceLists.computeIfAbsent(List.copyOf(services), each -> each);
    }

    private ServiceMatch service() {
        ServiceMatch service = new ServiceMatch(
                in.getShort(),
                port(),
                port(),
                port(),
                port(),
                in.getShort(),
                in.getShort(),
                in.get() & 0xff,
                in.get() & 0xff);
        if (!service.hasFieldsInRange()) {
            throw new IllegalArgumentException("the rule table has a service that cannot be");
        }
        return service;
    }

    private int port() {
        return Short.toUnsignedInt(in.getShort());
    }

    /** A count of things of at least {@code minBytes} each, which must still fit the rest. */
    private int count(int minBytes) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / minBytes) {
            throw new IllegalArgumentException("the rule table is damaged: a count of " + count);
        }
        return count;
    }

    private boolean flag() {
        byte value = in.get();
        if (value < 0 || value > 1) {
            throw new IllegalArgumentException("the rule table is damaged: a flag of " + value);
        }
        return value == 1;
    }

    private <E> E constant(List<E> codes) {
        int code = in.get();
        if (code < 0 || code >= codes.size()) {
            throw new IllegalArgumentException("the rule table is damaged: code " + code);
        }
        return codes.get(code);
    }
}
