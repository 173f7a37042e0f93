package io.portcullis.datapath.classify;

import static io.portcullis.datapath.classify.Rules.aRule;
import static io.portcullis.datapath.classify.Rules.tcp;
import static io.portcullis.datapath.classify.Rules.udp;
import static io.portcullis.datapath.packet.Frames.fromVm;
import static io.portcullis.datapath.packet.Frames.fromVm6;
import static io.portcullis.datapath.packet.Frames.toVm;
import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.Frames;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.IpFamily;
import io.portcullis.policy.table.EthernetMatch;
import io.portcullis.policy.table.ServiceMatch;
import io.portcullis.policy.table.TableRule;
import org.junit.jupiter.api.Test;

class LinearClassifierTest {
    private static final FrameBuilder TO_443 = fromVm().tcp(40_000, 443);

    @Test
    void shouldTakeTheFirstRuleThatMatches() {
        assertThat(decideOut(TO_443, aRule(1).service(tcp(80)).allow(), aRule(2).drop(), aRule(3).allow()))
                .isEqualTo(1);
        assertThat(decideOut(TO_443, aRule(1).service(tcp(80)).allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(TO_443)).isEqualTo(Classifier.DEFAULT);
    }

    @Test
    void shouldLeaveTheCategoryAtPass() {
        TableRule pass = aRule(1).in(Category.INFRASTRUCTURE).service(tcp(443)).pass();
        TableRule hidden = aRule(2).in(Category.INFRASTRUCTURE).drop();
        TableRule next = aRule(3).in(Category.ENVIRONMENT).service(udp(443)).drop();
        TableRule last = aRule(4).in(Category.APPLICATION).allow();
        assertThat(decideOut(TO_443, pass, hidden, next, last)).isEqualTo(3);
        assertThat(decideOut(fromVm().tcp(1, 80), pass, hidden, next, last)).isEqualTo(1);
        assertThat(decideOut(TO_443, pass, hidden)).isEqualTo(Classifier.DEFAULT);
    }

    @Test
    void shouldAskTheTenantWhatTheProviderPassesOn() {
        TableRule pass = aRule(1).ofProvider().service(tcp(443)).pass();
        TableRule hidden = aRule(2).ofProvider().drop();
        TableRule own = aRule(3).in(Category.EMERGENCY).allow();
        assertThat(decideOut(TO_443, pass, hidden, own)).isEqualTo(2);
        assertThat(decideOut(fromVm().tcp(1, 80), pass, hidden, own)).isEqualTo(1);
        // of the same category, and yet not the same stage
        assertThat(decideOut(TO_443, pass, aRule(4).drop())).isEqualTo(1);
    }

    @Test
    void shouldLookAtTheDirectionOfTheFirstPacket() {
        TableRule inbound = aRule(1).inbound().allow();
        assertThat(decideOut(TO_443, inbound, aRule(2).outbound().allow())).isEqualTo(1);
        assertThat(decide(Direction.IN, toVm().tcp(1, 443), inbound)).isZero();
    }

    @Test
    void shouldLookAtAddressesOfTheirFamilyOnly() {
        assertThat(decideOut(
                        TO_443,
                        aRule(1).from("10.0.0.1").to("10.0.0.0-10.0.0.9").allow()))
                .isZero();
        assertThat(decideOut(TO_443, aRule(1).to("10.0.0.3-10.0.0.9").allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(TO_443, aRule(1).to("::-ffff::").allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(
                        fromVm6().tcp(1, 2), aRule(1).from("fd00::-fd00::ffff").allow()))
                .isZero();
        assertThat(decideOut(fromVm6().tcp(1, 2), aRule(1).family(IpFamily.IPV4).allow()))
                .isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(TO_443, aRule(1).family(IpFamily.IPV4).allow())).isZero();
    }

    @Test
    void shouldNegateAddressesAndHonourEmptyGroups() {
        assertThat(decideOut(TO_443, aRule(1).notFrom("10.0.0.1").allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(TO_443, aRule(1).notFrom("10.0.0.2").allow())).isZero();
        assertThat(decideOut(TO_443, aRule(1).from().allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(TO_443, aRule(1).notFrom().allow())).isZero();
    }

    @Test
    void shouldMatchAnyOfTheServices() {
        assertThat(decideOut(
                        TO_443, aRule(1).service(udp(443), tcp(80), tcp(443)).allow()))
                .isZero();
        ServiceMatch fromHighPorts = new ServiceMatch(6, 50_000, 65_535, 443, 443, -1, -1);
        assertThat(decideOut(TO_443, aRule(1).service(fromHighPorts).allow())).isEqualTo(Classifier.DEFAULT);
        ServiceMatch ping = ServiceMatch.icmp(1, 8, -1);
        assertThat(decideOut(fromVm().echoRequest(1, 1), aRule(1).service(ping).allow()))
                .isZero();
        assertThat(decideOut(fromVm().icmp(13, 0, 0), aRule(1).service(ping).allow()))
                .isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(
                        fromVm().protocol(47),
                        aRule(1).service(ServiceMatch.protocol(47)).allow()))
                .isZero();
    }

    @Test
    void shouldLookAtTheIcmpTypeAndCodeOfTheRightProtocol() {
        ServiceMatch portUnreachable = ServiceMatch.icmp(1, 3, 3);
        assertThat(decideOut(
                        fromVm().icmp(3, 3, 0),
                        aRule(1).service(portUnreachable).allow()))
                .isZero();
        assertThat(decideOut(
                        fromVm().icmp(3, 1, 0),
                        aRule(1).service(portUnreachable).allow()))
                .isEqualTo(Classifier.DEFAULT);
        ServiceMatch ping6 = ServiceMatch.icmp(58, 128, 0);
        assertThat(decideOut(
                        fromVm6().echoRequest(1, 1), aRule(1).service(ping6).allow()))
                .isZero();
        assertThat(decideOut(fromVm6().echoReply(1, 1), aRule(1).service(ping6).allow()))
                .isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(fromVm().icmp(128, 0, 0), aRule(1).service(ping6).allow()))
                .isEqualTo(Classifier.DEFAULT);
    }

    @Test
    void shouldMatchNoneOfTheNegatedServices() {
        TableRule notWeb = aRule(1).notService(tcp(80), tcp(443)).allow();
        assertThat(decideOut(TO_443, notWeb)).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(fromVm().tcp(1, 22), notWeb)).isZero();
        assertThat(decideOut(fromVm().udp(1, 443), notWeb)).isZero();
    }

    @Test
    void shouldLookAtTheTcpFlagsThatAreAskedFor() {
        ServiceMatch opening = tcp(443).withTcpFlags(PacketView.TCP_SYN | PacketView.TCP_ACK, PacketView.TCP_SYN);
        FrameBuilder syn = fromVm().tcp(1, 443).flags(PacketView.TCP_SYN | PacketView.TCP_PSH);
        assertThat(decideOut(syn, aRule(1).service(opening).allow())).isZero();
        FrameBuilder middle = fromVm().tcp(1, 443).flags(PacketView.TCP_ACK);
        assertThat(decideOut(middle, aRule(1).service(opening).allow())).isEqualTo(Classifier.DEFAULT);
        assertThat(decideOut(middle, aRule(1).service(tcp(443)).allow())).isZero();
    }

    @Test
    void shouldLeaveRulesOnFramesToThoseWhoJudgeFrames() {
        TableRule frames = aRule(1).ethernet(EthernetMatch.ANY).drop();
        assertThat(decideOut(TO_443, frames, aRule(2).allow())).isEqualTo(1);
    }

    private static int decideOut(FrameBuilder frame, TableRule... rules) {
        return decide(Direction.OUT, frame, rules);
    }

    private static int decide(Direction direction, FrameBuilder frame, TableRule... rules) {
        return new LinearClassifier(Rules.table(Action.DROP, rules)).classify(Frames.parsed(frame.build()), direction);
    }
}
