package io.portcullis.datapath.classify;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Tier;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class FrameRulesTest {
    private static final long SEED = Long.getLong("portcullis.seed", System.nanoTime());
    private static final FrameBuilder ARP = FrameBuilder.arpRequest(Frames.VM_MAC, Frames.VM, Frames.PEER);
    private static final FrameBuilder LLDP =
            FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).etherType(0x88cc).payload(new byte[46]);
    private static final FrameBuilder LLC =
            FrameBuilder.frame(Frames.VM_MAC, Frames.PEER_MAC).etherType(46).payload(new byte[46]);

    @Test
    void shouldMatchEthertypesAndAddresses() {
        TableRule lldp = aRule(1).ethernet(EthernetMatch.etherTypes(0x88cc)).allow();
        TableRule fromVmOnly = aRule(2).ethernet(EthernetMatch.ANY.from(Frames.VM_MAC.toString()))
                .allow();
        TableRule notFromVm = aRule(3).ethernet(EthernetMatch.ANY.notFrom("02:00:00:00:00:00/47"))
                .allow();
        TableRule llc =
                aRule(4).ethernet(EthernetMatch.etherTypes(EthernetMatch.LLC)).allow();
        assertThat(out(LLDP, lldp)).isZero();
        assertThat(out(ARP, lldp)).isEqualTo(FrameRules.DEFAULT);
        assertThat(out(ARP, fromVmOnly)).isZero();
        assertThat(in(toVm().tcp(1, 2), fromVmOnly)).isEqualTo(FrameRules.DEFAULT);
        assertThat(in(toVm().tcp(1, 2), notFromVm)).isZero();
        assertThat(out(ARP, notFromVm)).isEqualTo(FrameRules.DEFAULT);
        assertThat(out(LLC, lldp, llc)).isEqualTo(1);
        assertThat(out(LLDP, llc)).isEqualTo(FrameRules.DEFAULT);
    }

    @Test
    void shouldLookAtAddressesAndServicesOfIpOnly() {
        EthernetMatch all = EthernetMatch.ANY;
        assertThat(out(
                        fromVm().tcp(1, 22),
                        aRule(1).ethernet(all).service(tcp(22)).drop()))
                .isZero();
        assertThat(out(ARP, aRule(1).ethernet(all).service(tcp(22)).drop())).isEqualTo(FrameRules.DEFAULT);
        assertThat(out(ARP, aRule(1).ethernet(all).notService(tcp(22)).drop())).isEqualTo(FrameRules.DEFAULT);
        assertThat(out(ARP, aRule(1).ethernet(all).notFrom("10.9.9.9").drop())).isEqualTo(FrameRules.DEFAULT);
        assertThat(out(ARP, aRule(1).ethernet(all).drop())).isZero();
    }

    @Test
    void shouldSeeNoPortsInLaterFragments() {
        FrameBuilder later = fromVm().fragment(7, 80, false).udp(53, 53).payload(new byte[16]);
        EthernetMatch all = EthernetMatch.ANY;
        assertThat(out(
                        later,
                        aRule(1).ethernet(all)
                                .service(ServiceMatch.ports(17, 0, 100))
                                .drop()))
                .isEqualTo(FrameRules.DEFAULT);
        assertThat(out(
                        later,
                        aRule(1).ethernet(all)
                                .service(ServiceMatch.protocol(17))
                                .drop()))
                .isZero();
    }

    @Test
    void shouldLetTheTenantRestrictWhatTheProviderAllows() {
        EthernetMatch all = EthernetMatch.ANY;
        TableRule allowed = aRule(1).ofProvider().ethernet(all).allow();
        TableRule passed = aRule(1).ofProvider().ethernet(all).pass();
        assertThat(out(LLDP, allowed)).isZero();
        assertThat(out(LLDP, allowed, aRule(2).ofProvider().ethernet(all).drop()))
                .isZero();
        assertThat(out(LLDP, allowed, aRule(2).ethernet(all).drop())).isEqualTo(1);
        assertThat(out(LLDP, passed, aRule(2).ethernet(all).reject())).isEqualTo(1);
        assertThat(out(LLDP, passed, aRule(2).ethernet(all).allow())).isEqualTo(1);
        // a tenant that passes has nothing against it
        assertThat(out(LLDP, allowed, aRule(2).ethernet(all).pass())).isZero();
    }

    @Test
    void shouldNotAskTheTenantWhereTheProviderRefuses() {
        EthernetMatch all = EthernetMatch.ANY;
        TableRule own = aRule(2).ethernet(all).allow();
        assertThat(out(LLDP, aRule(1).ofProvider().ethernet(all).drop(), own)).isZero();
        assertThat(out(LLDP, aRule(1).ofProvider().ethernet(all).reject(), own)).isZero();
        assertThat(new FrameRules(Rules.table(
                                Action.DROP, aRule(1).ofProvider().ethernet(all).drop()))
                        .isEmpty())
                .isFalse();
    }

    @Test
    void shouldIgnoreOtherCategoriesAndSayThatItIsEmpty() {
        assertThat(new FrameRules(Rules.table(Action.DROP, aRule(1).drop())).isEmpty())
                .isTrue();
        assertThat(out(ARP, aRule(1).drop())).isEqualTo(FrameRules.DEFAULT);
    }

    @Test
    void shouldFindWhatALookAtEveryRuleFinds() {
        compare(2_000, 1);
    }

    @Test
    @Tag("nightly")
    void shouldFindWhatALookAtEveryRuleFindsAHundredMillionTimes() {
        compare(100_000, 500);
    }

    /** Each look-up in both directions. */
    private static void compare(int tables, int lookups) {
        System.out.println("FrameRulesTest seed " + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        List<FrameBuilder> frames =
                List.of(ARP, LLDP, LLC, fromVm().tcp(1, 22), fromVm6().udp(1, 53), toVm().tcp(22, 1));
        List<EthernetMatch> matches = List.of(
                EthernetMatch.ANY,
                EthernetMatch.etherTypes(0x0800),
                EthernetMatch.etherTypes(0x0806, 0x86dd),
                EthernetMatch.etherTypes(0x88cc),
                EthernetMatch.etherTypes(EthernetMatch.LLC).to(Frames.PEER_MAC.toString()),
                EthernetMatch.ANY.notTo(Frames.PEER_MAC.toString()));
        List<PacketView> packets =
                frames.stream().map(frame -> Frames.parsed(frame.build())).toList();
        for (int round = 0; round < tables; round++) {
            List<TableRule> rules = new ArrayList<>();
            for (int i = random.nextInt(6); i >= 0; i--) {
                Rules rule = aRule(i + 1).ethernet(matches.get(random.nextInt(matches.size())));
                Rules directed = switch (random.nextInt(3)) {
                    case 0 -> rule.inbound();
                    case 1 -> rule.outbound();
                    default -> rule;
                };
                Rules whose = random.nextInt(3) == 0 ? directed.ofProvider() : directed;
                Rules narrowed = random.nextInt(4) == 0 ? whose.service(tcp(22)) : whose;
                rules.add(
                        switch (random.nextInt(4)) {
                            case 0 -> narrowed.allow();
                            case 1 -> narrowed.pass();
                            case 2 -> narrowed.reject();
                            default -> narrowed.drop();
                        });
            }
            FrameRules indexed = new FrameRules(Rules.table(Action.DROP, rules.toArray(TableRule[]::new)));
            for (int i = 0; i < lookups; i++) {
                assertSame(indexed, rules, packets.get(random.nextInt(packets.size())), round);
            }
        }
    }

    private static void assertSame(FrameRules indexed, List<TableRule> rules, PacketView packet, int round) {
        for (Direction direction : Direction.values()) {
            int above = FrameRules.DEFAULT;
            int own = FrameRules.DEFAULT;
            for (int i = rules.size() - 1; i >= 0; i--) {
                if (RuleMatcher.matchesFrame(rules.get(i), packet, direction)) {
                    above = rules.get(i).tier() == Tier.PROVIDER ? i : above;
                    own = rules.get(i).tier() == Tier.TENANT ? i : own;
                }
            }
            boolean isRefused = above != FrameRules.DEFAULT && isRefusal(rules.get(above));
            boolean isAdmitted = above != FrameRules.DEFAULT
                    && own != FrameRules.DEFAULT
                    && rules.get(own).action() == Action.PASS;
            int expected = isRefused || isAdmitted || own == FrameRules.DEFAULT ? above : own;
            int found = indexed.classify(packet, direction);
            if (found != expected) {
                throw new AssertionError("seed " + SEED + " round " + round + ": " + found + ", not " + expected);
            }
        }
    }

    private static boolean isRefusal(TableRule rule) {
        return rule.action() == Action.DROP || rule.action() == Action.REJECT;
    }

    private static int out(FrameBuilder frame, TableRule... rules) {
        return decide(Direction.OUT, frame, rules);
    }

    private static int in(FrameBuilder frame, TableRule... rules) {
        return decide(Direction.IN, frame, rules);
    }

    private static int decide(Direction direction, FrameBuilder frame, TableRule... rules) {
        return new FrameRules(Rules.table(Action.DROP, rules)).classify(Frames.parsed(frame.build()), direction);
    }
}
