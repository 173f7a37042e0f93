package io.portcullis.replay.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.portcullis.datapath.Direction;
import io.portcullis.datapath.classify.FrameRules;
import io.portcullis.datapath.classify.LinearClassifier;
import io.portcullis.datapath.engine.FlowVerdict;
import io.portcullis.datapath.engine.Verdict;
import io.portcullis.datapath.packet.FrameBuilder;
import io.portcullis.datapath.packet.PacketParser;
import io.portcullis.datapath.packet.PacketView;
import io.portcullis.datapath.packet.ParseResult;
import io.portcullis.policy.Action;
import io.portcullis.policy.Category;
import io.portcullis.policy.MacAddress;
import io.portcullis.policy.RuleDirection;
import io.portcullis.policy.compile.Flow;
import io.portcullis.policy.compile.RandomTenant;
import io.portcullis.policy.compile.RuleIds;
import io.portcullis.policy.evaluate.Cause;
import io.portcullis.policy.evaluate.Decision;
import io.portcullis.policy.evaluate.Evaluation;
import io.portcullis.policy.evaluate.FirstPacket;
import io.portcullis.policy.evaluate.PolicyEvaluator;
import io.portcullis.policy.evaluate.RuleName;
import io.portcullis.policy.model.TenantModel;
import io.portcullis.policy.model.Vnic;
import io.portcullis.policy.table.RuleTable;
import io.portcullis.policy.table.TableRule;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What the central model says, without a compiler, is what comes out at the end of everything that is between it and a packet: compiler, rule
 * table, indexes, guards and tracking of a real engine. Two tenants share all addresses. {@code -Dportcullis.seed} repeats a run.
 */
class EnginesAgainstModelTest {
    private static final int MODELS = 150;
    private static final int FLOWS_PER_MODEL = 60;
    /** PTP, and a length as spanning tree has it. */
    private static final int[] NOT_IP = {0x88f7, 0x0026};

    private static final MacAddress ROUTER = MacAddress.parse("02:00:00:ff:ff:fe");

    private final long seed = Long.getLong("portcullis.seed", System.nanoTime());
    private int probed;
    private int byRule;
    private int allowed;
    private int replies;
    private int answers;

    /** What one model is compared by. */
    private record Subject(TenantModel model, PolicyEvaluator oracle, EngineLab lab, boolean traces) {}

    @Test
    void shouldDecideAtEveryVnicAsTheCentralModelSays() {
        System.out.println("EnginesAgainstModelTest: -Dportcullis.seed=" + seed);
        Random seeds = new Random(seed);
        for (int round = 0; round < MODELS; round++) {
            boolean traces = round % 2 == 0;
            try (EngineLab lab = new EngineLab(traces)) {
                RandomTenant acme = new RandomTenant(seeds.nextLong(), "acme", 10);
                RandomTenant zenith = new RandomTenant(seeds.nextLong(), "zenith", 20);
                Subject first = subject(acme.withProvider(acme.model()), lab, traces);
                Subject second = subject(zenith.withProvider(zenith.model()), lab, traces);
                compareFrames(first, "seed %d round %d".formatted(seed, round));
                Set<Set<Object>> seen = new HashSet<>();
                for (int number = 1; number <= FLOWS_PER_MODEL; number++) {
                    Flow flow = acme.flow(first.model());
                    if (isSendable(flow) && seen.add(ends(flow))) {
                        String where = "seed %d round %d: %s".formatted(seed, round, flow);
                        compare(first, flow, number, where);
                        compare(second, flow, number, where);
                    }
                }
            }
        }
        // else the comparison says little
        assertThat(byRule).isGreaterThan(probed / 5);
        assertThat(allowed).isBetween(probed / 10, probed * 9 / 10);
        assertThat(replies).isGreaterThan(probed / 20);
        assertThat(answers).isGreaterThan(probed / 400);
    }

    private static Subject subject(TenantModel model, EngineLab lab, boolean traces) {
        lab.enforce(model);
        return new Subject(model, PolicyEvaluator.of(model), lab, traces);
    }

    /** What is not IP is for rules of category ETHERNET alone. */
    private void compareFrames(Subject subject, String where) {
        for (Vnic vnic : RandomTenant.vnics(subject.model())) {
            for (int etherType : NOT_IP) {
                FirstPacket out = new FirstPacket(etherType, vnic.mac(), ROUTER, null);
                FirstPacket in = new FirstPacket(etherType, ROUTER, vnic.mac(), null);
                compareFrame(subject, vnic, Direction.OUT, out, ProbeFrames.first(out, 0), where);
                compareFrame(subject, vnic, Direction.IN, in, ProbeFrames.first(in, 0), where);
            }
            FirstPacket arp = new FirstPacket(FirstPacket.ARP, ROUTER, MacAddress.BROADCAST, null);
            FrameBuilder request = FrameBuilder.arpRequest(
                    ROUTER, InetAddress.ofLiteral("10.0.0.254"), InetAddress.ofLiteral("10.0.0.1"));
            compareFrame(subject, vnic, Direction.IN, arp, request, where);
        }
    }

    private void compareFrame(
            Subject subject, Vnic vnic, Direction direction, FirstPacket packet, FrameBuilder frame, String where) {
        Decision expected = subject.oracle().decide(vnic, rules(direction), packet);
        assertThat(subject.lab().process(vnic.id(), direction, frame))
                .as("%s: %s %s at %s, %s", where, packet, direction, vnic.id(), expected)
                .isEqualTo(verdict(expected));
    }

    /** No station sends from a group address, and connections to one are not TCP. */
    private static boolean isSendable(Flow flow) {
        return !RandomTenant.isGroup(flow.source())
                && !(RandomTenant.isGroup(flow.destination())
                        && (flow.protocol() == PacketView.PROTOCOL_TCP || flow.protocol() == PacketView.PROTOCOL_SCTP))
                && !flow.source().equals(flow.destination());
    }

    /** Both directions of a connection, so that no probe meets a connection of an earlier one. */
    private static Set<Object> ends(Flow flow) {
        return Set.of(
                flow.protocol() + "/" + Math.max(flow.sourcePort(), flow.destinationPort()) + "/"
                        + Math.min(flow.sourcePort(), flow.destinationPort()),
                flow.source(),
                flow.destination());
    }

    private void compare(Subject subject, Flow flow, int number, String where) {
        for (Vnic vnic : RandomTenant.vnics(subject.model())) {
            if (RandomTenant.reaches(vnic, flow, RuleDirection.OUT)) {
                MacAddress to = ProbeFrames.destinationMac(flow.destination(), ROUTER);
                compare(subject, vnic, Direction.OUT, flow.packet().withMacs(vnic.mac(), to), number, where);
            } else if (RandomTenant.reaches(vnic, flow, RuleDirection.IN)) {
                MacAddress to = ProbeFrames.destinationMac(flow.destination(), vnic.mac());
                compare(subject, vnic, Direction.IN, flow.packet().withMacs(ROUTER, to), number, where);
            }
        }
    }

    private void compare(
            Subject subject, Vnic vnic, Direction direction, FirstPacket packet, int number, String where) {
        String what = where + " " + direction + " at " + vnic.id();
        Evaluation evaluation = subject.oracle().evaluate(vnic, rules(direction), packet);
        Decision expected = evaluation.decision();
        RuleName rule = expected.rule();
        boolean isOfNothing = expected.cause() == Cause.NO_CONNECTION;
        boolean isFrameRule = rule != null && rule.category() == Category.ETHERNET;
        long ruleId = rule == null
                ? RuleTable.DEFAULT_RULE_ID
                : RuleIds.of(subject.model().tenant(), rule.policy(), rule.rule());
        FrameBuilder frame = ProbeFrames.first(packet, number);

        if (!isOfNothing) {
            assertThat(scanned(subject.lab().table(vnic.id()), frame, direction))
                    .as("table by linear scan, %s", what)
                    .isEqualTo(new Scanned(expected.verdict(), ruleId));
        }
        FlowVerdict asked = subject.lab().asked(vnic.id(), direction, packet);
        assertThat(List.<Object>of(asked.action(), asked.cause(), asked.ruleId(), asked.stateless()))
                .as("asked, %s", what)
                .isEqualTo(List.<Object>of(expected.verdict(), expected.cause(), ruleId, evaluation.stateless()));
        assertThat(subject.lab().process(vnic.id(), direction, frame))
                .as("engine, %s, %s", what, expected)
                .isEqualTo(verdict(expected));
        if (subject.traces() && isOfNothing) {
            assertThat(subject.lab().trace().isRuled()).as("rule, %s", what).isFalse();
        } else if (subject.traces() && !isFrameRule) {
            assertThat(subject.lab().trace().ruleId()).as("rule, %s", what).isEqualTo(ruleId);
        }
        probed++;
        byRule += expected.cause() == Cause.RULE ? 1 : 0;
        if (expected.allows()) {
            allowed++;
            Decision answer = evaluation.answer();
            if (answer != null) {
                compareAnswer(subject, vnic, direction, packet, answer, number, what);
            } else if (!RandomTenant.isGroup(datagram(packet).destination()) && opens(packet)) {
                compareReply(subject, vnic, direction, packet, number, what);
            }
        }
    }

    /** At an excluded vNIC also others pass, which nobody remembers. */
    private static boolean opens(FirstPacket packet) {
        return switch (datagram(packet).beginning()) {
            case OPENS, PICKED_UP -> true;
            case NOTHING, NEVER -> false;
        };
    }

    /** What answers a packet that a stateless rule allows is one more packet. */
    private void compareAnswer(
            Subject subject,
            Vnic vnic,
            Direction direction,
            FirstPacket packet,
            Decision expected,
            int number,
            String what) {
        if (RandomTenant.isGroup(datagram(packet).destination())) {
            return;
        }
        FirstPacket answer =
                FirstPacket.of(datagram(packet).answer()).withMacs(packet.destinationMac(), packet.sourceMac());
        boolean isOfSctp = datagram(packet).protocol() == PacketView.PROTOCOL_SCTP;
        assertThat(subject.lab()
                        .process(
                                vnic.id(),
                                direction == Direction.OUT ? Direction.IN : Direction.OUT,
                                isOfSctp ? ProbeFrames.reply(packet, number) : ProbeFrames.first(answer, number)))
                .as("answer, %s, %s", what, expected)
                .isEqualTo(verdict(expected));
        answers += expected.allows() ? 1 : 0;
    }

    /** The reply of an allowed connection passes, unless a rule of category ETHERNET forbids its frames. */
    private void compareReply(
            Subject subject, Vnic vnic, Direction direction, FirstPacket packet, int number, String what) {
        Direction back = direction == Direction.OUT ? Direction.IN : Direction.OUT;
        RuleName rule = subject.oracle()
                .decide(vnic, rules(back), ProbeFrames.backwards(packet))
                .rule();
        boolean isFrameForbidden = rule != null && rule.category() == Category.ETHERNET;
        assertThat(subject.lab()
                        .process(vnic.id(), back, ProbeFrames.reply(packet, number))
                        .passes())
                .as("reply, %s", what)
                .isEqualTo(!isFrameForbidden);
        replies += isFrameForbidden ? 0 : 1;
    }

    private record Scanned(Action verdict, long ruleId) {}

    /** The table as {@link LinearClassifier} and {@link FrameRules} define it. */
    private static Scanned scanned(RuleTable table, FrameBuilder frame, Direction direction) {
        byte[] bytes = frame.build();
        PacketView view = new PacketView();
        ParseResult parsed = PacketParser.parse(MemorySegment.ofArray(bytes), 0, bytes.length, view);
        assertThat(parsed).isEqualTo(ParseResult.OK);
        int ofFrames = new FrameRules(table).classify(view, direction);
        if (ofFrames != FrameRules.DEFAULT) {
            TableRule rule = table.rules().get(ofFrames);
            if (rule.action() == Action.DROP || rule.action() == Action.REJECT) {
                return new Scanned(rule.action(), rule.id());
            }
        }
        int place = new LinearClassifier(table).classify(view, direction);
        return place == LinearClassifier.DEFAULT
                ? new Scanned(table.defaultAction(), RuleTable.DEFAULT_RULE_ID)
                : new Scanned(
                        table.rules().get(place).action(),
                        table.rules().get(place).id());
    }

    private static FirstPacket.Datagram datagram(FirstPacket packet) {
        return Objects.requireNonNull(packet.datagram());
    }

    private static Verdict verdict(Decision decision) {
        return switch (decision.verdict()) {
            case ALLOW -> Verdict.ALLOW;
            case REJECT -> Verdict.REJECT;
            case DROP, PASS -> Verdict.DROP;
        };
    }

    private static RuleDirection rules(Direction direction) {
        return direction == Direction.OUT ? RuleDirection.OUT : RuleDirection.IN;
    }
}
