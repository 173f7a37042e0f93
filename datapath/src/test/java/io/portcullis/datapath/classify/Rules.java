package io.portcullis.datapath.classify;

import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.LiveFlowMode;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.Stage;
import io.portcullis.policy.TcpPickup;
import io.portcullis.policy.Tier;
import io.portcullis.policy.table.AddressMatch;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.IpRange;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.List;

/** Builds compiled rules for tests: {@code aRule(7).inbound().to("10.0.0.1").service(tcp(443)).allow()}. */
public final class Rules {
    private final long id;
    private Tier tier = Tier.TENANT;
    private Category category = Category.APPLICATION;
    private RuleDirection direction = RuleDirection.BOTH;
    private IpFamily family = IpFamily.ANY;
    private AddressMatch sources = AddressMatch.ANY;
    private AddressMatch destinations = AddressMatch.ANY;
    private List<ServiceMatch> services = List.of(ServiceMatch.ANY);
    private boolean servicesNegated;
    private EthernetMatch ethernet = EthernetMatch.ANY;
    private boolean log;
    private String logLabel = "";
    private LiveFlowMode mode = LiveFlowMode.RECHECK;
    private boolean isStateless;
    private TcpPickup pickup = TcpPickup.INHERIT;

    private Rules(long id) {
        this.id = id;
    }

    public static Rules aRule(long id) {
        return new Rules(id);
    }

    public static RuleTable table(Action defaultAction, TableRule... rules) {
        return new RuleTable("hash-" + List.of(rules).hashCode(), List.of(rules), defaultAction, false);
    }

    public static ServiceMatch tcp(int port) {
        return ServiceMatch.ports(6, port, port);
    }

    public static ServiceMatch udp(int port) {
        return ServiceMatch.ports(17, port, port);
    }

    public Rules in(Category value) {
        category = value;
        return this;
    }

    public Rules ofProvider() {
        tier = Tier.PROVIDER;
        return this;
    }

    public Rules inbound() {
        direction = RuleDirection.IN;
        return this;
    }

    public Rules outbound() {
        direction = RuleDirection.OUT;
        return this;
    }

    public Rules family(IpFamily value) {
        family = value;
        return this;
    }

    public Rules from(String... addresses) {
        sources = AddressMatch.in(ranges(addresses));
        return this;
    }

    public Rules notFrom(String... addresses) {
        sources = AddressMatch.notIn(ranges(addresses));
        return this;
    }

    public Rules to(String... addresses) {
        destinations = AddressMatch.in(ranges(addresses));
        return this;
    }

    public Rules service(ServiceMatch... values) {
        services = List.of(values);
        return this;
    }

    public Rules notService(ServiceMatch... values) {
        servicesNegated = true;
        return service(values);
    }

    /** Makes it a rule of category ETHERNET. */
    public Rules ethernet(EthernetMatch value) {
        ethernet = value;
        return in(Category.ETHERNET);
    }

    public Rules logged() {
        log = true;
        return this;
    }

    public Rules loggedAs(String label) {
        logLabel = label;
        return logged();
    }

    public Rules live(LiveFlowMode value) {
        mode = value;
        return this;
    }

    public Rules stateless() {
        isStateless = true;
        return this;
    }

    public Rules pickup(TcpPickup value) {
        pickup = value;
        return this;
    }

    public TableRule allow() {
        return build(Action.ALLOW);
    }

    public TableRule drop() {
        return build(Action.DROP);
    }

    public TableRule reject() {
        return build(Action.REJECT);
    }

    public TableRule pass() {
        return build(Action.PASS);
    }

    private TableRule build(Action action) {
        return TableRule.of(id, "test/" + id, action)
                .stage(Stage.of(tier, category))
                .direction(direction)
                .family(family)
                .from(sources)
                .to(destinations)
                .services(services)
                .servicesNegated(servicesNegated)
                .ethernet(ethernet)
                .liveFlows(mode)
                .stateless(isStateless)
                .pickup(pickup)
                .log(log, logLabel)
                .build();
    }

    /** Each {@code address} or {@code first-last}. */
    private static List<IpRange> ranges(String... texts) {
        return java.util.Arrays.stream(texts)
                .map(text -> {
                    String[] ends = text.split("-", -1);
                    InetAddress first = InetAddress.ofLiteral(ends[0]);
                    InetAddress last = InetAddress.ofLiteral(ends[ends.length - 1]);
                    return first instanceof Inet4Address
                            ? IpRange.ipv4(number(first).getInt(), number(last).getInt())
                            : new IpRange(
                                    IpFamily.IPV6,
                                    number(first).getLong(0),
                                    number(first).getLong(8),
                                    number(last).getLong(0),
                                    number(last).getLong(8));
                })
                .toList();
    }

    private static ByteBuffer number(InetAddress address) {
        return ByteBuffer.wrap(address.getAddress());
    }
}
